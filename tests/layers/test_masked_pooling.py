"""Pooling that padding cannot change."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_keras.layers.masked_pooling import MaskedPooling

MODES = ("mean", "max", "root")
STEPS = np.array([[[1.0, -2.0], [3.0, -4.0], [90.0, 90.0]], [[5.0, 6.0], [90.0, 90.0], [90.0, 90.0]]], np.float32)
MASK = np.array([[True, True, False], [True, False, False]])


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("mean", [[2, -3], [5, 6]]),
        ("max", [[3, -2], [5, 6]]),
        ("root", [[4 / 2**0.5, -6 / 2**0.5], [5, 6]]),
    ],
)
def test_only_kept_steps_count(mode: Any, expected: list[list[float]]) -> None:
    pooled = MaskedPooling(mode)(STEPS, mask=MASK)
    assert np.allclose(pooled, expected, atol=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_no_kept_step_gives_zeros_and_no_mask_keeps_all(mode: Any) -> None:
    layer = MaskedPooling(mode)
    assert np.array_equal(layer(STEPS, mask=np.zeros((2, 3), bool)), np.zeros((2, 2)))
    assert np.allclose(layer(STEPS), layer(STEPS, mask=np.ones((2, 3), bool)))


@pytest.mark.parametrize("mode", MODES)
@given(values=st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=12), padding=st.integers(0, 9))
@settings(deadline=None, max_examples=25)
def test_padding_changes_nothing(mode: Any, values: list[float], padding: int) -> None:
    steps = np.array(values, np.float32)[None, :, None]
    padded = np.pad(steps, ((0, 0), (0, padding), (0, 0)), constant_values=7e3)
    mask = np.arange(len(values) + padding)[None] < len(values)
    layer = MaskedPooling(mode)
    assert np.allclose(layer(padded, mask=mask), layer(steps), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("policy", ["float16", "bfloat16", "mixed_float16", "mixed_bfloat16"])
def test_long_texts_are_counted_right_in_half_precision(mode: Any, policy: str) -> None:
    layer = MaskedPooling(mode, dtype=policy)
    pooled = layer(np.full((1, 5000, 2), 0.5, np.float32), mask=np.arange(5000)[None] < 3000)
    assert keras.backend.standardize_dtype(pooled.dtype) == layer.compute_dtype
    expected = 0.5 * 3000**0.5 if mode == "root" else 0.5
    assert np.allclose(np.asarray(pooled, np.float32), expected, rtol=0.01)


def test_mask_of_an_embedding_is_used_and_ends_there() -> None:
    ids = keras.Input((None,), dtype="int32")
    embedding = keras.layers.Embedding(5, 2, mask_zero=True)
    core = keras.Model(ids, MaskedPooling()(embedding(ids)))
    assert core.output_shape == (None, 2)
    table = embedding.get_weights()[0]
    assert np.allclose(core(np.array([[1, 2, 0, 0]])), table[[1, 2]].mean(axis=0), atol=1e-6)
    assert getattr(core.output, "_keras_mask", None) is None


def test_comes_back_from_its_configuration() -> None:
    layer = MaskedPooling("root", name="encoder")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert (again.mode, again.name) == ("root", "encoder")


def test_unknown_mode_is_named() -> None:
    with pytest.raises(ValueError, match="Received: mode='sum'"):
        MaskedPooling("sum")  # type: ignore[arg-type]
