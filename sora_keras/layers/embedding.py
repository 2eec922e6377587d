"""An embedding that reads, in training too, only the rows it looks up."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="sora_keras")
class Embedding(keras.layers.Embedding):
    """`keras.layers.Embedding` without a copy of the table in each training step on TensorFlow.

    Keras looks rows up in a tensor that it reads from the whole variable; an optimizer that then writes to some
    rows makes TensorFlow copy the table first, since that tensor is still in use. Here the rows are gathered from
    the variable itself. Weights, mask and configuration are those of `keras.layers.Embedding`.
    """

    def call(self, inputs: Any) -> Any:
        if keras.config.backend() != "tensorflow" or self.lora_enabled or self.quantization_mode:
            return super().call(inputs)
        import tensorflow as tf

        if isinstance(inputs, tf.SparseTensor):
            return super().call(inputs)
        rows = tf.gather(self._embeddings.value, tf.cast(inputs, "int32"))
        return tf.cast(rows, self.compute_dtype)
