"""The encoders of detectors: from pixels to maps at the strides of `sora_keras.layers.places`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sora_keras.encoders import efficientnet_lite
from sora_keras.encoders.custom import apply, fresh
from sora_keras.encoders.detecting import DetectorFacts, convolved
from sora_keras.encoders.pictures import PictureFacts
from sora_keras.encoders.registry import Encoder, TrainingDefaults, find_encoder, register_encoder
from sora_keras.errors import ArgumentTypeError, ParameterError
from sora_keras.layers.places import STRIDES

MODALITY = "detection"
WHOLE = "detector"  # what an encoder reads that builds a detector's whole core
_SCRATCH = TrainingDefaults(3e-3, 32, 60, 60, schedule="cosine", weight_decay=0.05)
_HUB = {
    "retinanet": replace(_SCRATCH, learning_rate=1e-3, batch_size=16),
    "dfine": replace(_SCRATCH, learning_rate=5e-4, batch_size=16, weight_decay=1e-4),
}


def choose_detection_encoder(given: Any, weights: Any) -> tuple[Encoder, str]:
    """The encoder for what a user may pass, and what is to be said of it.

    Args:
        given: `"auto"`, a name, a Keras model or a callable.
        weights: `"auto"`, None, or `"imagenet"`; of KerasHub's detectors a folder or the name of a preset.

    Raises:
        ParameterError: there is no such encoder, or it has no weights to choose.
    """
    name = given.lower() if isinstance(given, str) else ""
    if name == "auto" and weights == "auto":
        why = "in the same time it learned more from few pictures and from many than a larger network with weights"
        return find_encoder("compact", MODALITY), f"encoder='auto' picked 'compact', from scratch: {why}."
    if name == efficientnet_lite.NAME:
        return _of_pictures(efficientnet_lite.encoder(weights)), ""
    if name in _HUB:
        return _of_hub(name, None if weights == "auto" else weights), ""
    if weights != "auto":
        named = ", ".join(repr(one) for one in (efficientnet_lite.NAME, *_HUB))
        raise ParameterError(f"weights={weights!r} is for the encoders {named}. Received: encoder={given!r}")
    return (find_encoder(name, MODALITY) if name else _own(given)), ""


def _of_hub(name: str, weights: Any) -> Encoder:
    """A detector of KerasHub, whole."""

    def build(pixels: Any, facts: DetectorFacts) -> Any:
        from sora_keras.encoders import hub_detectors

        return getattr(hub_detectors, name)(facts, weights).core

    return Encoder(name, MODALITY, WHOLE, build, _HUB[name])


def _of_pictures(encoder: Encoder) -> Encoder:
    """A picture encoder whose maps within are read, all trained at once."""

    def build(pixels: Any, facts: DetectorFacts) -> list[Any]:
        whole = PictureFacts(facts.size, facts.size, facts.channels, facts.classes, 0)
        leaving = encoder.build(pixels, whole)
        if encoder.pretrained:
            _freeze_statistics(pixels, leaving)
        return _maps_within(pixels, leaving, facts.size, encoder.name)

    training = replace(_SCRATCH, learning_rate=1.5e-3) if encoder.pretrained else _SCRATCH
    return Encoder(encoder.name, MODALITY, "pixels", build, training)


def _freeze_statistics(entering: Any, leaving: Any) -> None:
    """Keep the statistics of what was trained on more: those of a few pictures a step differ (He et al., 2017)."""
    import keras

    for layer in keras.Model(entering, leaving).layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False


def _maps_within(entering: Any, leaving: Any, size: int, name: str) -> list[Any]:
    """The last map of each stride between two tensors of one graph."""
    import keras

    found: dict[int, Any] = {}
    for layer in keras.Model(entering, leaving).layers:
        shape: tuple[int | None, ...] = getattr(layer.output, "shape", ())
        if len(shape) == 4 and shape[1] is not None and shape[1] == shape[2]:
            found[shape[1]] = layer.output
    wanted = [-(-size // stride) for stride in STRIDES]
    if any(side not in found for side in wanted):
        raise ParameterError(
            f"encoder={name!r} has no maps of {', '.join(map(str, wanted))} pixels a side for pictures of {size}: a "
            f"detector needs those at the strides {', '.join(map(str, STRIDES))}."
        )
    return [found[side] for side in wanted]


def _own(given: Any) -> Encoder:
    """A Keras model, or a callable from pixels to three maps; every build makes a fresh copy.

    Raises:
        ArgumentTypeError: it is neither.
    """
    import keras

    if not callable(given) or isinstance(given, type):
        raise ArgumentTypeError(
            "encoder must be a name, a Keras model of pictures, or a callable from pixels to three maps. "
            f"Received: {given!r}"
        )
    name = str(getattr(given, "name", None) or getattr(given, "__name__", type(given).__name__))

    def build(pixels: Any, facts: DetectorFacts) -> list[Any]:
        own = fresh(given)
        if isinstance(own, keras.Model) and own.inputs and not isinstance(own.output, list | tuple):
            whole = keras.Model(own.input, _maps_within(own.input, own.output, facts.size, name))
            return list(apply(whole, pixels, "encoder"))
        maps = apply(own, pixels, "encoder")
        wanted = [-(-facts.size // stride) for stride in STRIDES]
        sides = [tuple(one.shape[1:3]) for one in maps] if isinstance(maps, list | tuple) else []
        if sides != [(side, side) for side in wanted]:
            raise ParameterError(
                f"The encoder must give three maps, {', '.join(map(str, wanted))} pixels a side for pictures of "
                f"{facts.size}. Received: {sides or getattr(maps, 'shape', maps)}"
            )
        return list(maps)

    return Encoder(name, MODALITY, "pixels", build, _SCRATCH)


def _compact(pixels: Any, facts: DetectorFacts) -> list[Any]:
    """An encoder for a CPU: what is large is seen by few, wide convolutions, since memory is what costs there.

    The first convolution brings pictures to a quarter; each map is halved by a convolution, then refined by residual
    blocks that are half as wide within (He et al., 2016).
    """
    import keras

    hidden = convolved(keras.layers.Rescaling(1 / 127.5, offset=-1.0)(pixels), 32, 6, 4)
    maps = []
    for filters, blocks in ((64, 2), (128, 2), (192, 1)):
        hidden = convolved(hidden, filters, 3, 2)
        for _ in range(blocks):
            inner = convolved(convolved(hidden, filters // 2, 1), filters, 3)
            hidden = keras.layers.Add()([hidden, inner])
        maps.append(hidden)
    return maps


register_encoder(
    Encoder("compact", MODALITY, "pixels", _compact, replace(_SCRATCH, learning_rate=3e-2, optimizer="muon"))
)
for _name in _HUB:
    register_encoder(_of_hub(_name, None))
