"""From logits to answers, inside the graph."""

from __future__ import annotations

from typing import Any, Literal

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="sora_keras")
class ClassDecision(keras.layers.Layer):
    """Names the class and gives its probability.

    Args:
        classes: the names, in the order of the probabilities.
        kind: `"binary"` reads one logit, `"multiclass"` one a class of which one is right, `"multilabel"` one
            a class of which any number are right.

    Input: logits (batch, 1 or classes). Output: a dictionary of `label` (batch,) strings (for several
    labels those of 0.5 or more, with ", " between them), `score` (batch,) the highest probability, and
    `probabilities` (batch, classes), float32.
    """

    def __init__(
        self,
        classes: list[str],
        kind: Literal["binary", "multiclass", "multilabel"],
        **kwargs: Any,
    ) -> None:
        super().__init__(**{**kwargs, "dtype": "float32", "trainable": False})
        self.classes = list(classes)
        self.kind = kind

    def call(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        logits = tf.cast(logits, tf.float32)
        probabilities = self._probabilities(logits)
        return {
            "label": self._labels(probabilities),
            "score": tf.reduce_max(probabilities, axis=-1),
            "probabilities": probabilities,
        }

    def _probabilities(self, logits: tf.Tensor) -> tf.Tensor:
        if self.kind == "multiclass":
            return tf.nn.softmax(logits)
        if self.kind == "multilabel":
            return tf.sigmoid(logits)
        return tf.concat([tf.sigmoid(-logits), tf.sigmoid(logits)], axis=-1)

    def _labels(self, probabilities: tf.Tensor) -> tf.Tensor:
        names = tf.constant(self.classes)
        if self.kind != "multilabel":
            return tf.gather(names, tf.argmax(probabilities, axis=-1))
        chosen = tf.where(probabilities >= 0.5)
        rows = tf.RaggedTensor.from_value_rowids(
            tf.gather(names, chosen[:, 1]), chosen[:, 0], nrows=tf.shape(probabilities, tf.int64)[0]
        )
        return tf.strings.reduce_join(rows, axis=-1, separator=", ")

    def compute_output_spec(self, logits: Any) -> dict[str, keras.KerasTensor]:
        rows = logits.shape[0]
        return {
            "label": keras.KerasTensor((rows,), dtype="string"),
            "score": keras.KerasTensor((rows,), dtype="float32"),
            "probabilities": keras.KerasTensor((rows, len(self.classes)), dtype="float32"),
        }

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "classes": self.classes, "kind": self.kind}
