"""Picture backbones of KerasHub, by preset name or local folder."""

from __future__ import annotations

from typing import Any

from sora_keras.encoders.preset import load_preset
from sora_keras.encoders.registry import Encoder, TrainingDefaults
from sora_keras.errors import ParameterError

_TRAINING = TrainingDefaults(5e-5, 32, 10, 3, schedule="cosine", weight_decay=0.01)


def picture_preset(name: str) -> Encoder:
    """The encoder behind `"preset:NAME_OR_DIR"`, with its weights; sized as the preset's pictures are.

    Raises:
        NotFoundError, ParameterError: there is no such preset, or it is no picture encoder.
        MissingExtraError: KerasHub is not installed.
    """
    converter = load_preset(name, "ImageConverter")
    size = getattr(converter, "image_size", None)

    def build(pixels: Any, facts: Any) -> Any:
        return encode_picture(name, pixels, load_preset(name, "Backbone"), converter)

    return Encoder(name, "image", "pixels", build, _TRAINING, pretrained=True, size=size[0] if size else None)


def encode_picture(name: str, pixels: Any, backbone: Any, converter: Any) -> Any:
    """Run a KerasHub picture backbone as its converter prepares pictures, and average what it gives."""
    import keras

    hidden = keras.layers.Concatenate()([pixels] * 3) if pixels.shape[-1] == 1 else pixels
    if converter.scale is not None or converter.offset is not None:
        hidden = keras.layers.Rescaling(_plain(converter.scale, 1.0), offset=_plain(converter.offset, 0.0))(hidden)
    try:
        encoded = backbone(hidden)
    except (ValueError, TypeError) as error:
        raise ParameterError(
            f"encoder={name!r}: {type(backbone).__name__} does not take pictures of shape {tuple(hidden.shape[1:])}. "
            f"{' '.join(str(error).split())[:300]}"
        ) from error
    if isinstance(encoded, dict) or len(encoded.shape) not in (3, 4):
        raise ParameterError(
            f"encoder={name!r}: {type(backbone).__name__} is no picture encoder that can be used here."
        )
    pool = keras.layers.GlobalAveragePooling2D if len(encoded.shape) == 4 else keras.layers.GlobalAveragePooling1D
    return pool(name="encoder")(encoded)


def _plain(value: Any, otherwise: float) -> Any:
    if value is None:
        return otherwise
    return [float(one) for one in value] if hasattr(value, "__len__") else float(value)
