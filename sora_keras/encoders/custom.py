"""An encoder of the user's own: a Keras layer, a model, or a callable from tensor to tensor."""

from __future__ import annotations

import warnings
from typing import Any

from sora_keras.encoders.registry import Encoder, TrainingDefaults
from sora_keras.errors import ArgumentTypeError, ParameterError

_FEATURES = 128
_DEFAULTS = TrainingDefaults(learning_rate=1e-3, batch_size=64, epochs=10, patience=2)


def custom_encoder(given: Any, modality: str) -> Encoder:
    """Wrap what the user gave; every build makes a fresh copy, so that two fits share no weights.

    Raises:
        ArgumentTypeError: it is neither a layer nor callable.
    """
    if not callable(given) or isinstance(given, type):
        raise ArgumentTypeError(
            f"encoder must be a name, a Keras layer or model, or a callable from tensor to tensor. Received: {given!r}"
        )
    name = getattr(given, "name", None) or getattr(given, "__name__", type(given).__name__)

    if modality == "image":
        return Encoder(str(name), "image", "pixels", lambda pixels, facts: _picture_vector(given, pixels), _DEFAULTS)

    if modality == "interactions":
        return Encoder(
            str(name), modality, "histories", lambda history, facts: _history_vector(given, history, facts), _DEFAULTS
        )

    def build(ids: Any, facts: Any) -> Any:
        from sora_keras.encoders.text import embed

        own = fresh(given)
        read = ids if _begins_with_embedding(own) else embed(ids, facts, _FEATURES)
        encoded = _encode(own, read)
        return _to_vector(encoded, _mask(own, ids, read, encoded))

    return Encoder(str(name), "text", "words", build, _DEFAULTS)


def apply(layer: Any, tensor: Any, argument: str) -> Any:
    """Call a layer on a symbolic tensor.

    Raises:
        ParameterError: it does not fit there; names the layer, the shape and what Keras said.
    """
    try:
        return layer(tensor)
    except (ValueError, TypeError) as error:
        said = " ".join(str(error).split())
        raise ParameterError(
            f"The layer {getattr(layer, 'name', layer)!r} given as {argument} does not fit: it was called with "
            f"shape {tuple(tensor.shape)}. Keras says: {said[:400]}"
        ) from error


def _encode(own: Any, read: Any) -> Any:
    import keras

    if not isinstance(own, keras.Model):
        return apply(own, read, "encoder")
    with warnings.catch_warnings():
        # Called as one layer, a model hands no mask on, and says so. This call checks that it fits.
        warnings.filterwarnings("ignore", message="(?s).*does not support masking", category=UserWarning)
        encoded = apply(own, read, "encoder")
    if isinstance(own, keras.Sequential):
        for layer in _parts(own):
            read = layer(read)
        return read
    return own.call(read) if own.inputs else encoded


def fresh(given: Any) -> Any:
    """A copy of a layer or model, with its weights where it has some; a callable as it is."""
    import keras

    if not isinstance(given, keras.layers.Layer):
        return given
    if isinstance(given, keras.Model):
        copy = keras.models.clone_model(given) if given.built else type(given).from_config(given.get_config())
    else:
        copy = type(given).from_config(given.get_config())
    if given.built and given.weights:
        if not copy.built:
            copy.build(given.get_build_config()["input_shape"])
        copy.set_weights(given.get_weights())
    return copy


def _parts(own: Any) -> list[Any]:
    """The layers of a Sequential; anything else as it is."""
    import keras

    if not isinstance(own, keras.Sequential):
        return [own]
    return [layer for layer in own.layers if not isinstance(layer, keras.layers.InputLayer)]


def _begins_with_embedding(given: Any) -> bool:
    import keras

    if not isinstance(given, keras.Model):
        return isinstance(given, keras.layers.Embedding)
    first = [x for x in given.layers if not isinstance(x, keras.layers.InputLayer)]
    return bool(first) and isinstance(first[0], keras.layers.Embedding)


def _mask(own: Any, ids: Any, read: Any, encoded: Any) -> Any:
    """Which steps are words, where the layers lost the mask (a convolution does) but kept the steps."""
    import keras

    if getattr(encoded, "_keras_mask", None) is not None or not isinstance(own, keras.layers.Layer):
        return None
    shape, steps = (1, 97, *read.shape[2:]), 97
    for layer in _parts(own):
        shape = layer.compute_output_shape(shape)
    return keras.ops.not_equal(ids, 0) if len(shape) == 3 and shape[1] == steps else None


def _history_vector(given: Any, history: Any, facts: Any) -> Any:
    """One vector a history, as wide as an item's."""
    import keras

    own, read = fresh(given), facts.vectors(history)
    encoded = _encode(own, read)
    vector = _to_vector(encoded, _mask(own, history, read, encoded))
    return vector if vector.shape[-1] == facts.width else keras.layers.Dense(facts.width)(vector)


def _picture_vector(given: Any, pixels: Any) -> Any:
    """One vector a picture: what is still a map of features is averaged."""
    import keras

    encoded = apply(fresh(given), pixels, "encoder")
    if len(encoded.shape) == 4:
        return keras.layers.GlobalAveragePooling2D()(encoded)
    if len(encoded.shape) == 2:
        return encoded
    raise ParameterError(
        "The encoder must give (batch, features) or (batch, height, width, features). "
        f"Received: shape {tuple(encoded.shape)}"
    )


def _to_vector(encoded: Any, mask: Any) -> Any:
    """One vector a text: what is still a vector a word is averaged, padding left out."""
    from sora_keras.layers.masked_pooling import MaskedPooling

    if len(encoded.shape) == 2:
        return encoded
    if len(encoded.shape) == 3:
        return MaskedPooling("mean")(encoded, mask=mask)
    raise ParameterError(
        f"The encoder must give (batch, features) or (batch, words, features). Received: shape {tuple(encoded.shape)}"
    )
