"""Presets of KerasHub, by name or local folder, and its text backbones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sora_keras.encoders.registry import Encoder, TrainingDefaults
from sora_keras.errors import NotFoundError, ParameterError, require

PREFIX = "preset:"


def preset_place(name: str) -> str:
    """The folder, or the name to download, behind `"preset:NAME_OR_DIR"`; a local folder comes first.

    Raises:
        NotFoundError: it looks like a path, and there is no such folder.
    """
    place = name.removeprefix(PREFIX)
    folder = Path(place).expanduser()
    if place and folder.is_dir():
        return str(folder)
    if not place or place.startswith((".", "~", "/")) or "\\" in place:
        raise NotFoundError(f"encoder={name!r}: there is no preset folder {place!r}.")
    return place


def load_tokenizer(name: str) -> Any:
    """The preset's tokenizer."""
    return load_preset(name, "Tokenizer")


def preset_encoder(name: str) -> Encoder:
    """The encoder behind `"preset:NAME_OR_DIR"`, with its weights."""

    def build(ids: Any, facts: Any) -> Any:
        return encode_with_backbone(ids, load_preset(name, "Backbone"))

    training = TrainingDefaults(learning_rate=5e-5, batch_size=16, epochs=3, patience=1)
    return Encoder(name, "text", name, build, training)


def encode_with_backbone(ids: Any, backbone: Any) -> Any:
    """Run a KerasHub text backbone and average its words: ids (batch, words), 0 pads, others one too high."""
    from keras import ops

    from sora_keras.layers.masked_pooling import MaskedPooling

    names = backbone.input if isinstance(backbone.input, dict) else {}
    kept = ops.not_equal(ids, 0)
    made = {
        "token_ids": ops.maximum(ids - 1, 0),
        "padding_mask": ops.cast(kept, "int32"),
        "segment_ids": ops.zeros_like(ids),
    }
    unknown = [one for one in names if one not in made]
    if unknown or not names:
        raise ParameterError(
            f"{type(backbone).__name__} is no text encoder that can be used here: it wants {sorted(names)}."
        )
    encoded = _words_alone(backbone)({one: made[one] for one in names})
    return MaskedPooling("mean", name="encoder")(encoded, mask=kept)


def _words_alone(backbone: Any) -> Any:
    """The backbone without what does not lead to a vector a word, such as BERT's pooler: nothing would train it."""
    import keras

    if not isinstance(backbone.output, dict):
        return backbone
    return keras.Model(backbone.input, backbone.output["sequence_output"], name=backbone.name)


def load_preset(name: str, kind: str) -> Any:
    """A part of a preset: its `"Backbone"`, `"Tokenizer"` or `"ImageConverter"`.

    Raises:
        NotFoundError: there is no such folder. ParameterError: the preset has no such part.
        MissingExtraError: KerasHub is not installed.
    """
    hub = require("keras_hub", "hub")
    place = preset_place(name)
    try:
        return getattr(hub.layers if kind == "ImageConverter" else hub.models, kind).from_preset(place)
    except (ValueError, OSError, KeyError) as error:
        raise ParameterError(
            f"encoder={name!r}: the preset cannot be loaded. {str(error).strip().splitlines()[0]}"
        ) from error
