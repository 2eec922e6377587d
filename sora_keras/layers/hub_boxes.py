"""What the detectors of KerasHub say of boxes, as corners in pixels."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from keras.utils import bounding_boxes

_WIDEST = 8.0  # logarithm of how much larger than its anchor a box may be told to be: beyond it corners overflow


@keras.saving.register_keras_serializable(package="sora_keras")
class AnchoredBoxes(keras.layers.Layer):
    """Corners, of distances from anchors.

    Args:
        generator: KerasHub's `AnchorGenerator`, as Keras serialises it. size: pixels a side of the square.

    Input: (batch, anchors, 4) how far the middle is, in sides of the anchor, and the logarithm of how much larger the
        box is. Output: (batch, anchors, 4) float32: left, top, right and bottom in pixels.
    """

    def __init__(self, generator: dict[str, Any], size: int, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "trainable": False, "dtype": "float32"})
        self.generator, self.size = generator, size
        self.anchors = anchors_of(keras.saving.deserialize_keras_object(generator), size)
        self.built = True

    def call(self, inputs: Any) -> Any:
        middle, extent = np.split(self.anchors, 2, axis=1)
        middle = inputs[..., :2] * extent + middle
        half = ops.exp(ops.minimum(inputs[..., 2:], _WIDEST)) * extent / 2
        return ops.concatenate([middle - half, middle + half], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "generator": dict(self.generator), "size": self.size}


@keras.saving.register_keras_serializable(package="sora_keras")
class StagedBoxes(keras.layers.Layer):
    """Boxes and logits of the last stage of a D-FINE; in training those of every stage, one behind another.

    Args:
        size: pixels a side of the square.

    Input: the boxes that the encoder proposes (batch, queries, 4): middle, width and height as shares of the square,
        and their logits (batch, queries, classes); those of the later stages, (batch, stages, queries, 4 or classes).
    Output: (batch, queries, 4 + classes) float32: left, top, right and bottom in pixels, and logits; in training
        (batch, (1 + stages) × queries, 4 + classes).
    """

    def __init__(self, size: int, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "trainable": False, "dtype": "float32"})
        self.size = size
        self.built = True

    def call(self, inputs: list[Any], training: bool | None = None) -> Any:
        first, first_logits, boxes, logits = inputs
        if training:
            boxes = ops.concatenate([first[:, None], boxes], axis=1)
            logits = ops.concatenate([first_logits[:, None], logits], axis=1)
        else:
            boxes, logits = boxes[:, -1:], logits[:, -1:]
        answer = ops.concatenate([cornered(boxes) * self.size, logits], axis=-1)
        return ops.reshape(answer, (-1, answer.shape[1] * answer.shape[2], answer.shape[3]))

    def compute_output_shape(self, input_shape: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        batch, queries, classes = input_shape[1]
        return (batch, queries, 4 + classes)  # type: ignore[operator]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size}


def anchors_of(generator: Any, size: int) -> np.ndarray:
    """The middles and extents of all anchors, (anchors, 4) float32 in pixels."""
    levels = generator(np.zeros((1, size, size, 0), np.float32)).values()
    together = np.concatenate([np.asarray(one) for one in levels])
    return np.asarray(bounding_boxes.convert_format(together, generator.bounding_box_format, "center_xywh"))


def cornered(boxes: Any) -> Any:
    """Left, top, right and bottom, of middle and extent."""
    middle, half = boxes[..., :2], boxes[..., 2:] / 2
    return ops.concatenate([middle - half, middle + half], axis=-1)
