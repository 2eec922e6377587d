"""Which parts of a picture drove one detection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.encoders.detecting import PYRAMID
from sora_keras.errors import ParameterError, nearest
from sora_keras.explanation.pictures import PictureExplanation, integrated
from sora_keras.layers.places import STRIDES

if TYPE_CHECKING:
    import keras

_METHODS = ("auto", "odam", "integrated_gradients")


def explain_box(
    pixels: np.ndarray, *, core: keras.Model, place: int, kind: int, label: str, classes: int, method: str = "auto"
) -> PictureExplanation:  # fmt: skip
    """Explain the score of one box.

    Args:
        pixels: (size, size, channels) uint8, as the core sees the picture. core: from pixels to (batch, places, sides
            and `classes` logits). place, kind, label: which of its places, and which class.
        method: `"odam"`, gradient times activation at each place of the maps of the pyramid (Zhao and Chan, 2023,
            "ODAM: Gradient-based instance-specific visual explanations for object detection");
            `"integrated_gradients"`; or `"auto"`: the first, or the second where the core has no such maps.

    Raises:
        ParameterError: an unknown method, or `"odam"` of a core without such maps.
    """
    if method not in _METHODS:
        raise ParameterError(
            f"method must be one of {', '.join(_METHODS)}.{nearest(method, _METHODS)} Received: {method!r}"
        )
    names = [f"{PYRAMID}{stride}" for stride in STRIDES]
    there = {layer.name for layer in core.layers}
    maps = [core.get_layer(name).output for name in names if name in there]
    if method == "odam" and not maps:
        raise ParameterError("ODAM needs the maps of a pyramid, and this core has none. Use 'integrated_gradients'.")

    def value(output: Any) -> Any:
        return output[:, place, kind - classes]

    if maps and method != "integrated_gradients":
        method, found = "odam", _odam(core, maps, pixels, value)
    else:
        method, found = "integrated_gradients", integrated(core, pixels, value)
    scores, output, baseline = found
    return PictureExplanation(pixels, label, scores, output, baseline, method)


def _odam(core: keras.Model, maps: list[Any], pixels: np.ndarray, value: Any) -> tuple[np.ndarray, float, float]:
    import keras
    import tensorflow as tf

    whole = keras.Model(core.input, [*maps, core.output])
    batch = tf.cast(pixels, tf.float32)[None]
    with tf.GradientTape() as tape:
        *features, output = whole(batch, training=False)
        explained = value(output)[0]
    heat = np.zeros(pixels.shape[:2], np.float32)
    for one, gradient in zip(features, tape.gradient(explained, features), strict=True):
        if gradient is not None:
            spoken = tf.nn.relu(tf.reduce_sum(one * gradient, axis=-1, keepdims=True))
            heat += tf.image.resize(spoken, pixels.shape[:2])[0, ..., 0].numpy()
    black = value(core(tf.zeros_like(batch), training=False))[0]
    return heat / (heat.max() or 1.0), float(explained), float(black)
