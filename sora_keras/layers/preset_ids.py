"""Texts as the numbers of a KerasHub tokenizer."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="sora_keras")
class PresetIds(keras.layers.Layer):
    """A KerasHub tokenizer, its start and end marks around each text, cut to `length`.

    The tokenizer's padding id must be 0, as it is for BERT and its kin, or is moved there: see `offset`.

    Input: (texts,) strings. Output: (texts, longest) int32; 0 pads.
    """

    def __init__(self, tokenizer: Any, *, length: int = 256, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "trainable": False})
        self.tokenizer = tokenizer
        self.length = length
        self.built = True

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        return keras.KerasTensor((inputs.shape[0], None), dtype="int32")

    def call(self, texts: tf.Tensor) -> tf.Tensor:
        return self.ragged(texts).to_tensor()

    def ragged(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """As `call`, without the padding."""
        ids = tf.cast(self.tokenizer(texts), tf.int32)[:, : self.length - 2]
        one = tf.ones_like(texts, tf.int32)[:, None]
        start = getattr(self.tokenizer, "start_token_id", self.tokenizer.cls_token_id)
        end = getattr(self.tokenizer, "end_token_id", self.tokenizer.sep_token_id)
        return tf.concat([start * one, ids, end * one], axis=1)

    def get_config(self) -> dict[str, Any]:
        tokenizer = keras.saving.serialize_keras_object(self.tokenizer)
        return {**super().get_config(), "tokenizer": tokenizer, "length": self.length}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> PresetIds:
        tokenizer = keras.saving.deserialize_keras_object(config.pop("tokenizer"))
        return cls(tokenizer, **config)
