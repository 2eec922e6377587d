"""The item–item model, held against ridge regression solved column by column."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_keras.errors import ParameterError
from sora_keras.training import item_item
from sora_keras.training.item_item import gram, solve
from tests.recommending import following, log_of, made_log

seeds = st.integers(0, 9999)


def had_matrix(seed: int, users: int = 14, items: int = 6) -> np.ndarray:
    return (np.random.default_rng(seed).random((users, items)) < 0.4).astype(float)


def ridge(had: np.ndarray, penalty: float, dropout: float = 0.0) -> np.ndarray:
    """For each item, least squares by the others; the penalty and the dropout stand as rows of their own.

    With a share p of what was had left out at random, the expected squared error is that without, for weights that are
    1 - p times as large, plus p / (1 - p) times each item's count times its squared weight.
    """
    items = had.shape[1]
    weights = np.zeros((items, items))
    lifted = np.diag(np.sqrt(penalty + dropout / (1 - dropout) * (had**2).sum(axis=0)))
    for item in range(items):
        others = np.delete(np.arange(items), item)
        rows = np.concatenate([had[:, others], lifted[others][:, others]])
        answers = np.concatenate([had[:, item], np.zeros(len(others))])
        weights[others, item] = np.linalg.lstsq(rows, answers)[0]
    return weights


@settings(deadline=None)
@given(seed=seeds, penalty=st.sampled_from([0.5, 3.0, 100.0]), dropout=st.sampled_from([0.0, 0.33, 0.8]))
def test_the_closed_form_is_ridge_regression_without_the_item_itself(seed: int, penalty: float, dropout: float) -> None:
    had = had_matrix(seed)
    found = solve(had.T @ had, penalty, dropout)
    assert found.dtype == np.float32
    assert not np.diag(found).any()
    assert np.allclose(found, ridge(had, penalty, dropout), atol=1e-5)


def test_dropout_is_that_of_ridge_regression_on_histories_with_items_left_out() -> None:
    """The same found by chance: every history many times, each time with others of its items unknown."""
    had, share, copies = had_matrix(3, items=4), 0.4, 4000
    random = np.random.default_rng(0)
    known = np.tile(had, (copies, 1)) * (random.random((copies * len(had), 4)) >= share)
    penalty, expected = 2.0, np.zeros((4, 4))
    for item in range(4):
        others = np.delete(np.arange(4), item)
        seen = known[:, others]
        # Weights here answer to known items alone, and are larger by 1 / (1 - share) than those for all.
        left = seen.T @ seen / copies + (1 - share) ** 2 * penalty * np.eye(3)
        expected[others, item] = np.linalg.solve(left, seen.T @ np.tile(had[:, item], copies) / copies) * (1 - share)
    assert np.allclose(solve(had.T @ had, penalty, share), expected, atol=0.01)


def test_the_matrix_given_is_left_as_it_is() -> None:
    both = had_matrix(0).T @ had_matrix(0)
    before = both.copy()
    solve(both, 1.0, 0.5)
    assert np.array_equal(both, before)


@given(seed=seeds)
def test_gram_counts_the_users_that_had_both(seed: int) -> None:
    had = had_matrix(seed)
    log = log_of([np.flatnonzero(row) for row in had], had.shape[1])
    assert np.array_equal(gram(log), had.T @ had)


def test_a_user_that_had_an_item_twice_counts_once() -> None:
    """As what somebody had is given to the Dense layer."""
    assert np.array_equal(gram(log_of([[0, 1, 0], [1, 1]])), gram(log_of([[0, 1], [1]])))


def test_items_of_one_group_speak_for_each_other() -> None:
    weights = solve(gram(made_log()), 5.0)
    same_group = (np.arange(12)[:, None] < 6) == (np.arange(12) < 6)
    assert abs(weights[~same_group]).max() < 1e-6
    assert all(weights[item, following(item)] > 0 for item in range(12))


def test_too_many_items_are_refused_with_what_to_choose(monkeypatch) -> None:
    monkeypatch.setattr(item_item, "MOST_ITEMS", 11)
    with pytest.raises(ParameterError, match=r"11 items at most. Received: 12 items. Choose encoder='sequence'"):
        gram(made_log())
