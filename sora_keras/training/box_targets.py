"""Annotated boxes as a detector's loss wants them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sora_keras.data import Boxes


def make_box_targets(
    annotated: Sequence[Boxes] | np.ndarray, classes: Sequence[str], *, side: int, most: int,
    say: Callable[[str], None] | None = None,
) -> np.ndarray:  # fmt: skip
    """Class and corners of each box, as shares of the square that pictures are brought to with black beside.

    Args:
        annotated: the boxes of each picture; crowds are left out. classes: in the order of their numbers.
        side: pixels a side of the square. most: boxes of a picture; of more, the largest are kept.
        say: is told of those that are not.

    Returns:
        (pictures, boxes, 5) float32, at least one box wide; the class is -1 where there is none.
    """
    from sora_keras.layers.letterbox import into_square

    number = {name: place for place, name in enumerate(classes)}
    held = [_largest(one.take(~one.crowd), most) for one in annotated]
    targets = np.full((len(held), max([1, *(one.count for one in held)]), 5), -1, np.float32)
    sizes = np.array([one.size if all(one.size) else (side, side) for one in annotated], np.int32).reshape(-1, 2)
    for row, one in enumerate(held):
        targets[row, : one.count, 0] = [number[label] for label in one.labels]
        targets[row, : one.count, 1:] = one.corners
    if len(held):
        placed = into_square(targets[..., 1:], sizes, side).numpy() / side
        targets[..., 1:] = np.where(targets[..., :1] < 0, 0, placed)
    crowded = sum(int((~one.crowd).sum()) > most for one in annotated)
    if crowded and say:
        say(
            f"{crowded:,} of {len(held):,} pictures have more than {most} boxes, of which the largest are trained on. "
            "tile= cuts pictures into parts with fewer."
        )
    return targets


def _largest(boxes: Boxes, most: int) -> Boxes:
    if boxes.count <= most:
        return boxes
    area = np.prod(boxes.corners[:, 2:] - boxes.corners[:, :2], axis=1)
    return boxes.take(np.sort(np.argsort(-area, kind="stable")[:most]))
