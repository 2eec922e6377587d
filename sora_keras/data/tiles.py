"""Large pictures cut into tiles that overlap, and what was found in the tiles put together again."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np

from sora_keras.data.boxes import Boxes
from sora_keras.data.broken import left_out
from sora_keras.data.columns import object_column
from sora_keras.data.examples import Examples
from sora_keras.data.picture import Picture, encode
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
    """All of a picture, upright, (height, width, 3) uint8.

    Raises:
        DataError: it cannot be decoded.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(picture.read())) as image:
            return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(f"{picture} cannot be decoded: {error}") from error


def cut(pixels: np.ndarray, tile: int) -> Iterator[tuple[int, int, np.ndarray]]:
    """The tiles of a picture: left, top, and (tile, tile, 3) uint8, black beyond the picture's edge."""
    height, width = pixels.shape[:2]
    for top in begins(height, tile):
        for left in begins(width, tile):
            part = pixels[top : top + tile, left : left + tile]
            lacking = [(0, tile - part.shape[0]), (0, tile - part.shape[1]), (0, 0)]
            yield left, top, np.pad(part, lacking)


def cut_examples(examples: Examples, item: str, tile: int) -> tuple[Examples, np.ndarray]:
    """The tiles of annotated pictures as examples of their own, each with the boxes that it shows enough of.

    Pictures that cannot be decoded are left out, and noted.

    Returns:
        The tiles, and the row of the picture that each is of.

    Raises:
        DataError: more than a twentieth cannot be decoded.
    """
    pictures: list[Picture] = []
    boxes: list[Boxes] = []
    rows: list[int] = []
    broken: dict[int, str] = {}
    answer = str(examples.answer)
    for row, (picture, there) in enumerate(zip(examples.column(item), examples.column(answer), strict=True)):
        try:
            pixels = upright_pixels(picture)
        except DataError as error:
            broken[row] = str(error)
            continue
        for left, top, part in cut(pixels, tile):
            pictures.append(Picture(content=encode(part)))
            boxes.append(_within(there, left, top, tile))
            rows.append(row)
    notes = (*examples.notes, left_out(examples.column(item), broken)) if broken else examples.notes
    columns = {item: object_column(pictures), answer: object_column(boxes)}
    return Examples(columns, answer, examples.source, notes), np.array(rows, np.int64)


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
