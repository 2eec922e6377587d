"""Annotated boxes become shares of the square that their pictures are brought to."""

from __future__ import annotations

import numpy as np

from sora_keras.data import Boxes
from sora_keras.data.boxes import make_boxes
from sora_keras.layers.letterbox import out_of_square
from sora_keras.training import make_box_targets


def sized(boxes: Boxes, height: int, width: int) -> Boxes:
    return Boxes(boxes.corners, boxes.labels, boxes.crowd, (height, width))


def test_corners_are_shares_of_the_square_and_lead_back() -> None:
    one = sized(make_boxes([[10, 4, 30, 20], [0, 0, 5, 5]], ["b", "a"]), 24, 40)
    none = sized(make_boxes([], []), 64, 64)
    targets = make_box_targets([one, none], ("a", "b"), side=64, most=300)
    assert targets.shape == (2, 2, 5)
    assert targets[0, :, 0].tolist() == [1, 0]
    assert targets[1, :, 0].tolist() == [-1, -1]
    back = out_of_square(targets[:1, :, 1:] * 64, np.array([[24, 40]]), 64).numpy()[0]
    assert np.allclose(back, one.corners, atol=1e-4)


def test_without_any_box_there_is_a_row_of_none() -> None:
    targets = make_box_targets([sized(make_boxes([], []), 8, 8)], ("a",), side=32, most=9)
    assert targets.shape == (1, 1, 5)
    assert targets[0, 0, 0] == -1


def test_crowds_are_left_out_and_of_too_many_the_largest_stay() -> None:
    sides = np.array([1.0, 9, 3, 7, 5])
    corners = np.stack([0 * sides, 0 * sides, sides, sides], axis=1)
    crowd = np.array([False, False, False, False, True])
    one = Boxes(corners.astype(np.float32), np.array(["a"] * 5, object), crowd, (32, 32))
    said: list[str] = []
    targets = make_box_targets([one], ("a",), side=32, most=2, say=said.append)
    assert (targets[0, :, 3] * 32).tolist() == [9, 7]
    assert said == [
        "1 of 1 pictures have more than 2 boxes, of which the largest are trained on. "
        "tile= cuts pictures into parts with fewer."
    ]
