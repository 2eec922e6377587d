"""Texts as the numbers of a KerasHub tokenizer."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from sora_keras.layers.word_pieces import WordPieces, word_pieces_of


@keras.saving.register_keras_serializable(package="sora_keras")
class PresetIds(keras.layers.Layer):
    """A KerasHub tokenizer, its start and end marks around each text, cut to `length`.

    WordPiece runs on core TensorFlow ops, so that it can be exported; other tokenizers run KerasHub's own ops.

    Input: (texts,) strings. Output: (texts, longest) int32, the tokenizer's numbers plus one; 0 pads, whatever
    the tokenizer pads with.
    """

    def __init__(self, tokenizer: Any, *, length: int = 256, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "trainable": False})
        self.tokenizer = tokenizer
        self.length = length
        self._pieces: WordPieces | None = None
        self.built = True

    @property
    def table(self) -> Any:
        """The look-up table to save with a graph that calls this; None where the tokenizer holds its own."""
        return self._pieces.table if self._pieces else None

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        return keras.KerasTensor((inputs.shape[0], None), dtype="int32")

    def call(self, texts: tf.Tensor) -> tf.Tensor:
        return self.ragged(texts).to_tensor()

    def ragged(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """As `call`, without the padding."""
        ids = self._tokenize(texts)[:, : self.length - 2]
        one = tf.ones_like(texts, tf.int32)[:, None]
        start, end = _mark(self.tokenizer, "start", "cls"), _mark(self.tokenizer, "end", "sep")
        return tf.concat([start * one, ids, end * one], axis=1) + 1

    def _tokenize(self, texts: tf.Tensor) -> tf.RaggedTensor:
        # A saved tokenizer gets its vocabulary after it is made, so not before the first call.
        self._pieces = self._pieces or word_pieces_of(self.tokenizer)
        if self._pieces:
            return self._pieces.ragged(texts)
        ids = self.tokenizer(texts)
        if not isinstance(ids, tf.RaggedTensor):  # KerasHub makes texts of one length a plain tensor
            ids = tf.RaggedTensor.from_tensor(ids)
        return tf.cast(ids, tf.int32)

    def describe(self) -> dict[str, Any]:
        """What a program in another language needs to make the same numbers; JSON-able."""
        return {
            "class": type(self).__name__,
            "tokenizer": type(self.tokenizer).__name__,
            "length": self.length,
            "start": _mark(self.tokenizer, "start", "cls"),
            "end": _mark(self.tokenizer, "end", "sep"),
            "added_to_each_number": 1,
            "vocabulary": list(self.tokenizer.get_vocabulary()),
        }

    def get_config(self) -> dict[str, Any]:
        tokenizer = keras.saving.serialize_keras_object(self.tokenizer)
        return {**super().get_config(), "tokenizer": tokenizer, "length": self.length}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> PresetIds:
        tokenizer = keras.saving.deserialize_keras_object(config.pop("tokenizer"))
        return cls(tokenizer, **config)


def _mark(tokenizer: Any, *names: str) -> int:
    """The number of a mark, which KerasHub's tokenizers call one way or the other."""
    found = (getattr(tokenizer, f"{name}_token_id", None) for name in names)
    return next(number for number in found if number is not None)
