"""Texts as words in their order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from sora_keras.layers.hash_ids import HashIds, Trace, hash_batches, word_spans


@keras.saving.register_keras_serializable(package="sora_keras")
class WordIds(HashIds):
    """The words of each text in their order, cut after `length`.

    Args:
        length: the most words of a text that are read.
        vocabulary_size: words known; `adapt` sets it.

    Output: (texts, most words) int32; 0 pads, 1 is an unknown word, known words count from 2.
    """

    reserved = 2

    def __init__(self, *, length: int = 256, vocabulary_size: int = 1, **kwargs: Any) -> None:
        self.length = length
        super().__init__(vocabulary_size=vocabulary_size, **kwargs)

    def adapt(self, texts: Iterable[np.ndarray], *, size: int = 20_000, min_count: int = 2) -> None:
        """Learn the words of `texts`, arrays of `str`, from training examples only."""

        hashes = hash_batches(lambda batch: self.words(batch).hashes, texts)
        self._learn(hashes, size=size, min_count=min_count)

    def ragged(self, texts: tf.Tensor) -> tf.RaggedTensor:
        tokens = self.words(texts)
        ids = tf.maximum(self.table.lookup(tokens.hashes), 1)
        return tf.RaggedTensor.from_row_splits(ids, tokens.row_splits)[:, : self.length]

    def trace(self, text: str) -> Trace:
        """Which word each number of one text stands for."""
        tokens = self.words(tf.constant([text]))
        ids = np.maximum(self.table.lookup(tokens.hashes).numpy(), 1)[: self.length]
        return Trace(word_spans(text, tokens), ids, [[place] for place in range(len(ids))])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "length": self.length}
