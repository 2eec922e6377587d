"""Interactions that were held out, by which encoders and their settings are chosen."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.evaluation import ItemLists, find_hits, measure_users
from sora_keras.tasks.ranker import Ranker

if TYPE_CHECKING:
    import keras

    from sora_keras.data import Interactions

_ASKED = 2_000
_K = 10
_DEPTH = 100  # of the lists by which settings are chosen: more of what is found, and so less chance


class HeldOut:
    """What some users did that a model is to find; of at most 2,000 of them.

    Args:
        known: what models are trained on. held_out: what they are to find, by the same numbers.
        length: the most past items that a model reads.
    """

    def __init__(self, known: Interactions, held_out: Interactions, length: int) -> None:
        users = np.flatnonzero((np.diff(held_out.starts) > 0) & (np.diff(known.starts) > 0))
        if len(users) > _ASKED:
            users = np.sort(np.random.default_rng(0).permutation(users)[:_ASKED])
        self.length, self.items = length, known.n_items
        self.users = users
        self.histories = [known.history(int(user)) for user in users]
        self.truth = lists_of(held_out).take(users)

    def figure(self, core: keras.Model) -> float:
        """NDCG@10 of a core, among all items but those known."""
        ranker, k = Ranker(core, self.length), min(_K, self.items)
        return self._ndcg(
            np.concatenate([items for items, _ in ranker.rank_all(self.histories, k, users=self.users)]), k
        )

    def best(self, settings: Iterable[tuple[Any, np.ndarray]]) -> Any:
        """Which of several settings has the highest NDCG@100, each with the scores that it gives (users, items)."""
        figures = {setting: self._figure_of_scores(scores) for setting, scores in settings}
        return max(figures, key=lambda setting: figures[setting])

    def linear_scores(self, weights: np.ndarray) -> np.ndarray:
        """What the linear model says of each item (users, items)."""
        return np.asarray(self._had @ weights)

    def scores(self, core: keras.Model) -> np.ndarray:
        """What a core says of each item (users, items)."""
        ranker, everything = Ranker(core, self.length), np.arange(self.items)[None, :]
        told = zip(self.histories, self.users, strict=True)
        return np.concatenate([ranker.scores([history], everything, users=[int(user)]) for history, user in told])

    @cached_property
    def _had(self) -> Any:
        from scipy.sparse import csr_matrix

        columns = np.concatenate(self.histories)
        starts = np.cumsum([0, *map(len, self.histories)])
        shape = (len(self.histories), self.items)
        had = csr_matrix((np.ones(len(columns), np.float32), columns, starts), shape=shape)
        had.sum_duplicates()
        had.data[:] = 1  # once, however often
        return had

    @cached_property
    def _known(self) -> np.ndarray:
        """Which items each user had (users, items)."""
        return np.asarray(self._had.toarray() > 0)

    def _figure_of_scores(self, scores: np.ndarray) -> float:
        depth = min(_DEPTH, self.items)
        left = np.where(self._known, -np.inf, scores)
        items = np.argpartition(-left, depth - 1, axis=1)[:, :depth]
        found = np.take_along_axis(left, items, axis=1)
        order = np.argsort(-found, axis=1, kind="stable")
        items = np.where(np.isinf(found), -1, items)
        return self._ndcg(np.take_along_axis(items, order, axis=1), depth)

    def _ndcg(self, recommended: np.ndarray, k: int) -> float:
        return float(measure_users(find_hits(recommended, self.truth), "ndcg", k).mean())


def lists_of(log: Interactions) -> ItemLists:
    """Every user's items, as the evaluation room reads them."""
    return ItemLists(log.items, log.starts)
