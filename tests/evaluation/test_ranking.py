"""Scores of ranked lists agree with scikit-learn, and with what their definitions say done by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import label_ranking_average_precision_score, ndcg_score

from sora_keras.errors import DataError, ParameterError
from sora_keras.evaluation import Hits, ItemLists, difference, find_hits, score_ranking
from sora_keras.evaluation.ranking import METRICS, measure_users
from tests.evaluation.rankings import lists_of

seeds = st.integers(0, 9999)


def ranked(users: int, items: int, seed: int) -> tuple[np.ndarray, np.ndarray, ItemLists]:
    """Scores (users, items), 0/1 relevance with one item at least, and that as lists."""
    rng = np.random.default_rng(seed)
    relevance = (rng.random((users, items)) < rng.uniform(0.05, 0.6)).astype(int)
    relevance[np.arange(users), rng.integers(0, items, users)] = 1
    return rng.permuted(np.tile(np.arange(items), (users, 1)), axis=1), relevance, as_lists(relevance)


def as_lists(relevance: np.ndarray) -> ItemLists:
    return lists_of([np.flatnonzero(row) for row in relevance])


def by_hand(metric: str, places: list[int], relevant: int, k: int) -> float:
    """places: of the hits, from 1."""
    within = [place for place in places if place <= k]
    if metric == "hit_rate":
        return float(bool(within))
    if metric == "recall":
        return len(within) / relevant
    if metric == "mrr":
        return 1 / within[0] if within else 0.0
    if metric == "map":
        return sum((i + 1) / place for i, place in enumerate(within)) / min(k, relevant)
    ideal = sum(1 / np.log2(place + 1) for place in range(1, min(k, relevant) + 1))
    return sum(1 / np.log2(place + 1) for place in within) / ideal


@settings(deadline=None)
@given(users=st.integers(1, 8), items=st.integers(2, 30), k=st.integers(1, 30), seed=seeds)
def test_ndcg_is_that_of_scikit_learn_when_all_items_are_ranked(users: int, items: int, k: int, seed: int) -> None:
    scores, relevance, truth = ranked(users, items, seed)
    hits = find_hits(np.argsort(-scores, axis=1), truth)
    k = min(k, items)
    assert measure_users(hits, "ndcg", k).mean() == pytest.approx(ndcg_score(relevance, scores, k=k))


@settings(deadline=None)
@given(users=st.integers(1, 8), items=st.integers(2, 30), seed=seeds)
def test_map_of_all_items_is_the_label_ranking_average_precision_of_scikit_learn(
    users: int, items: int, seed: int
) -> None:
    scores, relevance, truth = ranked(users, items, seed)
    hits = find_hits(np.argsort(-scores, axis=1), truth)
    expected = label_ranking_average_precision_score(relevance, scores)
    assert measure_users(hits, "map", items).mean() == pytest.approx(expected)


@settings(deadline=None)
@given(users=st.integers(1, 6), items=st.integers(2, 20), k=st.integers(1, 20), seed=seeds)
@pytest.mark.parametrize("metric", METRICS)
def test_metrics_are_what_their_definitions_say(metric: str, users: int, items: int, k: int, seed: int) -> None:
    scores, relevance, truth = ranked(users, items, seed)
    order = np.argsort(-scores, axis=1)
    k = min(k, items)
    values = measure_users(find_hits(order, truth), metric, k)
    places = [(np.flatnonzero(row) + 1).tolist() for row in np.take_along_axis(relevance, order, axis=1)]
    expected = [by_hand(metric, some, int(row.sum()), k) for some, row in zip(places, relevance, strict=True)]
    assert values == pytest.approx(expected)
    assert ((values >= 0) & (values <= 1 + 1e-12)).all()


def test_hits_stand_where_the_relevant_items_are_recommended() -> None:
    hits = find_hits(np.array([[3, 1, 0], [2, -1, -1]]), lists_of([[1, 3], [0, 1]]))
    assert hits.found.tolist() == [[True, True, False], [False, False, False]]
    assert hits.relevant.tolist() == [2, 2]


def test_an_item_to_find_twice_counts_once_and_one_outside_the_catalogue_counts_as_missed() -> None:
    hits = find_hits(np.array([[1, 2]]), lists_of([[1, 1, 999]]))
    assert hits.relevant.tolist() == [2]
    assert measure_users(hits, "recall", 2).tolist() == [0.5]


def test_recall_counts_all_relevant_items_also_where_they_are_more_than_k() -> None:
    hits = find_hits(np.array([[0, 1]]), lists_of([[0, 1, 2, 3]]))
    assert measure_users(hits, "recall", 2).tolist() == [0.5]
    assert measure_users(hits, "ndcg", 2).tolist() == pytest.approx([1.0])
    assert measure_users(hits, "map", 2).tolist() == pytest.approx([1.0])


def test_scores_have_names_values_and_intervals_that_hold_them() -> None:
    scores, _, truth = ranked(200, 40, 3)
    found = score_ranking(find_hits(np.argsort(-scores, axis=1)[:, :20], truth))
    assert [score.name for score in found] == [f"{metric}@{k}" for metric in METRICS for k in (5, 10, 20)]
    for score in found:
        assert score.value is not None
        assert score.low is not None
        assert score.high is not None
        assert score.low <= score.value <= score.high


def test_interval_of_the_hit_rate_is_as_wide_as_the_binomial_says() -> None:
    rng = np.random.default_rng(0)
    hits = Hits(rng.random((2000, 1)) < 0.2, np.ones(2000, dtype=int))
    score = next(score for score in score_ranking(hits, ks=(1,)) if score.name == "hit_rate@1")
    assert score.value is not None
    assert score.low is not None
    assert score.high is not None
    error = np.sqrt(score.value * (1 - score.value) / 2000)
    assert score.high - score.low == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_paired_difference_is_narrower_than_its_parts_and_sign_turns_with_the_order() -> None:
    rng = np.random.default_rng(1)
    found = rng.random((500, 10)) < 0.05
    better = found.copy()
    better[:10, 0] = True
    ours, theirs = (Hits(some, np.full(500, 3)) for some in (better, found))
    gap, turned = difference(ours, theirs, "ndcg", 10), difference(theirs, ours, "ndcg", 10)
    single = next(score for score in score_ranking(ours, ks=(10,)) if score.name == "ndcg@10")
    assert gap.low is not None
    assert gap.high is not None
    assert single.low is not None
    assert single.high is not None
    assert 0 < gap.low < gap.high
    assert gap.high - gap.low < (single.high - single.low) / 2
    assert (turned.name, turned.value, turned.low) == ("ndcg@10", -(gap.value or 0), pytest.approx(-gap.high))
    assert difference(ours, ours, "ndcg", 10).high == 0


def test_one_user_has_scores_without_intervals() -> None:
    assert {score.low for score in score_ranking(find_hits(np.array([[1, 2]]), lists_of([[2]])), ks=(2,))} == {None}


def test_a_list_that_is_too_short_and_an_unknown_metric_are_named() -> None:
    hits = find_hits(np.array([[1, 2]]), lists_of([[2]]))
    with pytest.raises(ParameterError, match="k must be from 1 to the 2 places"):
        score_ranking(hits)
    with pytest.raises(ParameterError, match="Did you mean 'recall'"):
        difference(hits, hits, "recal", 2)


@pytest.mark.parametrize(
    ("recommended", "truth", "said"),
    [
        ([[1, 1]], [[1]], "recommended twice to user number 0"),
        ([[1.0, 2.0]], [[1]], "Received: float64"),
        ([[1, 2]], [[1], [2]], "for the 2 users of truth"),
    ],
)
def test_recommendations_that_do_not_fit_are_refused(recommended: list, truth: list, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        find_hits(np.array(recommended), lists_of(truth))


def test_users_with_nothing_to_find_are_refused() -> None:
    with pytest.raises(DataError, match="User number 1 has none"):
        find_hits(np.array([[1], [2]]), lists_of([[1], []]))
    with pytest.raises(DataError, match="no user to score"):
        find_hits(np.empty((0, 3), dtype=int), lists_of([]))


def test_differences_of_other_users_are_refused() -> None:
    few, many = (Hits(np.ones((n, 1), bool), np.ones(n, int)) for n in (2, 3))
    with pytest.raises(ParameterError, match="same users"):
        difference(few, many, "ndcg", 1)
