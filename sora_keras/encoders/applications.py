"""The networks of `keras.applications`, by name."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sora_keras.encoders.registry import Encoder, TrainingDefaults
from sora_keras.errors import DataError, NotFoundError, ParameterError

SIZE = 224
_SCRATCH = TrainingDefaults(1e-3, 64, 30, 30, schedule="cosine", weight_decay=0.05)
_PRETRAINED = TrainingDefaults(1e-4, 32, 10, 3, schedule="cosine", weight_decay=0.01)


def application_names() -> dict[str, Callable[..., Any]]:
    """Every network of `keras.applications`, by its name in lower case."""
    import keras

    found = vars(keras.applications).items()
    return {name.lower(): made for name, made in found if callable(made) and name[0].isupper()}


def application_encoder(name: str, weights: Any) -> tuple[Encoder, str]:
    """The encoder for a network of `keras.applications`, and what is to be said of its weights.

    Args:
        name: in lower case. weights: None; a path; `"imagenet"`, which Keras downloads where it has not done so
            before; or `"auto"`: the ImageNet weights where Keras has them in its cache, else none.

    Raises:
        NotFoundError: there is no such file of weights. ParameterError: `weights` is nothing of these.
    """
    said = ""
    if weights == "auto":
        weights = cached_weights(name)
        said = (
            f"weights='auto' found ImageNet weights of {name!r}: {weights}."
            if weights
            else f"weights='auto' found no ImageNet weights of {name!r} on this machine: it trains from scratch. "
            "weights='imagenet' downloads them."
        )
    elif weights is not None and weights != "imagenet":
        weights = _local(weights)
    trained = weights is not None
    return Encoder(
        name, "image", "pixels", lambda pixels, facts: _build(name, pixels, weights),
        _PRETRAINED if trained else _SCRATCH, pretrained=trained, size=SIZE if trained else None,
    ), said  # fmt: skip


def cached_weights(name: str) -> Path | None:
    """The file of a network's ImageNet weights without its last layer, where Keras has downloaded it before."""
    folder = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "models"
    found = sorted(folder.glob("*.h5")) if folder.is_dir() else []
    return next((path for path in found if _is_of_imagenet(name, path)), None)


def _is_of_imagenet(name: str, path: Path) -> bool:
    """Whether a file is named as Keras names the ImageNet weights of this network without its last layer."""
    file = path.name.lower()
    if name.startswith("mobilenet") and (not re.search(r"1[._]0_", file) or "minimalistic" in file):
        return False  # of a network of another width, which bears the same name
    return bool(re.fullmatch(rf"(weights)?{re.escape(name)}(?!v\d).*notop.*h5", re.sub(r"[^a-z0-9]", "", file)))


def _local(weights: Any) -> Path:
    if not isinstance(weights, str | os.PathLike):
        raise ParameterError(f"weights must be 'auto', None, 'imagenet' or a path. Received: {weights!r}")
    path = Path(weights).expanduser()
    if not path.is_file():
        raise NotFoundError(f"weights={os.fspath(weights)!r}: there is no such file.")
    return path


def _build(name: str, pixels: Any, weights: Any) -> Any:
    import keras

    make = application_names()[name]
    height, width, channels = pixels.shape[1:]
    try:
        own = make(
            include_top=False, weights="imagenet" if weights == "imagenet" else None, input_shape=(height, width, 3)
        )
    except ValueError as error:
        raise ParameterError(
            f"encoder={name!r} does not take pictures of {height}x{width} pixels. Give a larger size=. "
            f"Keras says: {_in_short(error)}"
        ) from error
    except Exception as error:
        if not str(error).startswith("URL fetch failure"):  # Keras raises it as a plain Exception
            raise
        raise NotFoundError(
            f"The ImageNet weights of encoder={name!r} could not be downloaded. Give weights= the path of a file, or "
            f"None to train from scratch. Keras says: {_in_short(error)}"
        ) from error
    if isinstance(weights, Path):
        _load(own, name, weights)
    hidden = keras.layers.Concatenate()([pixels] * 3) if channels == 1 else pixels
    encoded = own(as_it_was_trained(make, hidden))
    return keras.layers.GlobalAveragePooling2D(name="encoder")(encoded)


def _load(own: Any, name: str, weights: Path) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # Keras warns where it leaves weights at random
            own.load_weights(weights)
    except (OSError, ValueError, KeyError, UserWarning) as error:
        raise DataError(
            f"The weights in {weights} do not fit encoder={name!r} without its last layer. {_in_short(error)}"
        ) from error
    deviations = getattr(sys.modules[application_names()[name].__module__], "IMAGENET_STDDEV_RGB", None)
    if deviations is not None and _is_of_imagenet(name, weights):
        # For weights="imagenet" alone, Keras' EfficientNets divide the colours once more before the first convolution
        # (tensorflow/tensorflow#49930). Divided kernels do the same, since the padding between the two is zero.
        kernel = own.get_layer("stem_conv").kernel
        kernel.assign(np.asarray(kernel) / np.sqrt(deviations)[:, None])


def _in_short(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def as_it_was_trained(make: Callable[..., Any], pixels: Any) -> Any:
    """Pixels (batch, height, width, 3), 0 to 255, as this network's `preprocess_input` makes them, in Keras layers.

    Each is a line a channel, in this or the other order of colours, which three pictures tell.
    """
    import keras

    prepare = sys.modules[make.__module__].preprocess_input
    black = np.asarray(prepare(np.zeros((1, 1, 1, 3), np.float32))).ravel()
    red = np.asarray(prepare(np.array([[[[255.0, 0.0, 0.0]]]], np.float32))).ravel()
    white = np.asarray(prepare(np.full((1, 1, 1, 3), 255.0, np.float32))).ravel()
    if red[0] == black[0]:
        pixels = keras.ops.flip(pixels, axis=-1)
    scale = ((white - black) / 255.0).tolist()
    if np.allclose(scale, 1.0) and not black.any():
        return pixels
    return keras.layers.Rescaling(scale, offset=black.tolist())(pixels)
