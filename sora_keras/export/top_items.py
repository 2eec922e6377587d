"""The items with the highest scores: exact, and in chunks of the catalogue, so that a million items fit in memory."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from sora_keras.encoders.recommending import item_vectors, query_model

CHUNK = 65_536  # items scored at once
_BLOCK = 64


class TopItems(tf.Module):
    """From histories to the best items, by a core as `sora_keras.encoders.recommending` builds it.

    Args:
        core: from item numbers (batch, steps), 0 padding, and perhaps user numbers, to scores (batch, items).
        chunk: the most items scored at once, where scores are a vector of the history times one of each item.

    Example:
        >>> items, scores = TopItems(core)(histories, users, seen, allowed, k)
    """

    def __init__(self, core: keras.Model, chunk: int = CHUNK) -> None:
        super().__init__(name="top_items")
        self.items = int(core.output_shape[-1])
        self.core, self.chunk = core, chunk
        self.query = query_model(core) if self.items > chunk else None
        self.table: Any = None if self.query is None else item_vectors(core)

    def __call__(
        self, history: tf.Tensor, user: tf.Tensor, seen: tf.Tensor, allowed: tf.Tensor, k: Any
    ) -> tuple[tf.Tensor, tf.Tensor]:  # fmt: skip
        """The best k items of each history, best first.

        Args:
            history: (batch, steps) int32, items numbered from 1, 0 padding at the end.
            user: (batch,) int32, users numbered from 1, 0 for somebody new; counts where the core knows of users.
            seen: (batch, any) int32, numbered as the history: items that are left out.
            allowed: (items,) bool: which items may come at all. k: how many, at most all items.

        Returns:
            Items (batch, k) int32 numbered from 0, and their scores (batch, k) float32; -1 and -inf where no item
            was left.
        """
        given = self.given(history, user)
        if self.query is None:
            return self.best_of(tf.cast(self.core(given, training=False), tf.float32), seen, allowed, k)
        return self.best(self.query(given, training=False), seen, allowed, k)

    def best_of(self, scores: tf.Tensor, seen: tf.Tensor, allowed: tf.Tensor, k: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """The same of scores (batch, items)."""
        best, found = tf.math.top_k(_without(scores, seen, allowed, 0), k)
        return tf.where(tf.math.is_inf(best), -1, found), best

    def best(self, query: tf.Tensor, seen: tf.Tensor, allowed: tf.Tensor, k: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """The same of the histories' vectors (batch, width)."""
        table, bias = self.table.vectors(), self.table.bias.value
        best, found = best_by_product(query, table, bias, seen, allowed, k, self.chunk)
        return tf.where(tf.math.is_inf(best), -1, found), best

    def given(self, history: tf.Tensor, user: tf.Tensor) -> Any:
        """What the core takes of these."""
        return [history, user] if len(self.core.inputs) > 1 else history


def best_by_product(
    query: tf.Tensor, table: Any, bias: Any, seen: tf.Tensor, allowed: tf.Tensor, k: Any, chunk: int = CHUNK,
    scale: Any = None,
) -> tuple[tf.Tensor, tf.Tensor]:  # fmt: skip
    """The k items whose vectors have the highest products with a query's, in chunks.

    Args:
        query: (batch, width). table: (items, width). bias: (items,), added. scale: (items,), multiplied before.
        seen, allowed: as `TopItems` takes them.

    Returns:
        Scores (batch, k), -inf where no item was left, and item numbers (batch, k) from 0.
    """
    items = table.shape[0]
    # Read once: each part would read the whole again.
    table, bias = tf.convert_to_tensor(table), tf.convert_to_tensor(bias)
    scale = None if scale is None else tf.convert_to_tensor(scale)
    best, found = [], []
    # Unrolled: a loop in the graph would run one part after the other, and three times as long.
    for begin in range(0, items, chunk):
        part = slice(begin, min(begin + chunk, items))
        # Whole rows: TensorFlow takes such a slice without copying it.
        scores = tf.matmul(tf.cast(query, table.dtype), table[part], transpose_b=True)
        scores = (scores if scale is None else scores * scale[part]) + bias[part]
        scores = _without(tf.cast(scores, tf.float32), seen, allowed[part], begin)
        some, places = _highest(scores, part.stop - begin, k)
        best.append(some)
        found.append(places + begin)
    scores, order = tf.math.top_k(tf.concat(best, axis=1), k)
    return scores, tf.gather(tf.concat(found, axis=1), order, batch_dims=1)


def _highest(scores: tf.Tensor, items: int, k: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """As `tf.math.top_k` of scores (batch, items), but only the k blocks are sorted whose best items are highest."""
    if items % _BLOCK:
        return tf.math.top_k(scores, tf.minimum(k, items))
    blocks = tf.reshape(scores, [-1, items // _BLOCK, _BLOCK])
    # In their order, so that of equal scores the first item comes first.
    _, which = tf.math.top_k(tf.reduce_max(blocks, axis=2), tf.minimum(k, items // _BLOCK))
    which = tf.sort(which, axis=1)
    some = tf.reshape(tf.gather(blocks, which, batch_dims=1), [tf.shape(scores)[0], -1])
    best, place = tf.math.top_k(some, tf.minimum(k, items))
    return best, tf.gather(which, place // _BLOCK, batch_dims=1) * _BLOCK + place % _BLOCK


def _without(scores: tf.Tensor, seen: tf.Tensor, allowed: tf.Tensor, begin: Any) -> tf.Tensor:
    """Scores (batch, items) with -inf at items seen, numbered from 1 in the whole catalogue, or not allowed."""
    lowest = tf.constant(-float("inf"))
    items = tf.shape(scores)[1]
    places = seen - 1 - begin
    rows = tf.where((places >= 0) & (places < items))
    at = tf.stack([tf.cast(rows[:, 0], tf.int32), tf.gather_nd(places, rows)], axis=1)
    scores = tf.where(allowed, scores, lowest)
    return tf.tensor_scatter_nd_update(scores, at, tf.fill([tf.shape(at)[0]], lowest))
