"""From histories to ranked items, by a recommender's core: one history at once, or many in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.export.top_items import CHUNK, TopItems
from sora_keras.tasks.one_history import OneHistory

if TYPE_CHECKING:
    import keras

_SCORES = 16_000_000  # held at once: 64 MB
_MOST = 256


class Ranker:
    """Asks a core for the best items.

    Args:
        core: from item numbers (batch, steps), 0 padding, and perhaps user numbers, to scores (batch, items). length:
            the most past items that it reads.
    """

    def __init__(self, core: keras.Model, length: int) -> None:
        import tensorflow as tf

        self.items, self.length = int(core.output_shape[-1]), length
        self._top = TopItems(core)
        self._one = OneHistory(self._top, length) if OneHistory.suits(core) else None
        self._all = tf.ones([self.items], tf.bool)

    @cached_property
    def _answer(self) -> Any:
        return self._ranking(self._top, [None, None])

    @cached_property
    def _answer_one(self) -> Any:
        return self._ranking(self._one, [1, None])

    def _ranking(self, answer: Any, shape: list[int | None]) -> Any:
        import tensorflow as tf

        history, seen = tf.TensorSpec(shape, tf.int32), tf.TensorSpec([None, None], tf.int32)
        allowed, k = tf.TensorSpec([self.items], tf.bool), tf.TensorSpec([], tf.int32)
        return graph_of(answer, history, tf.TensorSpec([None], tf.int32), seen, allowed, k)

    @cached_property
    def _score(self) -> Any:
        import tensorflow as tf

        numbers = tf.TensorSpec([None, None], tf.int32)
        return graph_of(self._scores_at, numbers, tf.TensorSpec([None], tf.int32), numbers)

    def rank(
        self, histories: Sequence[np.ndarray], k: int, *, users: Sequence[int] | np.ndarray | None = None,
        seen: Sequence[np.ndarray] | None = None, allowed: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        """The best k items of a few histories.

        Args:
            histories: item numbers from 0, the oldest first. users: whose each is, from 0; None for people who are new.
            seen: for each the items that are left out; None for none.
            allowed: (items,) bool; None for all.

        Returns:
            (histories, k) int32 item numbers from 0 and float32 scores; -1 and -inf where no item was left.
        """
        import tensorflow as tf

        latest = [history[-self.length :] for history in histories]
        left_out = np.zeros((len(histories), 1), np.int32) if seen is None else padded(seen)
        mask = self._all if allowed is None else tf.constant(allowed)
        rest = (numbered(users, len(histories)), left_out, mask, np.int32(k))
        if self._one is not None and len(histories) == 1:
            items, scores = self._answer_one(self._one.padded(latest[0]), *rest)
        else:
            items, scores = self._answer(padded(latest), *rest)
        return items.numpy(), scores.numpy()

    def rank_all(
        self, histories: Sequence[np.ndarray], k: int, *, users: Sequence[int] | np.ndarray | None = None,
        exclude_seen: bool = True, allowed: np.ndarray | None = None,
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:  # fmt: skip
        """The same for any number of histories, in their order, some at a time."""
        some = int(np.clip(_SCORES // min(self.items, CHUNK), 1, _MOST))
        for begin in range(0, len(histories), some):
            part = [histories[place] for place in range(begin, min(begin + some, len(histories)))]
            whose = None if users is None else users[begin : begin + some]
            yield self.rank(part, k, users=whose, seen=part if exclude_seen else None, allowed=allowed)

    def scores(
        self, histories: Sequence[np.ndarray], items: np.ndarray, *, users: Sequence[int] | np.ndarray | None = None
    ) -> np.ndarray:  # fmt: skip
        """The scores of some items, (histories, any) numbers from 0, each for its history."""
        told = padded([history[-self.length :] for history in histories])
        return self._score(told, numbered(users, len(histories)), np.asarray(items, np.int32)).numpy()

    def _scores_at(self, history: Any, user: Any, items: Any) -> Any:
        import tensorflow as tf

        if self._top.query is None:
            return tf.gather(
                tf.cast(self._top.core(self._top.given(history, user), training=False), tf.float32), items, batch_dims=1
            )
        query = self._top.query(self._top.given(history, user), training=False)
        table = self._top.table
        at = tf.einsum("bd,bnd->bn", query, table.look_up(items)) + table.look_up_bias(items)
        return tf.cast(at, tf.float32)


def graph_of(function: Any, *signature: Any) -> Any:
    """A function's graph, traced once: `tf.function` looks for it anew by what it is given, in a millisecond."""
    import tensorflow as tf

    graph = tf.function(function, input_signature=signature, autograph=False).get_concrete_function()
    return lambda *given: graph(*map(tf.convert_to_tensor, given))


def numbered(users: Sequence[int] | np.ndarray | None, count: int) -> np.ndarray:
    """Users numbered from 1 (count,) int32, of numbers from 0; 0 where they are new."""
    return np.zeros(count, np.int32) if users is None else np.asarray(users, np.int32) + 1


def padded(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Item numbers from 0 as (rows, longest) int32 from 1, with 0 at the end; at least one wide."""
    lengths = np.fromiter(map(len, rows), np.int64, len(rows))
    result = np.zeros((len(rows), max(1, int(lengths.max(initial=1)))), np.int32)
    result[np.arange(result.shape[1]) < lengths[:, None]] = np.concatenate([np.zeros(0, np.int32), *rows]) + 1
    return result
