"""Small made rankings that the tests of the ranking report share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sora_keras.evaluation import ItemLists, RankedAnswers, RankingReport, report_ranking


def lists_of(some: Sequence[Sequence[int]]) -> ItemLists:
    """One list a user."""
    items = np.array([item for one in some for item in one], dtype=np.int64)
    return ItemLists(items, np.concatenate([[0], np.cumsum([len(one) for one in some])]).astype(np.int64))


def top(scores: np.ndarray, k: int = 20) -> np.ndarray:
    """(users, k) the items of the highest scores, -1 where an item is left out by a score of -inf."""
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.where(np.isinf(np.take_along_axis(scores, best, axis=1)), -1, best)


class Made:
    """Users with tastes: a history each, one item to find, a good model and one that knows popularity only."""

    def __init__(self, users: int = 300, items: int = 60, *, skill: float = 2.0, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        popular = rng.gumbel(size=items)
        taste = popular + 1.5 * rng.gumbel(size=(users, items))
        order = np.argsort(-taste, axis=1)
        lengths = rng.integers(2, 12, users)
        self.history = lists_of([row[1 : 1 + length] for row, length in zip(order, lengths, strict=True)])
        self.truth = lists_of(order[:, :1])
        self.counts = np.bincount(self.history.items, minlength=items)
        guess = skill * taste + 3 * rng.normal(size=taste.shape)
        self.model = RankedAnswers("sequence", top(self.unseen(guess)))
        self.popularity = RankedAnswers("popularity", top(self.unseen(np.tile(self.counts.astype(float), (users, 1)))))

    def unseen(self, scores: np.ndarray) -> np.ndarray:
        scores = scores.copy()
        scores[self.history.users, self.history.items] = -np.inf
        return scores

    def report(self, **settings: Any) -> RankingReport:
        """The report on the model beside popularity, with what the test does not care for filled in."""
        given: dict[str, Any] = {
            "model": self.model,
            "contenders": [self.popularity],
            "truth": self.truth,
            "history": self.history,
            "counts": self.counts,
            "n_users": len(self.truth),
            "split": "each user's last interaction",
            "resamples": 200,
        }
        return report_ranking(**given | settings)
