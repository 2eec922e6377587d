"""One loss for class numbers and for shares, and one for what came next."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from sora_keras.training import mean_next_item, smoothed_crossentropy

LOGITS = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
NUMBERS = np.array([0, 3, 1, 1, 2, 0])


def test_numbers_and_shares_give_the_same() -> None:
    loss = smoothed_crossentropy(0.1)
    by_number = keras.ops.convert_to_numpy(loss(NUMBERS, LOGITS))
    assert by_number.shape == (6,)
    assert by_number == pytest.approx(keras.ops.convert_to_numpy(loss(np.eye(4, dtype=np.float32)[NUMBERS], LOGITS)))
    assert by_number == pytest.approx(keras.ops.convert_to_numpy(loss(NUMBERS[:, None], LOGITS)))


def test_without_smoothing_it_is_keras_own() -> None:
    wanted = keras.losses.sparse_categorical_crossentropy(NUMBERS, LOGITS, from_logits=True)
    found = smoothed_crossentropy(0.0)(NUMBERS, LOGITS)
    assert keras.ops.convert_to_numpy(found) == pytest.approx(keras.ops.convert_to_numpy(wanted), rel=1e-5)


def test_smoothing_spreads_the_share_over_all_classes() -> None:
    shares = 0.8 * np.eye(4)[NUMBERS] + 0.2 / 4
    logarithms = LOGITS - np.log(np.exp(LOGITS).sum(axis=1, keepdims=True))
    found = keras.ops.convert_to_numpy(smoothed_crossentropy(0.2)(NUMBERS, LOGITS))
    assert found == pytest.approx(-(shares * logarithms).sum(axis=1), rel=1e-5)


def lost_of(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float32)


def test_next_items_are_averaged_over_the_steps_that_count() -> None:
    lost = lost_of([1.0, 2.0, -1.0], [4.0, 0.0, 8.0])
    assert float(mean_next_item(np.zeros(2), lost)) == pytest.approx(15 / 5)
    assert float(mean_next_item(np.array([1, 2]), lost)) == pytest.approx((2 + 8) / 2)
    assert float(mean_next_item(np.array([[1], [2]]), lost)) == pytest.approx((2 + 8) / 2)


def test_of_several_beginnings_of_each_history_all_count() -> None:
    lost = lost_of([1.0], [2.0], [-1.0], [6.0])
    assert float(mean_next_item(np.array([3, 5]), lost)) == pytest.approx(3.0)


def test_where_nothing_comes_next_the_loss_is_nought() -> None:
    assert float(mean_next_item(np.zeros(2), np.full((2, 3), -1.0, np.float32))) == 0.0
    assert float(mean_next_item(np.full(1, 9), lost_of([1.0, 2.0]))) == 0.0
