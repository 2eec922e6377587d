"""Large pictures cut into tiles that overlap, and what was found in the tiles put together again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from threading import local
from typing import Any

import numpy as np

from sora_keras.data.boxes import Boxes
from sora_keras.data.columns import object_column
from sora_keras.data.examples import Examples
from sora_keras.data.picture import Picture, encode
from sora_keras.data.thumbnails import shown
from sora_keras.errors import DataError

_OVERLAP = 0.25  # of a tile's side, which it shares with its neighbour
_SEEN = 0.3  # of a box must lie in a tile, or it is not looked for there


def begins(length: int, tile: int) -> list[int]:
    """Where tiles begin along a side of so many pixels: evenly, the last at its end."""
    if length <= tile:
        return [0]
    count = 1 + -(-(length - tile) // max(1, round(tile * (1 - _OVERLAP))))
    return [round(place * (length - tile) / (count - 1)) for place in range(count)]


def upright_pixels(picture: Picture) -> np.ndarray:
    """All of a picture, upright, (height, width, 3) uint8, on white where it is transparent.

    Raises:
        DataError: it cannot be decoded.
    """
    try:
        return np.asarray(shown(picture.read()).convert("RGB"))
    except DataError as error:
        raise DataError(f"{picture}: {error}") from error


def cut(pixels: np.ndarray, tile: int) -> Iterator[tuple[int, int, np.ndarray]]:
    """The tiles of a picture: left, top, and (tile, tile, 3) uint8, black beyond the picture's edge."""
    height, width = pixels.shape[:2]
    for top in begins(height, tile):
        for left in begins(width, tile):
            yield left, top, _part(pixels, left, top, tile)


def _part(pixels: np.ndarray, left: int, top: int, tile: int) -> np.ndarray:
    part = pixels[top : top + tile, left : left + tile]
    return np.pad(part, [(0, tile - part.shape[0]), (0, tile - part.shape[1]), (0, 0)])


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PictureTile(Picture):
    """A tile of a picture, which is cut out when it is read.

    Args:
        whole: the picture. left, top: where the tile begins, in pixels. side: pixels a side. decoder: is shared by the
            tiles of a picture.
    """

    whole: Picture
    left: int
    top: int
    side: int
    decoder: Decoder

    def read(self) -> bytes:
        return encode(_part(self.decoder(self.whole), self.left, self.top, self.side))

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.whole.digest} {self._place}".encode()).hexdigest()

    @property
    def _place(self) -> tuple[int, int, int]:
        return self.left, self.top, self.side

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, PictureTile) and (self.whole, self._place) == (other.whole, other._place)

    def __hash__(self) -> int:
        return hash((self.whole, self._place))

    def __str__(self) -> str:
        return f"{self.whole}, the tile at {self.left}, {self.top}"


class Decoder(local):
    """`upright_pixels`, which in each thread remembers the last picture: tiles are read in turn."""

    _last: tuple[Picture, np.ndarray] | None = None

    def __call__(self, picture: Picture) -> np.ndarray:
        if self._last is None or self._last[0] is not picture:
            self._last = picture, upright_pixels(picture)
        return self._last[1]


def cut_examples(examples: Examples, item: str, tile: int) -> tuple[Examples, np.ndarray]:
    """The tiles of annotated pictures as examples of their own, each with the boxes that it shows enough of.

    No picture is decoded before its tiles are read. One whose size its header does not tell is a single tile.

    Returns:
        The tiles, and the row of the picture that each is of.
    """
    pictures: list[Picture] = []
    boxes: list[Boxes] = []
    rows: list[int] = []
    answer, decoder = str(examples.answer), Decoder()
    for row, (picture, there) in enumerate(zip(examples.column(item), examples.column(answer), strict=True)):
        height, width = there.size
        for top in begins(height, tile):
            for left in begins(width, tile):
                pictures.append(PictureTile(whole=picture, left=left, top=top, side=tile, decoder=decoder))
                boxes.append(_within(there, left, top, tile))
                rows.append(row)
    columns = {item: object_column(pictures), answer: object_column(boxes)}
    return Examples(columns, answer, examples.source, examples.notes), np.array(rows, np.int64)


def _within(boxes: Boxes, left: int, top: int, tile: int) -> Boxes:
    moved = boxes.corners - np.array([left, top, left, top], np.float32)
    inside = np.clip(moved, 0, tile)
    area, shown = (np.prod(some[:, 2:] - some[:, :2], axis=1) for some in (moved, inside))
    seen = shown >= _SEEN * area
    return Boxes(inside[seen], boxes.labels[seen], boxes.crowd[seen], (tile, tile))


def own_part(left: int, top: int, tile: int, height: int, width: int) -> np.ndarray:
    """The part of a picture that a tile answers for, (left, top, right, bottom): to the middle of each overlap."""
    edges: list[Any] = []
    for begin, length in ((left, width), (top, height)):
        starts = begins(length, tile)
        place = starts.index(begin)
        before = -np.inf if place == 0 else (begin + starts[place - 1] + tile) / 2
        after = np.inf if place == len(starts) - 1 else (starts[place + 1] + begin + tile) / 2
        edges.append((before, after))
    return np.array([edges[0][0], edges[1][0], edges[0][1], edges[1][1]])
