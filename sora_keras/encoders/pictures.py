"""The picture encoders: from pixels to one vector a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sora_keras.encoders.registry import Encoder, TrainingDefaults, register_encoder

FEATURE_MAP = "feature_map"
_SMALLEST_MAP = 6  # pixels a side below which a stage halves no more


@dataclass(frozen=True)
class PictureFacts:
    """What preprocessing learned that an encoder may use.

    height, width, channels: of the pixels; outputs: how many logits the head gives; rows: examples to train on.
    """

    height: int
    width: int
    channels: int
    outputs: int
    rows: int


def _cnn(pixels: Any, facts: PictureFacts) -> Any:
    """A compact residual network, normalised before each activation (He et al., 2016).

    It is right-sized: it halves the picture until a side is about six pixels, with twice the filters each time, and
    begins with more of them where there are more pictures to learn from.
    """
    import keras

    filters = 32 if facts.rows >= 5_000 else 16
    side = min(facts.height, facts.width)
    hidden = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(pixels)
    # Large pictures are first brought down by steps of four, which see edges well enough.
    while side > 96:
        hidden = keras.layers.Conv2D(filters, 5, strides=4, padding="same", use_bias=False)(hidden)
        side //= 4
    hidden = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False)(hidden)
    stage = 0
    while True:
        hidden = _block(hidden, filters * 2**stage, 1)
        if side // 2 < _SMALLEST_MAP or stage == 3:
            break
        side, stage = side // 2, stage + 1
        hidden = _block(hidden, filters * 2**stage, 2)
    hidden = keras.layers.BatchNormalization(momentum=0.9)(hidden)
    hidden = keras.layers.Activation("relu", name=FEATURE_MAP)(hidden)
    return keras.layers.GlobalAveragePooling2D(name="encoder")(hidden)


def _block(hidden: Any, filters: int, stride: int) -> Any:
    import keras

    def convolved(value: Any, stride: int) -> Any:
        value = keras.layers.BatchNormalization(momentum=0.9)(value)
        value = keras.layers.Activation("relu")(value)
        return keras.layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(value)

    short = hidden
    if stride > 1 or hidden.shape[-1] != filters:
        short = keras.layers.AveragePooling2D(stride, padding="same")(short) if stride > 1 else short
        short = keras.layers.Conv2D(filters, 1, use_bias=False)(short)
    return keras.layers.Add()([short, convolved(convolved(hidden, stride), 1)])


register_encoder(Encoder("cnn", "image", "pixels", _cnn, TrainingDefaults(2e-3, 64, 30, 8)))
