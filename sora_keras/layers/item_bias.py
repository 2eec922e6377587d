"""A score of every item that is the same for everybody."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="sora_keras")
class ItemBias(keras.layers.Layer):
    """One number an item, whatever the history: popularity.

    Args:
        items: how many there are.

    Input: item numbers (batch, steps). Output: (batch, items).
    """

    def __init__(self, items: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.items = items

    def build(self, input_shape: Any = None) -> None:
        self.bias = self.add_weight(shape=(self.items,), initializer="zeros", name="bias", trainable=False)

    def call(self, inputs: Any) -> Any:
        return ops.broadcast_to(ops.convert_to_tensor(self.bias), (ops.shape(inputs)[0], self.items))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return (input_shape[0], self.items)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "items": self.items}
