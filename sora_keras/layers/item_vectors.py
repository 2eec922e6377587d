"""A vector for every item of a catalogue: looked up for what somebody had, and scored for what comes next."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="sora_keras")
class ItemVectors(keras.layers.Layer):
    """One table of item vectors, read both ways; tied, as in SASRec (Kang and McAuley, 2018).

    Items are numbered from 1; 0 pads, and has a vector of zeros. In training on TensorFlow only the rows that a batch
    looks up are read and get gradients, so that a step does not grow with the catalogue.

    Args:
        items: how many there are.
        width: numbers a vector.
        features: how many features describe an item, 0 for none. The vector is then that of the item's own plus a
            linear map of its features, which `set_features` gives, and which new items have as well.
        forget: the share of the look-ups in training that leave out the item's own vector, so that the map of the
            features learns to stand alone; used where there are features.

    Input: item numbers (batch, …) to vectors (batch, …, width), masked where 0; with `reverse=True` vectors
        (batch, …, width) to a score of every item (batch, …, items).
    """

    def __init__(self, items: int, width: int, features: int = 0, forget: float = 0.2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.items, self.width, self.features, self.forget = items, width, features, forget
        self.random = keras.random.SeedGenerator()

    def build(self, input_shape: Any = None) -> None:
        small = keras.initializers.RandomNormal(stddev=0.02)
        self.table = self._weight("table", (self.items, self.width), small)
        self.bias = self._weight("bias", (self.items,), "zeros")
        if self.features:
            self.described = self._weight("described", (self.items, self.features), "zeros", trainable=False)
            self.map = self._weight("map", (self.features, self.width), small)
        self.built = True

    def _weight(self, name: str, shape: tuple[int, ...], initializer: Any, trainable: bool = True) -> Any:
        # Keras would cast the whole of it in each step of half precision; what is looked up is cast after.
        return self.add_weight(shape, initializer, trainable=trainable, autocast=False, name=name)

    def call(self, inputs: Any, reverse: bool = False, training: bool = False) -> Any:
        if reverse:
            table = ops.cast(self.vectors(), inputs.dtype)
            return ops.matmul(inputs, ops.transpose(table)) + ops.cast(self.bias.value, inputs.dtype)
        known = ops.cast(ops.expand_dims(ops.not_equal(inputs, 0), -1), self.compute_dtype)
        return self.look_up(ops.maximum(inputs - 1, 0), training=training) * known

    def vectors(self) -> Any:
        """Every item's vector, (items, width)."""
        table = ops.convert_to_tensor(self.table)
        return table + ops.matmul(self.described, self.map) if self.features else table

    def look_up(self, rows: Any, training: bool = False) -> Any:
        """Vectors of items numbered from 0, (…,) to (…, width)."""
        own = _rows(self.table, rows, training)
        if self.features:
            if training:
                shape = (*ops.shape(own)[:-1], 1)
                own = own * ops.cast(keras.random.uniform(shape, seed=self.random) >= self.forget, own.dtype)
            own = own + ops.matmul(_rows(self.described, rows, training), self.map)
        return ops.cast(own, self.compute_dtype)

    def look_up_bias(self, rows: Any, training: bool = False) -> Any:
        """Biases of items numbered from 0, in the shape of `rows`."""
        return ops.cast(_rows(self.bias, rows, training), self.compute_dtype)

    def set_features(self, described: Any) -> None:
        """Give each item its features, (items, features)."""
        self.described.assign(described)

    def compute_mask(self, inputs: Any, previous: Any = None) -> Any:
        return ops.not_equal(inputs, 0) if len(inputs.shape) == 2 and "int" in str(inputs.dtype) else None

    def compute_output_spec(self, inputs: Any, reverse: bool = False, training: bool = False) -> Any:
        last = self.items if reverse else self.width
        shape = (*inputs.shape[:-1], last) if reverse else (*inputs.shape, last)
        return keras.KerasTensor(shape, dtype=inputs.dtype if reverse else self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        own = {"items": self.items, "width": self.width, "features": self.features, "forget": self.forget}
        return {**super().get_config(), **own}


def _rows(variable: Any, rows: Any, training: bool) -> Any:
    """Rows of a variable.

    In training on TensorFlow they are gathered from the variable itself, so that no step copies the whole; a variable
    that was once read so is copied whenever the whole is read, so that answers are left to another way.
    """
    if not training or keras.config.backend() != "tensorflow":
        return ops.take(ops.convert_to_tensor(variable), rows, axis=0)
    import tensorflow as tf

    return tf.gather(variable.value, rows)
