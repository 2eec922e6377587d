"""Texts as bags of n-grams."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from sora_keras.layers.hash_ids import HashIds, Trace, hash_batches, word_spans
from sora_keras.layers.unicode import Tokens, join_hashes


@keras.saving.register_keras_serializable(package="sora_keras")
class NgramIds(HashIds):
    """The distinct n-grams of each text that were seen in training, in no particular order.

    Args:
        order: the longest n-gram, in words.
        length: the most n-grams of a text that count, shorter ones first: what bounds a text of megabytes.
        vocabulary_size: n-grams known; `adapt` sets it.

    Output: (texts, most n-grams) int32; 0 pads, known n-grams count from 1.
    """

    reserved = 1

    def __init__(self, *, order: int = 3, length: int = 16_384, vocabulary_size: int = 1, **kwargs: Any) -> None:
        self.order = order
        self.length = length
        super().__init__(vocabulary_size=vocabulary_size, **kwargs)

    def adapt(self, texts: Iterable[np.ndarray], *, size: int = 2**20, min_count: int = 2) -> None:
        """Learn the n-grams of `texts`, arrays of `str`, from training examples only."""

        hashes = hash_batches(lambda batch: self._hashes(self.words(batch))[0], texts)
        self._learn(hashes, size=size, min_count=min_count)

    def _hashes(self, tokens: Tokens) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Hash, text and first word of every n-gram: three tensors (n-grams,)."""
        row = tf.repeat(tf.range(tf.size(tokens.row_splits) - 1), tokens.row_splits[1:] - tokens.row_splits[:-1])
        place = tf.range(tf.size(row))
        hashes, rows, places = [tokens.hashes], [row], [place]
        joined = tokens.hashes
        for further in range(1, self.order):
            joined = join_hashes(joined[:-1], tokens.hashes[further:])
            inside = tf.equal(row[:-further], row[further:])
            hashes.append(tf.boolean_mask(joined, inside))
            rows.append(tf.boolean_mask(row[:-further], inside))
            places.append(tf.boolean_mask(place[:-further], inside))
        return tf.concat(hashes, 0), tf.concat(rows, 0), tf.concat(places, 0)

    def ragged(self, texts: tf.Tensor) -> tf.RaggedTensor:
        hashes, rows, _ = self._hashes(self.words(texts))
        ids = self.table.lookup(hashes)
        known = ids > 0
        stride = self.vocabulary_size + 1
        keys = tf.boolean_mask(tf.cast(rows, tf.int64) * stride + tf.cast(ids, tf.int64), known)
        keys = tf.unique(keys).y
        # The n-grams come order by order, and text by text within one: group them by text again.
        rows = tf.cast(keys // stride, tf.int32)
        keys = tf.gather(keys, tf.argsort(rows, stable=True))
        rows, ids = tf.cast(keys // stride, tf.int32), tf.cast(keys % stride, tf.int32)
        return tf.RaggedTensor.from_value_rowids(ids, rows, nrows=tf.size(texts))[:, : self.length]

    def trace(self, text: str) -> Trace:
        """Which words each n-gram of one text stands for."""
        tokens = self.words(tf.constant([text]))
        hashes, _, places = (part.numpy() for part in self._hashes(tokens))
        ids = self.table.lookup(tf.constant(hashes)).numpy()
        count = len(tokens.hashes)
        orders = np.repeat(np.arange(1, self.order + 1), [max(count - n, 0) for n in range(self.order)])
        sources: dict[int, list[int]] = {}
        for number, place, order in zip(ids, places, orders, strict=True):
            if number > 0:
                sources.setdefault(int(number), []).extend(range(place, place + order))
        numbers = np.fromiter(sources, np.int32, len(sources))
        return Trace(word_spans(text, tokens), numbers, list(sources.values()))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "order": self.order, "length": self.length}
