"""Exports of pictures: bytes or pixels in, and LiteRT with fewer bits."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

import sora_keras as sora
from sora_keras.errors import DataError, ExportError, ParameterError
from sora_keras.export import quantised
from sora_keras.export.litert import run_litert
from tests.pictures import encoded, shapes


@pytest.fixture(scope="module")
def fitted() -> sora.ImageClassifier:
    return sora.ImageClassifier(epochs=5, verbose=False).fit(*shapes(160))


def test_saved_model_takes_bytes_and_pixels_of_any_size(fitted, tmp_path: Path) -> None:
    loaded = tf.saved_model.load(str(fitted.export(tmp_path / "m") / "1"))
    pictures = shapes(6, seed=2)[0]
    bytes_in, pixels_in = loaded.signatures["serving_default"], loaded.signatures["pixels"]
    expected = fitted.predict_proba(pictures)
    answers = bytes_in(image=tf.constant([encoded(one) for one in pictures]))
    assert np.allclose(answers["probabilities"], expected, atol=1e-5)
    same_size = pixels_in(pixels=tf.constant(pictures, tf.float32))
    assert np.allclose(same_size["probabilities"], expected, atol=1e-5)
    assert [one.decode() for one in same_size["label"].numpy()] == list(fitted.predict(pictures))
    large = np.repeat(np.repeat(pictures, 3, axis=1), 3, axis=2)
    others = pixels_in(pixels=tf.constant(large, tf.float32))
    assert np.allclose(others["probabilities"], fitted.predict_proba(large), atol=0.02)
    assert pixels_in(pixels=tf.zeros((2, 5, 9, 1)))["probabilities"].shape == (2, 2)


@pytest.mark.parametrize(("kind", "size"), [("float16", 0.6), ("int8", 0.4)])
def test_fewer_bits_are_measured_beside_the_float_core(fitted, tmp_path: Path, kind: str, size: float) -> None:
    folder = fitted.export(tmp_path / "m", format="litert", quantize=kind)
    facts = json.loads((folder / "quantized.json").read_text(encoding="utf-8"))
    assert facts["quantize"] == kind
    assert facts["rows"] == fitted.fitted.rows[1]
    assert facts["accuracy"] >= facts["float_accuracy"] - 0.05
    content = (folder / "core.tflite").read_bytes()
    assert facts["bytes"] == len(content) < size * facts["float_bytes"]
    pictures, _ = shapes(40, seed=3)
    logits = run_litert(content, [one[None].astype(np.float32) for one in pictures])
    answers = np.array(fitted.classes_)[(logits[:, 0] > 0).astype(int)]
    assert (answers == fitted.predict(pictures)).mean() > 0.9
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert f"Quantised: {kind}" in card


def test_a_loaded_recipe_needs_data_to_measure_on(fitted, tmp_path: Path) -> None:
    loaded = sora.load(fitted.save(tmp_path / "saved"))
    with pytest.raises(DataError, match="data="):
        loaded.export(tmp_path / "m", format="litert", quantize="int8")
    assert not (tmp_path / "m").exists()
    folder = loaded.use(verbose=False).export(
        tmp_path / "m", format="litert", quantize="float16", data=shapes(30, seed=4)
    )
    assert json.loads((folder / "quantized.json").read_text(encoding="utf-8"))["rows"] == 30


def test_quantize_is_checked(fitted, tmp_path: Path) -> None:
    for given in ({"format": "litert", "quantize": "int4"}, {"format": "onnx", "quantize": "int8"}):
        with pytest.raises(ParameterError, match="quantize must be None, or float16 or int8 with format='litert'"):
            fitted.export(tmp_path / "m", **given)
    assert not (tmp_path / "m").exists()


def test_a_core_that_loses_too_much_is_not_exported(fitted, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(quantised, "_MOST_LOST", -1.0)
    with pytest.raises(ExportError, match="Nothing was exported"):
        fitted.export(tmp_path / "m", format="litert", quantize="int8")
    assert not (tmp_path / "m").exists()
