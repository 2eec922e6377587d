"""A small Vision Transformer."""

from __future__ import annotations

from typing import Any

from sora_keras.encoders.pictures import PictureFacts
from sora_keras.encoders.registry import Encoder, TrainingDefaults, register_encoder

_PATCHES = 8  # about as many a side
_WIDTH, _HEADS, _DEPTH, _DROPOUT = 96, 4, 6, 0.1


def _vit(pixels: Any, facts: PictureFacts) -> Any:
    """Patches as words of a Transformer, normalised before each part (Dosovitskiy et al., 2021)."""
    import keras
    from keras import ops

    patch = max(1, min(facts.height, facts.width) // _PATCHES)
    hidden = keras.layers.Rescaling(1 / 127.5, offset=-1.0)(pixels)
    hidden = keras.layers.Conv2D(_WIDTH, patch, strides=patch, name="patches")(hidden)
    hidden = keras.layers.Reshape((-1, _WIDTH))(hidden)
    place = ops.cast(ops.cumsum(ops.ones_like(hidden[:, :, 0]), axis=1) - 1, "int32")
    places = keras.layers.Embedding(hidden.shape[1], _WIDTH, name="positions")(place)
    hidden = keras.layers.Add()([hidden, places])
    for _ in range(_DEPTH if hidden.shape[1] > 1 else 0):  # a patch alone has nothing to attend to
        hidden = _block(hidden)
    hidden = keras.layers.LayerNormalization(epsilon=1e-6)(hidden)
    return keras.layers.GlobalAveragePooling1D(name="encoder")(hidden)


def _block(hidden: Any) -> Any:
    import keras

    normal = keras.layers.LayerNormalization(epsilon=1e-6)(hidden)
    attention = keras.layers.MultiHeadAttention(_HEADS, _WIDTH // _HEADS, dropout=_DROPOUT)
    hidden = keras.layers.Add()([hidden, attention(normal, normal)])
    normal = keras.layers.LayerNormalization(epsilon=1e-6)(hidden)
    wide = keras.layers.Dense(2 * _WIDTH, activation="gelu")(normal)
    wide = keras.layers.Dense(_WIDTH)(keras.layers.Dropout(_DROPOUT)(wide))
    return keras.layers.Add()([hidden, wide])


register_encoder(
    Encoder("vit", "image", "pixels", _vit, TrainingDefaults(1e-3, 64, 60, 60, schedule="cosine", weight_decay=0.05))
)
