"""Boxes are mended, and what was wrong is counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_keras.data.boxes import FAULTS, Boxes, make_boxes, mend
from sora_keras.errors import DataError

numbers = st.floats(-50, 150, width=32) | st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 100.0])
some_corners = st.lists(st.tuples(*[numbers] * 4), max_size=8)


@given(corners=some_corners)
def test_what_is_kept_lies_in_the_picture_and_what_is_not_was_counted(corners: list[tuple[float, ...]]) -> None:
    given_boxes = make_boxes(corners, range(len(corners)))
    mended, found = mend(given_boxes, 60, 100)
    left, top, right, bottom = mended.corners.T
    assert (left >= 0).all()
    assert (top >= 0).all()
    assert (right <= 100).all()
    assert (bottom <= 60).all()
    assert (right > left).all()
    assert (bottom > top).all()
    gone = sum(found.get(name, 0) for name in ("not_finite", "outside", "no_area"))
    assert mended.count == len(corners) - gone
    assert set(found) <= set(FAULTS)
    # Mended once, nothing is wrong any more.
    again, found = mend(mended, 60, 100)
    assert again == mended
    assert not found


@pytest.mark.parametrize(
    ("corners", "fault", "expected"),
    [
        ([1, 2, 5, 8], None, [1, 2, 5, 8]),
        ([5, 8, 1, 2], "swapped", [1, 2, 5, 8]),
        ([-5, 2, 5, 8], "clipped", [0, 2, 5, 8]),
        ([-0.5, 2, 10.4, 8], None, [0, 2, 10, 8]),
        ([12, 2, 15, 8], "outside", None),
        ([3, 2, 3, 8], "no_area", None),
        ([3, np.nan, 4, 8], "not_finite", None),
    ],
)
def test_each_fault_has_its_name(corners: list[float], fault: str | None, expected: list[float] | None) -> None:
    mended, found = mend(make_boxes([corners], ["a"]), 10, 10)
    assert found == ({fault: 1} if fault else {})
    assert mended.corners.tolist() == ([expected] if expected else [])


def test_boxes_are_what_they_hold() -> None:
    one, other = make_boxes([[1, 2, 3, 4]], ["a"]), make_boxes([[1, 2, 3, 4]], ["b"])
    assert one == make_boxes(np.array([[1, 2, 3, 4]]), np.array(["a"]))
    assert hash(one) == hash(make_boxes([(1.0, 2.0, 3.0, 4.0)], ("a",)))
    assert one != other
    assert one != Boxes(one.corners, one.labels, np.array([True]))
    assert make_boxes([], []).count == 0
    assert make_boxes([[0, 0, 1, 1]] * 3, [1.0, 2, " x "]).take([2, 0]).labels.tolist() == ["x", "1"]


@pytest.mark.parametrize(
    ("corners", "labels"),
    [([[1, 2, 3]], ["a"]), ([["a"] * 4], ["a"]), ([[1, 2, 3, 4]], []), ([1, 2, 3, 4], ["a"])],
)
def test_what_is_no_box_is_refused(corners: list, labels: list) -> None:
    with pytest.raises(DataError, match="four numbers|needs a label"):
        make_boxes(corners, labels)
