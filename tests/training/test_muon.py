"""Muon for convolutions, held against Keras' own on the same matrix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras.ops import convert_to_numpy

from sora_keras.training.muon import ConvolutionMuon

random = np.random.default_rng(0)
PIXELS = random.normal(size=(32, 1, 1, 6)).astype(np.float32)
TARGETS = (PIXELS.sum((1, 2, 3)) > 0).astype(np.float32)[:, None]


def network(kind: str) -> keras.Model:
    """A convolution of one pixel is a product with a matrix, so that both networks are the same function."""
    keras.utils.set_random_seed(5)
    pixels = keras.Input((1, 1, 6))
    if kind == "convolution":
        hidden = keras.layers.Flatten()(keras.layers.Conv2D(4, 1)(pixels))
    else:
        hidden = keras.layers.Dense(4)(keras.layers.Flatten()(pixels))
    return keras.Model(pixels, keras.layers.Dense(1, name="head")(hidden))


def trained(model: keras.Model, optimizer: Any, steps: int = 4) -> list[np.ndarray]:
    model.compile(optimizer, keras.losses.BinaryCrossentropy(from_logits=True), jit_compile=False)
    for _ in range(steps):
        model.train_on_batch(PIXELS, TARGETS)
    return [convert_to_numpy(weight) for weight in model.trainable_weights]


def test_a_kernel_moves_as_the_matrix_it_is() -> None:
    convolution, matrix = network("convolution"), network("matrix")
    matrix.set_weights(
        [one.reshape(two.shape) for one, two in zip(convolution.get_weights(), matrix.weights, strict=True)]
    )
    ours = trained(convolution, ConvolutionMuon(0.02, 0.1))
    theirs = trained(
        matrix, keras.optimizers.Muon(0.02, weight_decay=0.1, adam_weight_decay=0.1, exclude_layers=["head"])
    )
    for one, other in zip(ours, theirs, strict=True):
        assert one.ravel() == pytest.approx(other.ravel(), abs=1e-5)  # the same sums in another order


def test_the_head_biases_and_single_columns_stay_with_adamw() -> None:
    pixels = keras.Input((8, 8, 3))
    hidden = keras.layers.DepthwiseConv2D(3)(pixels)
    hidden = keras.layers.Conv2D(4, 3)(hidden)
    hidden = keras.layers.Conv2D(1, 1)(hidden)
    hidden = keras.layers.Dense(5)(keras.layers.Flatten()(hidden))
    model = keras.Model(pixels, keras.layers.Dense(2, name="head")(hidden))
    optimizer = ConvolutionMuon()
    optimizer.build(model.trainable_variables)
    by_muon = [v.shape for v in model.trainable_variables if not optimizer._should_use_adamw(v)]
    assert by_muon == [(3, 3, 3, 4), (16, 5)]


def test_survives_saving_with_its_state(tmp_path: Path) -> None:
    model = network("convolution")
    trained(model, ConvolutionMuon(0.02))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(again.optimizer, ConvolutionMuon)
    for one in (model, again):
        one.train_on_batch(PIXELS, TARGETS)
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        assert one == pytest.approx(other, abs=1e-6)
