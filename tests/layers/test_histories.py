"""Histories cut and reordered for training, and read at their end."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_keras.layers.histories import LastState, RandomOrder, RandomPrefix

some_lengths = st.lists(st.integers(2, 6), min_size=1, max_size=5)


def rows_of(lengths: list[int]) -> np.ndarray:
    """Distinct numbers, of row 0 from 1, of row 1 from 11 and so on, 0 at the end."""
    step = np.arange(max(lengths))[None, :]
    return np.where(step < np.array(lengths)[:, None], 1 + 10 * np.arange(len(lengths))[:, None] + step, 0).astype(
        "int32"
    )


@pytest.mark.parametrize("kind", ["float32", "float16"])
def test_last_state_is_that_of_the_last_item(kind: str) -> None:
    states = tf.cast(tf.reshape(tf.range(24), (3, 4, 2)), kind)
    items = np.array([[5, 2, 9, 0], [7, 7, 7, 7], [0, 0, 0, 0]], np.int32)
    found = LastState(dtype=kind)([states, items])
    assert found.dtype == kind
    assert np.array_equal(found, [states[0, 2], states[1, 3], states[2, 0]])


def test_last_state_tells_its_shape() -> None:
    states, items = keras.Input((None, 3)), keras.Input((None,), dtype="int32")
    assert LastState()([states, items]).shape == (None, 3)


@settings(deadline=None, max_examples=40)
@given(lengths=some_lengths)
def test_random_order_keeps_each_history_whole_and_its_padding_at_the_end(lengths: list[int]) -> None:
    windows = rows_of(lengths)
    found = np.asarray(RandomOrder()(windows, training=True))
    assert found.shape == windows.shape
    for before, after, length in zip(windows, found, lengths, strict=True):
        assert sorted(after[:length]) == list(before[:length])
        assert not after[length:].any()


def test_random_order_draws_every_order_and_only_in_training() -> None:
    windows, layer = np.tile(np.array([[1, 2, 3, 0]], np.int32), (600, 1)), RandomOrder()
    assert np.array_equal(layer(windows), windows)
    orders, counts = np.unique(np.asarray(layer(windows, training=True)), axis=0, return_counts=True)
    assert len(orders) == 6
    assert counts.min() > 60
    assert not np.array_equal(layer(windows, training=True), layer(windows, training=True))


@settings(deadline=None, max_examples=40)
@given(lengths=some_lengths, cuts=st.integers(1, 4))
def test_random_prefixes_are_beginnings_with_what_came_next(lengths: list[int], cuts: int) -> None:
    windows = rows_of(lengths)
    before, after = (np.asarray(part) for part in RandomPrefix(cuts)(windows, training=True))
    assert before.shape == (len(lengths) * cuts, windows.shape[1] - 1)
    assert after.shape == (len(lengths) * cuts, 1)
    for place, (prefix, (following,)) in enumerate(zip(before, after, strict=True)):
        window, length = windows[place // cuts], int((prefix > 0).sum())
        assert 1 <= length < lengths[place // cuts]
        assert np.array_equal(prefix[:length], window[:length])
        assert not prefix[length:].any()
        assert following == window[length]


@settings(deadline=None, max_examples=20)
@given(lengths=some_lengths)
def test_outside_training_there_is_one_prefix_all_but_the_end(lengths: list[int]) -> None:
    windows = rows_of(lengths)
    before, after = (np.asarray(part) for part in RandomPrefix(3)(windows))
    ends = np.array(lengths) - 1
    assert np.array_equal(after[:, 0], windows[np.arange(len(windows)), ends])
    kept = np.arange(windows.shape[1] - 1)[None, :] < ends[:, None]
    assert np.array_equal(before, np.where(kept, windows[:, :-1], 0))


def test_beginnings_keep_their_users() -> None:
    windows, users = rows_of([3, 5, 2]), np.array([7, 0, 9], np.int32)
    assert np.array_equal(RandomPrefix(2)(windows, users)[2], users)
    before, _, whose = RandomPrefix(2)(windows, users, training=True)
    assert np.array_equal(whose, [7, 7, 0, 0, 9, 9])
    assert np.array_equal(before[:, 0], [1, 1, 11, 11, 21, 21])


def test_every_beginning_is_drawn_as_often() -> None:
    before, _ = RandomPrefix(cuts=900)(np.array([[1, 2, 3, 4]], np.int32), training=True)
    counts = np.bincount((np.asarray(before) > 0).sum(axis=1), minlength=4)
    assert counts[0] == 0
    assert (counts[1:] > 240).all()


def test_in_a_graph_and_from_a_configuration_they_are_the_same() -> None:
    windows = keras.Input((None,), dtype="int32")
    before, after = RandomPrefix(cuts=2)(RandomOrder()(windows))
    assert before.shape == (None, None)
    assert after.shape == (None, 1)
    model = keras.Model(windows, [before, after])
    rows = rows_of([4, 2])
    again = keras.Model.from_config(model.get_config())
    assert all(np.array_equal(a, b) for a, b in zip(model(rows), again(rows), strict=True))
    assert RandomPrefix.from_config(RandomPrefix(5).get_config()).cuts == 5
    assert again(rows, training=True)[0].shape[0] == 4
