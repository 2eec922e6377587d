"""What stands where in a picture, and mending what annotations have wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sora_keras.data.columns import is_blank
from sora_keras.errors import DataError

# What can be wrong with a box, the gravest first, and how it is said of so many of them.
FAULTS = {
    "not_finite": "with corners that are no numbers, left out",
    "outside": "wholly outside of the picture, left out",
    "no_area": "without area, left out",
    "swapped": "with swapped corners, put right",
    "clipped": "that reached out of the picture, clipped",
}
_SLACK = 1.0  # pixels by which a corner may lie outside without a word: annotations count from 0 or from 1


@dataclass(frozen=True, eq=False, repr=False)
class Boxes:
    """What stands in one picture.

    Args:
        corners: (boxes, 4) float32: left, top, right and bottom, in pixels of the upright picture.
        labels: (boxes,) object array of the classes' names.
        crowd: (boxes,) bool: boxes around so many things that none is told apart; they are neither trained on nor
            counted as missed.
        size: height and width of the picture in pixels; (0, 0) where it is not known.
    """

    corners: np.ndarray
    labels: np.ndarray
    crowd: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    size: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        if not len(self.crowd) and len(self.labels):
            object.__setattr__(self, "crowd", np.zeros(len(self.labels), bool))

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.labels)

    def take(self, which: Any) -> Boxes:
        """Some of them, by their places or by a mask."""
        return Boxes(self.corners[which], self.labels[which], self.crowd[which], self.size)

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Boxes) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        running = hashlib.sha256(np.ascontiguousarray(self.corners, np.float32).tobytes())
        running.update("\0".join(map(str, self.labels)).encode("utf-8", "surrogatepass"))
        running.update(np.packbits(self.crowd).tobytes())
        return f"Boxes({self.count}, {running.hexdigest()})"


def make_boxes(corners: Any, labels: Iterable[Any], crowd: Sequence[bool] | np.ndarray | None = None) -> Boxes:
    """Boxes of what people hold them in.

    Raises:
        DataError: not four numbers a box, not as many labels as boxes, or a label is missing or blank.
    """
    try:
        numbers = np.asarray(corners, np.float32)
    except (TypeError, ValueError) as error:
        raise DataError(f"A box is four numbers: left, top, right and bottom. Received: {corners!r:.200}") from error
    numbers = numbers.reshape(0, 4) if numbers.size == 0 else numbers
    if numbers.ndim != 2 or numbers.shape[1] != 4:
        raise DataError(f"A box is four numbers: left, top, right and bottom. Received: shape {numbers.shape}")
    held = list(labels)
    blank = [place for place, label in enumerate(held) if is_blank(label)]
    if blank:
        raise DataError(f"Each box needs a label. Received: {len(blank):,} empty, the first that of box {blank[0]}")
    names = np.array([_name(label) for label in held] or [], dtype=object)
    if len(names) != len(numbers):
        raise DataError(f"Each box needs a label. Received: {len(numbers)} boxes and {len(names)} labels")
    flags = np.zeros(len(names), bool) if crowd is None else np.asarray(crowd, bool)
    return Boxes(numbers, names, flags)


def _name(label: Any) -> str:
    if isinstance(label, float | np.floating) and float(label).is_integer():
        label = int(label)
    return str(label).strip()


def mend(boxes: Boxes, height: int, width: int) -> tuple[Boxes, dict[str, int]]:
    """Boxes that lie in a picture of this size, and how many had which fault of `FAULTS`.

    Args:
        height, width: in pixels; 0 where they are not known, and nothing is clipped.
    """
    corners = boxes.corners.astype(np.float64)
    finite = np.isfinite(corners).all(axis=1)
    corners[~finite] = 0
    left, right = np.sort(corners[:, ::2], axis=1).T
    top, bottom = np.sort(corners[:, 1::2], axis=1).T
    swapped = (left != corners[:, 0]) | (top != corners[:, 1])
    upright = np.stack([left, top, right, bottom], axis=1)
    inside = np.clip(upright, 0, [width or np.inf, height or np.inf] * 2)
    # What has no area where it stands has none because it is a line; what loses its area was outside.
    thin = (right <= left) | (bottom <= top)
    kept_none = (inside[:, 2] <= inside[:, 0]) | (inside[:, 3] <= inside[:, 1])
    moved = np.abs(inside - upright).max(axis=1, initial=0) > _SLACK
    gone = ~finite | thin | kept_none
    found = {
        "not_finite": ~finite,
        "outside": finite & ~thin & kept_none,
        "no_area": finite & thin,
        "swapped": finite & swapped & ~gone,
        "clipped": finite & moved & ~gone,
    }
    kept = ~gone
    mended = Boxes(inside[kept].astype(np.float32), boxes.labels[kept], boxes.crowd[kept], (height, width))
    return mended, {name: int(flags.sum()) for name, flags in found.items() if flags.any()}
