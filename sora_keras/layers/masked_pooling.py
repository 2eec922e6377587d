"""From a vector a word to one vector a text, padding left out."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="sora_keras")
class MaskedPooling(keras.layers.Layer):
    """Sum, mean or maximum over the steps that the mask keeps.

    Args:
        mode: `"mean"`, `"max"`, or `"root"`: the sum over the square root of the number of steps, so that
            long texts count for more than short ones, but not in proportion.

    Input: (batch, steps, features) with a mask (batch, steps), or none, which keeps every step.
    Output: (batch, features); zeros where no step is kept.
    """

    def __init__(self, mode: Literal["mean", "max", "root"] = "mean", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if mode not in ("mean", "max", "root"):
            raise ValueError(f"`mode` must be 'mean', 'max' or 'root'. Received: mode={mode!r}")
        self.mode = mode
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        kept = ops.ones_like(inputs[..., :1]) if mask is None else ops.expand_dims(mask, -1)
        # Half precision cannot count past 2,048 (bfloat16: 256), and texts are longer.
        kept = ops.cast(kept, "float32")
        count = ops.sum(kept, axis=1)
        if self.mode == "max":
            lowest = ops.cast(-1e4, inputs.dtype)
            highest = ops.max(ops.where(kept > 0, inputs, lowest), axis=1)
            return ops.where(count > 0, highest, ops.zeros_like(highest))
        count = ops.maximum(count, 1)
        total = ops.sum(ops.cast(inputs, "float32") * kept, axis=1)
        return ops.cast(total / (ops.sqrt(count) if self.mode == "root" else count), inputs.dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        return None

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mode": self.mode}
