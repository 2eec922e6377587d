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
        temperature: logits are divided by it first.
        positive, threshold: of two classes, the index of the one that is answered from that probability up; without a
            threshold the likeliest class is.
        abstain_below: the highest probability below which no label is given; None for always.

    Input: logits (batch, 1 or classes). Output: a dictionary of `label` (batch,) strings (for several
    labels those of 0.5 or more, with ", " between them), `score` (batch,) the label's probability (for several labels
    the highest), and `probabilities` (batch, classes), float32; with `abstain_below` also `abstained` (batch,) bool,
    where the label is "".
    """

    def __init__(
        self,
        classes: list[str],
        kind: Literal["binary", "multiclass", "multilabel"],
        *,
        temperature: float = 1.0,
        positive: int = 1,
        threshold: float | None = None,
        abstain_below: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{**kwargs, "dtype": "float32", "trainable": False})
        self.classes = list(classes)
        self.kind = kind
        self.temperature, self.positive, self.threshold = temperature, positive, threshold
        self.abstain_below = abstain_below

    def call(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        probabilities = self._probabilities(tf.cast(logits, tf.float32) / self.temperature)
        highest = tf.reduce_max(probabilities, axis=-1)
        if self.kind == "multilabel":
            return {"label": self._several(probabilities), "score": highest, "probabilities": probabilities}
        chosen = self._chosen(probabilities)
        label = tf.gather(tf.constant(self.classes), chosen)
        score = highest if self.threshold is None else tf.gather(probabilities, chosen, batch_dims=1)
        answers = {"label": label, "score": score, "probabilities": probabilities}
        if self.abstain_below is None:
            return answers
        abstained = highest < self.abstain_below
        return {**answers, "label": tf.where(abstained, "", label), "abstained": abstained}

    def _chosen(self, probabilities: tf.Tensor) -> tf.Tensor:
        """The index of the class that is answered (batch,)."""
        if self.threshold is None:
            return tf.argmax(probabilities, axis=-1)
        return tf.where(probabilities[:, self.positive] >= self.threshold, self.positive, 1 - self.positive)

    def _probabilities(self, logits: tf.Tensor) -> tf.Tensor:
        if self.kind == "multiclass":
            return tf.nn.softmax(logits)
        if self.kind == "multilabel":
            return tf.sigmoid(logits)
        return tf.concat([tf.sigmoid(-logits), tf.sigmoid(logits)], axis=-1)

    def _several(self, probabilities: tf.Tensor) -> tf.Tensor:
        names = tf.constant(self.classes)
        chosen = tf.where(probabilities >= 0.5)
        rows = tf.RaggedTensor.from_value_rowids(
            tf.gather(names, chosen[:, 1]), chosen[:, 0], nrows=tf.shape(probabilities, tf.int64)[0]
        )
        return tf.strings.reduce_join(rows, axis=-1, separator=", ")

    def compute_output_spec(self, logits: Any) -> dict[str, keras.KerasTensor]:
        rows = logits.shape[0]
        spec = {
            "label": keras.KerasTensor((rows,), dtype="string"),
            "score": keras.KerasTensor((rows,), dtype="float32"),
            "probabilities": keras.KerasTensor((rows, len(self.classes)), dtype="float32"),
        }
        if self.abstain_below is not None and self.kind != "multilabel":
            spec["abstained"] = keras.KerasTensor((rows,), dtype="bool")
        return spec

    def get_config(self) -> dict[str, Any]:
        own = ("classes", "kind", "temperature", "positive", "threshold", "abstain_below")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
