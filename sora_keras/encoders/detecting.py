"""A detector's graph: an encoder, a pyramid of its maps, and heads.

The heads say at each place what stands there and how far its sides are. No anchors: every place of every map answers
once (FCOS, Tian et al., 2019).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sora_keras.layers.places import BINS, STRIDES

PYRAMID = "pyramid"  # and its stride: the name of the layer that gives a map of it
_PYRAMID = 64  # filters of each of its maps
_RARE = 0.01  # the probability of each class at each place before training (Lin et al., 2017)


@dataclass(frozen=True)
class DetectorFacts:
    """What a detector's graph depends on: pixels a side, a multiple of 32; channels; and how many classes there are."""

    size: int
    channels: int
    classes: int


def detector_core(
    maps_of: Callable[[Any], list[Any]],
    facts: DetectorFacts,
    extend: Callable[[Any, int], Any] = lambda one, stride: one,
) -> Any:
    """The core of a detector.

    Args:
        maps_of: the encoder: from pixels (batch, size, size, channels), 0 to 255, to its maps at `STRIDES`.
        extend: what is done to each map of the pyramid, given with its stride, before the heads read it.

    Returns:
        A Keras model from pixels to (batch, places, 4 × BINS + classes) float32: for each place of `places_of` the
        logits of how far left, top, right and bottom are, and those of the classes.
    """
    import keras

    pixels = keras.Input((facts.size, facts.size, facts.channels), name="pixels")
    answers = []
    for stride, one in zip(STRIDES, _pyramid(maps_of(pixels))):
        known = keras.layers.Activation("linear", name=f"{PYRAMID}{stride}")(one)
        answers.append(_head(extend(known, stride), facts.classes, f"head{stride}"))
    return keras.Model(pixels, keras.layers.Concatenate(axis=1, name="places", dtype="float32")(answers), name="core")


def _pyramid(maps: list[Any]) -> list[Any]:
    """What the coarse maps know is added to the fine ones, and then back (Lin et al., 2017; Liu et al., 2018)."""
    import keras

    maps = [convolved(one, _PYRAMID, 1) for one in maps]
    for fine in range(len(maps) - 2, -1, -1):
        height, width = maps[fine].shape[1:3]
        larger = keras.layers.UpSampling2D(2)(maps[fine + 1])
        larger = keras.layers.Cropping2D(((0, larger.shape[1] - height), (0, larger.shape[2] - width)))(larger)
        maps[fine] = convolved(keras.layers.Add()([maps[fine], larger]), _PYRAMID, 3)
    for coarse in range(1, len(maps)):
        smaller = convolved(maps[coarse - 1], _PYRAMID, 3, 2)
        maps[coarse] = convolved(keras.layers.Add()([maps[coarse], smaller]), _PYRAMID, 3)
    return maps


def _head(hidden: Any, classes: int, name: str) -> Any:
    """Two branches, one for the sides and one for the classes (YOLOX, Ge et al., 2021)."""
    import keras

    sides = keras.layers.Conv2D(4 * BINS, 1, dtype="float32", name=f"{name}_sides")(convolved(hidden, _PYRAMID, 3))
    rare = keras.initializers.Constant(-math.log((1 - _RARE) / _RARE))
    kinds = keras.layers.Conv2D(classes, 1, bias_initializer=rare, dtype="float32", name=f"{name}_classes")(
        convolved(hidden, _PYRAMID, 3)
    )
    both = keras.layers.Concatenate(dtype="float32")([sides, kinds])
    return keras.layers.Reshape((-1, 4 * BINS + classes), dtype="float32", name=name)(both)


def convolved(hidden: Any, filters: int, kernel: int, stride: int = 1) -> Any:
    """A convolution, normalised."""
    import keras

    hidden = keras.layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False)(hidden)
    return keras.layers.Activation("relu")(keras.layers.BatchNormalization(momentum=0.9)(hidden))
