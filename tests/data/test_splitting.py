from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_keras.data import Examples, split, train_test_split
from sora_keras.data.boxes import make_boxes
from sora_keras.errors import DataError, ParameterError


def rows(count: int) -> Examples:
    return Examples({"n": np.arange(count)})


def test_classes_have_the_same_share_in_both_parts() -> None:
    labels = np.repeat([0, 1, 2], [700, 200, 100])
    train, held_out = split(rows(1000), labels, fraction=0.1, seed=0)
    assert np.bincount(labels[held_out]).tolist() == [70, 20, 10]
    assert len(train) == 900


@given(st.lists(st.integers(0, 4), min_size=2, max_size=60), st.floats(0.01, 0.9), st.integers(0, 5))
def test_every_row_is_in_one_part_and_every_class_is_trained(labels: list[int], fraction: float, seed: int) -> None:
    train, held_out = split(rows(len(labels)), np.array(labels), fraction=fraction, seed=seed)
    assert sorted([*train, *held_out]) == list(range(len(labels)))
    assert set(np.array(labels)[train]) == set(labels)
    assert (np.diff(train) > 0).all()
    assert train.dtype == held_out.dtype == np.int64


def test_a_class_with_one_example_goes_to_training() -> None:
    labels = np.array([0] * 10 + [1] * 10 + [2])
    for seed in range(10):
        assert 20 in split(rows(21), labels, fraction=0.5, seed=seed)[0]


def test_the_seed_decides() -> None:
    labels = np.arange(100) % 2
    one, same, other = (split(rows(100), labels, fraction=0.2, seed=seed)[1].tolist() for seed in (1, 1, 2))
    assert one == same != other


def test_a_fraction_of_nothing_holds_nothing_out() -> None:
    train, held_out = split(rows(4), np.array([0, 1, 0, 1]), fraction=0, seed=0)
    assert (len(train), len(held_out)) == (4, 0)


def test_several_labels_are_stratified_by_their_combination() -> None:
    labels = np.array([[1, 0]] * 50 + [[1, 1]] * 50 + [[0, 1]])
    held_out = split(rows(101), labels, fraction=0.2, seed=0)[1]
    assert np.unique(labels[held_out], axis=0, return_counts=True)[1].tolist() == [10, 10]


def test_without_labels_the_split_is_random() -> None:
    assert len(split(rows(10), None, fraction=0.3, seed=0)[1]) == 3


@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.45])
def test_groups_stay_together(fraction: float) -> None:
    groups = np.repeat([f"g{n}" for n in range(20)], 5)
    train, held_out = split(rows(100), np.arange(100) % 2, fraction=fraction, seed=3, groups=groups)
    assert not set(groups[train]) & set(groups[held_out])
    assert abs(len(held_out) / 100 - fraction) < 0.1


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ParameterError, match="fraction"):
        split(rows(3), None, fraction=1, seed=0)
    with pytest.raises(DataError, match=r"labels must have one value a row, 3. Received: 2"):
        split(rows(3), np.array([0, 1]), fraction=0.5, seed=0)
    with pytest.raises(DataError, match="one value only"):
        split(rows(3), None, fraction=0.5, seed=0, groups=["a", "a", "a"])


def test_annotated_pictures_are_shared_out_by_their_classes() -> None:
    boxes = np.empty(40, object)
    for row in range(40):
        boxes[row] = make_boxes([[row, 0, row + 5, 5]], ["cat" if row % 4 else "dog"])
    train, test = train_test_split(Examples({"image": np.arange(40), "boxes": boxes}, "boxes"), test_size=0.25)
    assert (len(train), len(test)) == (30, 10)
    assert sum("dog" in one.labels for one in test.column("boxes")) in (2, 3)
