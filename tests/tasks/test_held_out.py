"""The figure by which encoders are chosen."""

from __future__ import annotations

import numpy as np
import pytest

from sora_keras.data import at_random, last_out
from sora_keras.encoders import linear_core, popularity_core
from sora_keras.tasks import held_out as module
from sora_keras.tasks.held_out import HeldOut, lists_of
from tests.recommending import following, log_of, made_log, padded_rows, summed_core


def known_and_next() -> tuple:
    return last_out(made_log(users=10))


def next_item_weights() -> np.ndarray:
    """Each item speaks for the one that follows."""
    weights = np.zeros((12, 12), np.float32)
    for item in range(12):
        weights[item, following(item)] = 1
    return weights


def test_a_core_that_knows_what_comes_next_has_a_figure_of_one() -> None:
    known, held_out = known_and_next()
    assert HeldOut(known, held_out, 1).figure(linear_core(next_item_weights())) == pytest.approx(1.0)


def test_the_figure_is_ndcg_at_ten_by_hand_among_what_was_not_known() -> None:
    known, held_out = log_of([[0], [1], [2, 3], [4]], 14), log_of([[5], [], [0, 6], [13]], 14)
    counts = np.arange(14, 0, -1)  # the most popular first
    gains = [1 / np.log2(2 + 4)]  # before item 5 come 1 to 4
    gains.append((1 / np.log2(2) + 1 / np.log2(2 + 4)) / (1 / np.log2(2) + 1 / np.log2(3)))  # 0, 1, 4, 5, 6
    gains.append(0.0)  # item 13 is not among ten
    assert HeldOut(known, held_out, 5).figure(popularity_core(counts)) == pytest.approx(np.mean(gains))


def test_users_without_both_are_not_asked() -> None:
    asked = HeldOut(log_of([[0], [], [1, 2]], 4), log_of([[], [1], [3]], 4), 5)
    assert [history.tolist() for history in asked.histories] == [[1, 2]]
    assert asked.truth.items.tolist() == [3]


def test_of_many_users_the_same_some_are_asked(monkeypatch) -> None:
    known, held_out = known_and_next()
    monkeypatch.setattr(module, "_ASKED", 4)
    asked, again = HeldOut(known, held_out, 5), HeldOut(known, held_out, 5)
    assert len(asked.histories) == len(asked.truth) == 4
    for history, other, item in zip(asked.histories, again.histories, asked.truth.items, strict=True):
        assert np.array_equal(history, other)
        assert item == following(history[-1])


@pytest.mark.parametrize("histories", [[[0, 4, 2], [7], [3, 11]], [[0, 4, 0], [7, 7], [3]]], ids=["once", "twice"])
def test_scores_are_those_of_the_core_and_of_the_linear_model_those_of_its_core(histories: list[list[int]]) -> None:
    random = np.random.default_rng(0)
    weights, table = random.normal(size=(12, 12)).astype(np.float32), random.normal(size=(12, 3))
    asked = HeldOut(log_of(histories, 12), log_of([[1], [2], [5]], 12), 9)
    core, told = linear_core(weights), padded_rows(histories)
    assert np.allclose(asked.linear_scores(weights), core(told), atol=1e-5)
    assert np.allclose(asked.scores(core), core(told), atol=1e-5)
    summed = summed_core(table)
    assert np.allclose(asked.scores(summed), summed(told), atol=1e-5)


def test_the_best_setting_is_that_which_finds_more() -> None:
    known, held_out = at_random(made_log(users=12, steps=4), fraction=0.3)
    asked = HeldOut(known, held_out, 5)
    truth = np.zeros((len(asked.histories), 12))
    truth[asked.truth.users, asked.truth.items] = 1
    assert asked.best(iter([("wrong", -truth), ("right", truth), ("nothing", 0 * truth)])) == "right"
    # What was known is left out, however high it stands.
    known_first = truth.copy()
    for row, history in enumerate(asked.histories):
        known_first[row, history] = 9
    assert asked.best([("wrong", -truth), ("known first", known_first)]) == "known first"
    assert asked.best([("first", truth), ("as good", 2 * truth)]) == "first"


def test_lists_are_every_users_items() -> None:
    lists = lists_of(log_of([[3, 1], [], [2]]))
    assert lists.items.tolist() == [3, 1, 2]
    assert lists.lengths.tolist() == [2, 0, 1]
