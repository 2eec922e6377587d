"""How good ranked lists are: what was found in them, and the scores of it with intervals over the users."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sora_keras.errors import DataError, ParameterError, nearest
from sora_keras.evaluation.bootstrap import affordable, percentile_interval, resampled_means
from sora_keras.evaluation.item_lists import ItemLists
from sora_keras.evaluation.results import Score


@dataclass(frozen=True, eq=False, repr=False)
class Hits:
    """What was found.

    Args:
        found: (users, k_max) bool, whether the item recommended at that place is relevant, the best place first.
        relevant: (users,) int, how many items are relevant to each user; 1 at least.
    """

    found: np.ndarray
    relevant: np.ndarray


def find_hits(recommended: np.ndarray, truth: ItemLists) -> Hits:
    """Compare recommendations with the items they should have named.

    Args:
        recommended: (users, k_max) int item numbers, the best first, -1 where there was none.
        truth: the relevant items of each user. One named twice counts once; one that is not in the catalogue
            counts too, so nobody gains by leaving it out.

    Raises:
        ParameterError: shapes that do not fit, or an item recommended twice to a user.
        DataError: no user, or a user without a relevant item.
    """
    recommended = np.asarray(recommended)
    if recommended.ndim != 2 or recommended.dtype.kind not in "iu" or len(recommended) != len(truth):
        raise ParameterError(
            f"recommended must be item numbers of shape (users, k), for the {len(truth):,} users of truth. "
            f"Received: {recommended.dtype} of shape {recommended.shape}"
        )
    if not len(truth):
        raise DataError("There is no user to score. Give at least one with an item to find.")
    if not truth.lengths.all():
        user = int(truth.lengths.argmin())
        raise DataError(f"Every user needs an item to find. User number {user} has none: leave such users out.")
    _check_once(recommended)
    found = truth.contains(np.arange(len(truth))[:, None], recommended)
    return Hits(found, truth.distinct().lengths)


def _check_once(recommended: np.ndarray) -> None:
    ordered = np.sort(recommended, axis=1)
    twice = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
    if twice.any():
        user = int(twice.any(axis=1).argmax())
        raise ParameterError(f"An item is recommended twice to user number {user}: {recommended[user].tolist()}")


def hit_rate(hits: Hits, k: int) -> np.ndarray:
    """(users,) 1 where any of the first k is relevant."""
    return np.any(hits.found[:, :k], axis=1).astype(np.float64)


def recall(hits: Hits, k: int) -> np.ndarray:
    """(users,) the share of all relevant items, however many, that the first k name."""
    return np.asarray(hits.found[:, :k].sum(axis=1) / hits.relevant)


def ndcg(hits: Hits, k: int) -> np.ndarray:
    """(users,) normalised discounted cumulative gain of relevant-or-not (Järvelin and Kekäläinen, 2002).

    A hit at place r gains 1 / log2(r + 1); the ideal has its hits in the first min(k, relevant) places.
    """
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discounts)[np.minimum(hits.relevant, k) - 1]
    return np.asarray(hits.found[:, :k] @ discounts / ideal)


def mrr(hits: Hits, k: int) -> np.ndarray:
    """(users,) 1 / the place of the first hit, 0 where the first k have none."""
    found = hits.found[:, :k]
    return np.where(found.any(axis=1), 1 / (found.argmax(axis=1) + 1), 0.0)


def average_precision(hits: Hits, k: int) -> np.ndarray:
    """(users,) the precision at each hit of the first k, summed and divided by min(k, relevant)."""
    found = hits.found[:, :k]
    precision = np.cumsum(found, axis=1) / np.arange(1, k + 1)
    return (found * precision).sum(axis=1) / np.minimum(hits.relevant, k)


METRICS: dict[str, Callable[[Hits, int], np.ndarray]] = {
    "hit_rate": hit_rate,
    "recall": recall,
    "ndcg": ndcg,
    "mrr": mrr,
    "map": average_precision,
}


def measure_users(hits: Hits, metric: str, k: int) -> np.ndarray:
    """(users,) one of `METRICS` at k, in [0, 1].

    Raises:
        ParameterError: an unknown metric, or a k for which not enough places are recommended.
    """
    if metric not in METRICS:
        raise ParameterError(
            f"metric must be one of {', '.join(METRICS)}. Received: {metric!r}.{nearest(metric, METRICS)}"
        )
    most = hits.found.shape[1]
    if not 1 <= k <= most:
        raise ParameterError(f"k must be from 1 to the {most} places that are recommended. Received: {k}")
    return METRICS[metric](hits, k)


def names_at(ks: Sequence[int]) -> tuple[str, ...]:
    """The names of the scores at these k, such as `ndcg@10`."""
    return tuple(f"{metric}@{k}" for metric in METRICS for k in ks)


def measure_all(hits: Hits, ks: Sequence[int]) -> np.ndarray:
    """(users, scores) each of `names_at(ks)`."""
    return np.stack([measure_users(hits, metric, k) for metric in METRICS for k in ks], axis=1)


def score_ranking(
    hits: Hits, ks: Sequence[int] = (5, 10, 20), *, resamples: int = 1000, seed: int = 0
) -> tuple[Score, ...]:  # fmt: skip
    """Every metric at every k: the mean over the users, with its interval.

    Args:
        resamples: of the bootstrap over the users, at most; fewer where they are very many.

    Example:
        >>> score_ranking(find_hits(np.array([[3, 1]]), ItemLists(np.array([1]), np.array([0, 1]))), ks=(2,))
    """
    table = measure_all(hits, ks)
    (drawn,) = resampled_means([table], resamples=affordable(resamples, len(table)), seed=seed)
    return as_scores(names_at(ks), table.mean(axis=0), drawn)


def difference(ours: Hits, theirs: Hits, metric: str, k: int, *, resamples: int = 1000, seed: int = 0) -> Score:
    """How far `ours` is ahead of `theirs`, which answered the same users: user by user, so that what makes a user
    easy or hard for both falls away.

    Raises:
        ParameterError: other users, or as `measure_users`.
    """
    if not np.array_equal(ours.relevant, theirs.relevant):
        raise ParameterError("Both must have answered the same users, in the same order.")
    gap = (measure_users(ours, metric, k) - measure_users(theirs, metric, k))[:, None]
    (drawn,) = resampled_means([gap], resamples=affordable(resamples, len(gap)), seed=seed)
    return as_scores((f"{metric}@{k}",), gap.mean(axis=0), drawn)[0]


def as_scores(
    names: Sequence[str], values: np.ndarray, drawn: np.ndarray, baseline: Sequence[Score] = ()
) -> tuple[Score, ...]:  # fmt: skip
    """Values with their intervals.

    Args:
        values: (scores,). drawn: (scores, resamples). baseline: the same scores of another model, if any.
    """
    beside = [score.value for score in baseline] or [None] * len(names)
    ranges = map(percentile_interval, drawn)
    return tuple(
        Score(name, float(value), low=low, high=high, baseline=base)
        for name, value, (low, high), base in zip(names, values, ranges, beside, strict=True)
    )
