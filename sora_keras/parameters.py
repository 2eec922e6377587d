"""The parameters of a recipe, as scikit-learn wants them, as checks and as JSON."""

from __future__ import annotations

import dataclasses
import os
from numbers import Integral, Real
from typing import Any

from sora_keras.errors import ArgumentTypeError, ParameterError, nearest


def names(recipe: Any) -> list[str]:
    """The parameters of a recipe or recipe class, in the order of their declaration."""
    return [field.name for field in dataclasses.fields(recipe) if field.init]


def check_known(recipe: Any, given: dict[str, Any]) -> None:
    """Raise `ParameterError` for a name that is no parameter."""
    for name in given:
        if name not in names(recipe):
            raise ParameterError(
                f"{type(recipe).__name__} has no parameter {name!r}.{nearest(name, names(recipe))} "
                f"Known: {', '.join(names(recipe))}."
            )


def check_number(
    name: str, value: Any, *, least: float, most: float = float("inf"), whole: bool = False,
    auto: bool = False, none: bool = False,
) -> None:  # fmt: skip
    """Raise unless `value` is a number in [least, most], or `"auto"` or None where these are taken."""
    if (auto and isinstance(value, str) and value == "auto") or (none and value is None):
        return
    kind = "a whole number" if whole else "a number"
    also = (", or 'auto'" if auto else "") + (", or None" if none else "")
    expected = f"{name} must be {kind} of at least {least}{also}. Received: {value!r}"
    if isinstance(value, bool) or not isinstance(value, Integral if whole else Real):
        raise ArgumentTypeError(expected)
    if not least <= float(value) <= most:
        upper = "" if most == float("inf") else f" and at most {most}"
        raise ParameterError(expected.replace(f"{least}", f"{least}{upper}", 1))


def to_config(recipe: Any) -> dict[str, Any]:
    """The parameters as JSON-able values; Keras objects in Keras' own form."""
    return {name: _plain(getattr(recipe, name)) for name in names(recipe)}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, dict):
        return {"dict": [[_plain(k), _plain(v)] for k, v in value.items()]}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        return value.item()
    import keras

    if isinstance(value, keras.layers.Layer):
        return {"keras": keras.saving.serialize_keras_object(value)}
    return {"unsaved": getattr(value, "__name__", repr(value))}


def from_config(config: dict[str, Any]) -> dict[str, Any]:
    """The parameters from what `to_config` gave; a callable comes back as None.

    Raises:
        ValueError: the configuration names a class that Keras refuses to load.
    """
    return {name: _rich(value) for name, value in config.items()}


def _rich(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_rich(item) for item in value)
    if not isinstance(value, dict):
        return value
    if "dict" in value:
        return {_rich(key): _rich(entry) for key, entry in value["dict"]}
    if "keras" in value:
        import keras

        return keras.saving.deserialize_keras_object(value["keras"], safe_mode=True)
    return None
