"""What turns texts to numbers by hash: the words, a vocabulary, and where each number came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from sora_keras.data.tensors import mapped
from sora_keras.layers.unicode import Tokens, UnicodeWords, describe_hashing
from sora_keras.layers.vocabulary import learn_vocabulary, lookup_table

_BATCH = 256


class Trace(NamedTuple):
    """Where the numbers of one text come from, for explanations.

    words: (start, end) of each word in the text's characters; ids: the numbers as the core sees them;
    sources: for each number, the indices of the words that it stands for.
    """

    words: list[tuple[int, int]]
    ids: np.ndarray
    sources: list[list[int]]


class HashIds(keras.layers.Layer):
    """What both layers share: the words, a vocabulary of hashes as a weight, and its look-up table."""

    reserved: int  # ids below this one mean something else than a vocabulary entry

    def __init__(self, *, vocabulary_size: int, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "trainable": False})
        self.vocabulary_size = vocabulary_size
        self.words = UnicodeWords(name="words")
        self._lookup: tf.lookup.StaticHashTable | None = None
        self._make_vocabulary()
        self.built = True

    def _make_vocabulary(self) -> None:
        self.vocabulary = self.add_weight(
            shape=(self.vocabulary_size,),
            dtype="int64",
            initializer="zeros",
            trainable=False,
            name="vocabulary",
        )

    @property
    def table(self) -> tf.lookup.StaticHashTable:
        """Hash to id; made once, outside of any graph."""
        if self._lookup is None:
            with tf.init_scope():
                self._lookup = self._make_table()
        return self._lookup

    def _make_table(self) -> tf.lookup.StaticHashTable:
        keys = tf.constant(self.vocabulary.numpy())
        ids = tf.range(self.reserved, self.reserved + self.vocabulary_size)
        return lookup_table(keys, ids)

    @property
    def largest_id(self) -> int:
        """The largest number that can come out."""
        return self.reserved + self.vocabulary_size - 1

    def describe(self) -> dict[str, Any]:
        """What a program in another language needs to make the same numbers; JSON-able."""
        return {
            "class": type(self).__name__,
            **{k: v for k, v in self.get_config().items() if k not in ("name", "dtype", "trainable")},
            "first_id": self.reserved,
            "hashing": describe_hashing(),
            "vocabulary": self.vocabulary.numpy().tolist(),
        }

    def load_own_variables(self, store: Any) -> None:
        super().load_own_variables(store)
        self._lookup = None

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        return keras.KerasTensor((inputs.shape[0], None), dtype="int32")

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, None]:
        return (input_shape[0], None)

    def call(self, texts: tf.Tensor) -> tf.Tensor:
        """(texts,) strings to (texts, longest) int32, padded with 0; at least one wide."""
        ids = self.ragged(texts)
        width = tf.maximum(1, tf.cast(ids.bounding_shape(axis=1), tf.int32))
        return ids.to_tensor(shape=tf.stack([-1, width]))

    def ragged(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """As `call`, without the padding."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "vocabulary_size": self.vocabulary_size}

    def _learn(self, hashes: Iterator[np.ndarray], *, size: int, min_count: int) -> None:
        learned = learn_vocabulary(hashes, size=size, min_count=min_count)
        self._untrack_variable(self.vocabulary)
        self.vocabulary_size = max(1, len(learned))
        self._make_vocabulary()
        self.vocabulary.assign(learned if len(learned) else np.zeros(1, np.int64))
        self._lookup = None


def word_spans(text: str, tokens: Tokens) -> list[tuple[int, int]]:
    """(start, end) of every word of one text, without the separators after it."""
    bounds = zip(tokens.starts.numpy(), tokens.ends.numpy(), strict=True)
    return [(int(start), int(start) + len(text[start:end].rstrip())) for start, end in bounds]


def hash_batches(function: Any, texts: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """`function` of every small batch of the texts, on all cores, in order."""
    traced = tf.function(function, input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    for many in texts:
        for result in mapped(many, traced, _BATCH):
            yield result.numpy()
