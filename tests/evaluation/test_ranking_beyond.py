"""Coverage, novelty and popularity against their definitions done by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_keras.errors import DataError
from sora_keras.evaluation import beyond_accuracy
from tests.evaluation.rankings import lists_of


def test_novelty_and_coverage_by_hand() -> None:
    found = beyond_accuracy(np.array([[0, 1], [0, -1]]), np.array([8, 2, 1, 0]), 16, lists_of([[2], [2]]))
    assert found.k == 2
    assert found.coverage == 0.5
    assert found.novelty == pytest.approx((1 + 3 + 1) / 3)
    assert found.popularity_ratio == pytest.approx(((8 + 2) / 2 + 8) / 2)
    assert found.filling_half == 1


def test_recommending_what_users_had_is_as_popular_as_their_taste() -> None:
    found = beyond_accuracy(np.array([[0, 1], [2, 3]]), np.array([9, 5, 3, 1]), 10, lists_of([[1, 0], [3, 2]]))
    assert found.popularity_ratio == pytest.approx(1)


def test_an_item_that_nobody_had_counts_as_had_by_one() -> None:
    found = beyond_accuracy(np.array([[1]]), np.array([4, 0]), 8, lists_of([[]]))
    assert found.novelty == pytest.approx(3)
    assert found.popularity_ratio is None


@given(often=st.lists(st.integers(0, 6), min_size=1, max_size=12).filter(any))
def test_gini_is_half_the_relative_mean_difference(often: list[int]) -> None:
    recommended = np.repeat(np.arange(len(often)), often)[:, None]
    found = beyond_accuracy(recommended, np.ones(len(often)), 10, lists_of([[]] * len(recommended)))
    gaps = np.abs(np.subtract.outer(often, often)).mean()
    assert found.gini == pytest.approx(gaps / (2 * np.mean(often)))
    most = sorted(often, reverse=True)
    assert found.filling_half == next(n for n in range(1, len(most) + 1) if 2 * sum(most[:n]) >= sum(most))


def test_nothing_recommended_is_an_error() -> None:
    with pytest.raises(DataError, match="Nothing is recommended"):
        beyond_accuracy(np.full((2, 3), -1), np.ones(4), 2, lists_of([[0], [1]]))
