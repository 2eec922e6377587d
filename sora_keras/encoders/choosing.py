"""Which picture encoder is meant, and with which weights."""

from __future__ import annotations

from typing import Any

from sora_keras.encoders import efficientnet_lite
from sora_keras.encoders.applications import application_encoder, application_names
from sora_keras.encoders.registry import Encoder, list_encoders, resolve_encoder
from sora_keras.errors import ParameterError, nearest

LARGE = 96  # pixels a side from which what ImageNet taught is of use


def choose_picture_encoder(given: Any, weights: Any, side: int | None) -> tuple[Encoder, str]:
    """The encoder for what a user may pass, and what is to be said of it.

    Args:
        given: `"auto"`, a name, `"preset:…"`, a layer, a model or a callable.
        weights: `"auto"`, None, `"imagenet"` or a path; for the networks that are known with weights.
        side: the shorter side of the usual picture, in pixels; None where that is not known.

    Raises:
        ParameterError: there is no such encoder, or it has no weights to choose.
    """
    if isinstance(given, str) and given == "auto":
        if weights != "auto":
            raise ParameterError(f"weights={weights!r} needs an encoder by name, such as {efficientnet_lite.NAME!r}.")
        return _automatic(side)
    name = given.lower() if isinstance(given, str) else ""
    if name == efficientnet_lite.NAME:
        return efficientnet_lite.encoder(weights), ""
    if name in application_names():
        return application_encoder(name, weights)
    if weights != "auto":
        raise ParameterError(
            f"weights={weights!r} is for encoder={efficientnet_lite.NAME!r} and the networks of keras.applications. "
            f"Received: encoder={given!r}"
        )
    known = list_encoders("image")
    if name and name not in known and not name.startswith("preset:"):
        close = nearest(name, [*known, *application_names()])
        raise ParameterError(
            f"There is no encoder {given!r}.{close} Known: {', '.join(sorted(known))}, and every network of "
            "keras.applications by its name in lower case."
        )
    return resolve_encoder(given if not name or name.startswith("preset:") else name, "image"), ""


def _automatic(side: int | None) -> tuple[Encoder, str]:
    name = efficientnet_lite.NAME
    if side is None or side < LARGE:
        size = "of unknown size" if side is None else f"about {side} pixels wide, less than {LARGE}"
        return resolve_encoder("cnn", "image"), f"encoder='auto' picked 'cnn', from scratch: the pictures are {size}."
    if efficientnet_lite.weights_file() is None:
        why = f"no pretrained weights are on this machine; those of {name!r} come with sora-keras[imagenet-lite]"
        return resolve_encoder("cnn", "image"), f"encoder='auto' picked 'cnn', from scratch: {why}."
    why = f"its ImageNet weights are on this machine, and the pictures are about {side} pixels wide"
    return resolve_encoder(name, "image"), f"encoder='auto' picked {name!r}: {why}."
