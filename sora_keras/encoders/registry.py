"""Encoders by name."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sora_keras.errors import ParameterError, nearest
from sora_keras.registry import Registry

_STEPS = 64


@dataclass(frozen=True)
class TrainingDefaults:
    """What `"auto"` stands for in training with one encoder.

    learning_rate: of the optimizer; batch_size: examples a step; epochs: the most passes over the data;
    patience: passes without a better validation loss before training stops; quick: whether training is so
    quick that it is repeated on all examples, those for validation too, once they have said how long;
    schedule: of the rate, `"constant"` or `"cosine"`; average: how slowly the moving average of the weights that
    is kept moves, 0 for none; weight_decay: of the optimizer; optimizer: `"adamw"`, or
    `"muon"` for networks of convolutions that begin at random.
    """

    learning_rate: float
    batch_size: int
    epochs: int
    patience: int
    quick: bool = False
    schedule: str = "constant"
    average: float = 0.0
    weight_decay: float = 0.004
    optimizer: str = "adamw"

    def suited_to(self, rows: int, *, least: int = 16) -> TrainingDefaults:
        """For little data smaller batches, so that an epoch has 64 steps, at a rate in proportion to the root.

        A batch has at least so many examples. Where that leaves an epoch fewer steps, training waits for as many steps
        before it stops.
        """
        batch_size = min(self.batch_size, max(least, rows // _STEPS))
        rate = self.learning_rate * math.sqrt(batch_size / self.batch_size)
        passes = self.patience * math.ceil(_STEPS * batch_size / max(rows, batch_size))
        patience = min(max(self.patience, passes), self.epochs)
        return replace(self, batch_size=batch_size, learning_rate=rate, patience=patience)


@dataclass(frozen=True)
class Encoder:
    """A named way from numbers to a vector for each example.

    Args:
        name: as a user writes it.
        modality: the kind of data it reads, such as `"text"`.
        reads: which preprocessing feeds it; for text `"ngrams"` or `"words"`.
        build: from the core's symbolic input and the facts learned about the data (for text
            `sora_keras.encoders.text.TextFacts`) to the encoded tensor (batch, features).
        training: the defaults for training with it.
        begin: sets weights of the built core that should not begin at random; is given the core, the
            training examples' numbers and their targets.
        pretrained: whether its weights were trained elsewhere, so that the head is trained first.
        size: pixels a side that it was made for, or None where any will do.
    """

    name: str
    modality: str
    reads: str
    build: Callable[[Any, Any], Any]
    training: TrainingDefaults
    begin: Callable[[Any, Any, Any], None] | None = None
    pretrained: bool = False
    size: int | None = None


_REGISTRY: Registry[Encoder] = Registry("encoder", "sora_keras.encoders")


def register_encoder(encoder: Encoder) -> Encoder:
    """Make an encoder known by its name; one that is taken among its modality's raises `ParameterError`."""
    return _REGISTRY.add(f"{encoder.modality}/{encoder.name}", encoder)


def list_encoders(modality: str | None = None) -> dict[str, Encoder]:
    """The encoders of one modality by name, or all, each as in `"text/cnn"`."""
    import sora_keras.encoders.detection_encoders
    import sora_keras.encoders.efficientnet_lite
    import sora_keras.encoders.pictures
    import sora_keras.encoders.recommending
    import sora_keras.encoders.text
    import sora_keras.encoders.vit  # noqa: F401  (ours register as a user's own do)

    known = _REGISTRY.all()
    return known if modality is None else {e.name: e for e in known.values() if e.modality == modality}


def find_encoder(name: str, modality: str) -> Encoder:
    """The encoder of that name; an unknown one raises `ParameterError` with the nearest."""
    known = list_encoders(modality)
    if name not in known:
        raise ParameterError(f"There is no encoder {name!r}.{nearest(name, known)} Known: {', '.join(sorted(known))}.")
    return known[name]


def resolve_encoder(given: Any, modality: str) -> Encoder:
    """The encoder for what a user may pass: a name, `"preset:…"`, a layer, a model or a callable."""
    from sora_keras.encoders.custom import custom_encoder
    from sora_keras.encoders.picture_presets import picture_preset
    from sora_keras.encoders.preset import PREFIX, preset_encoder

    if isinstance(given, Encoder):
        return given
    if not isinstance(given, str):
        return custom_encoder(given, modality)
    if given.startswith(PREFIX):
        return picture_preset(given) if modality == "image" else preset_encoder(given)
    return find_encoder(given, modality)
