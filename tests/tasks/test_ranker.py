"""Answers for one history and for many, held against every score sorted in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from sora_keras.export.top_items import CHUNK
from sora_keras.tasks import ranker as module
from sora_keras.tasks.ranker import Ranker, padded
from tests.recommending import best_by_hand, make_network, padded_rows, summed_core

HISTORIES = [np.array(one, np.int32) for one in ([0, 4], [7], [3, 2, 1, 0, 11, 10], list(range(12)))]


def scores_by_hand(table: np.ndarray, histories: list[np.ndarray], length: int) -> np.ndarray:
    queries = np.stack([table[history[-length:]].sum(axis=0) for history in histories])
    return queries @ table.T


@pytest.fixture(scope="module")
def table() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def ranker(table) -> Ranker:
    return Ranker(summed_core(table), length=3)


def test_histories_are_padded_at_the_end_and_numbered_from_one() -> None:
    assert np.array_equal(padded(HISTORIES[:3]), padded_rows(HISTORIES[:3]))
    assert padded(HISTORIES).dtype == np.int32
    assert np.array_equal(padded([np.zeros(0, np.int32)] * 2), [[0], [0]])
    assert padded([]).shape == (0, 1)


def test_the_best_are_those_of_all_scores_sorted_by_the_latest_items(ranker, table) -> None:
    items, scores = ranker.rank(HISTORIES, 5)
    expected, best = best_by_hand(scores_by_hand(table, HISTORIES, 3), 5)
    assert (items.dtype, scores.dtype) == (np.int32, np.float32)
    assert np.array_equal(items, expected)
    assert np.allclose(scores, best, atol=1e-5)


def test_all_that_was_seen_is_left_out_though_the_core_reads_but_the_latest(ranker, table) -> None:
    items, scores = ranker.rank(HISTORIES, 8, seen=HISTORIES)
    expected, _ = best_by_hand(scores_by_hand(table, HISTORIES, 3), 8, HISTORIES)
    assert np.array_equal(items, expected)
    assert (items[-1] == -1).all()
    assert np.isneginf(scores[-1]).all()
    assert not set(items[2]) & set(HISTORIES[2])


def test_only_what_is_allowed_comes(ranker, table) -> None:
    allowed = np.isin(np.arange(12), [1, 5, 9])
    items, _ = ranker.rank(HISTORIES, 4, seen=HISTORIES, allowed=allowed)
    assert np.array_equal(items, best_by_hand(scores_by_hand(table, HISTORIES, 3), 4, HISTORIES, allowed)[0])


def test_many_are_answered_some_at_a_time_in_their_order(ranker, table, monkeypatch) -> None:
    monkeypatch.setattr(module, "_MOST", 3)
    random = np.random.default_rng(1)
    histories = [random.integers(0, 12, size).astype(np.int32) for size in random.integers(1, 8, 10)]
    answers = list(ranker.rank_all(histories, 6))
    assert [len(items) for items, _ in answers] == [3, 3, 3, 1]
    expected, best = best_by_hand(scores_by_hand(table, histories, 3), 6, histories)
    assert np.array_equal(np.concatenate([items for items, _ in answers]), expected)
    assert np.allclose(np.concatenate([scores for _, scores in answers]), best, atol=1e-5)
    seen_too = np.concatenate([items for items, _ in ranker.rank_all(histories, 6, exclude_seen=False)])
    assert np.array_equal(seen_too, best_by_hand(scores_by_hand(table, histories, 3), 6)[0])
    assert list(ranker.rank_all([], 6)) == []


def test_fewer_at_a_time_where_the_catalogue_is_large(ranker, monkeypatch) -> None:
    monkeypatch.setattr(module, "_SCORES", 2 * 12)
    assert [len(items) for items, _ in ranker.rank_all(HISTORIES, 1)] == [2, 2]
    monkeypatch.setattr(module, "_SCORES", 5)
    assert [len(items) for items, _ in ranker.rank_all(HISTORIES, 1)] == [1, 1, 1, 1]


def test_scores_of_some_items_are_those_of_the_core(ranker, table) -> None:
    asked = np.array([[0, 0, 11], [3, 2, 1], [5, 6, 7], [8, 9, 10]])
    found = ranker.scores(HISTORIES, asked)
    assert np.allclose(found, np.take_along_axis(scores_by_hand(table, HISTORIES, 3), asked, 1), atol=1e-5)


def test_a_catalogue_of_several_chunks_is_ranked_and_scored_alike() -> None:
    random = np.random.default_rng(0)
    table, bias = (random.integers(-3, 4, (CHUNK + 500, 2)), random.integers(-3, 4, CHUNK + 500))
    bias[[CHUNK - 1, CHUNK + 10, CHUNK + 499]] += 100
    histories = [np.array([CHUNK + 3, 4], np.int32), np.array([9], np.int32)]
    large, scores = Ranker(summed_core(table, bias), length=5), scores_by_hand(table, histories, 5) + bias
    items, _ = large.rank(histories, 20, seen=histories)
    assert np.array_equal(items, best_by_hand(scores, 20, histories)[0])
    assert all({CHUNK - 1, CHUNK + 10, CHUNK + 499} <= set(row) for row in items)
    asked = np.array([[0, CHUNK + 499], [CHUNK, CHUNK - 1]])
    assert np.array_equal(large.scores(histories, asked), np.take_along_axis(scores, asked, 1))


def test_whose_history_it_is_counts_where_the_core_knows_of_users(monkeypatch) -> None:
    monkeypatch.setattr(module, "_MOST", 2)
    core = make_network("two_tower", users=4).core
    asked, histories, users = Ranker(core, length=5), [HISTORIES[0]] * 3, [3, 0, 2]
    wanted = {numbers: np.asarray(core([padded(histories), np.array(numbers, np.int32)]))
              for numbers in ((4, 1, 3), (0, 0, 0))}  # fmt: skip
    for given, scores in ((users, wanted[4, 1, 3]), (None, wanted[0, 0, 0])):
        expected = best_by_hand(scores, 6, histories)[0]
        assert np.array_equal(asked.rank(histories, 6, users=given, seen=histories)[0], expected)
        assert np.array_equal(
            np.concatenate([items for items, _ in asked.rank_all(histories, 6, users=given)]), expected
        )
        found = asked.scores(histories, np.tile(np.arange(12), (3, 1)), users=given)
        assert np.allclose(found, scores, atol=1e-5)


def test_a_sequence_answers_one_history_as_in_a_batch() -> None:
    asked = Ranker(make_network().core, length=5)
    together, _ = asked.rank(HISTORIES, 12)
    alone = np.concatenate([asked.rank([history], 12)[0] for history in HISTORIES])
    assert np.array_equal(together, alone)
