"""Exports that answer as the recipe does, or are refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sora_keras as sora
from sora_keras.errors import ExportError, MissingExtraError, ParameterError, SaveError
from sora_keras.export import proof

_SERVE = """
import sys, json, tensorflow as tf
loaded = tf.saved_model.load(sys.argv[1])
signature = loaded.signatures["serving_default"]
outputs = signature(text=tf.constant(["a wonderful film", "", "a terrible film 好"]))
assets = [asset.asset_path.numpy().decode() for asset in [loaded.labels]]
print(json.dumps({"labels": [v.decode() for v in outputs["label"].numpy()],
    "probabilities": outputs["probabilities"].numpy().tolist(), "score": outputs["score"].numpy().tolist(),
    "asset": open(assets[0], encoding="utf-8").read().split(),
    "ours": [m for m in sys.modules if m.startswith("sora_keras")]}))
"""


@pytest.fixture(scope="module")
def exported(fitted, tmp_path_factory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proof, "subprocess", subprocess)  # a process of its own, as users have it
        return fitted.export(tmp_path_factory.mktemp("export") / "m", licence="CC0-1.0")


def test_saved_model_answers_raw_text_with_tensorflow_alone(fitted, exported) -> None:
    command = [sys.executable, "-I", "-c", _SERVE, str(exported / "1")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answers = json.loads(done.stdout.splitlines()[-1])
    texts = ["a wonderful film", "", "a terrible film 好"]
    assert answers["labels"] == list(fitted.predict(texts))
    assert np.allclose(answers["probabilities"], fitted.predict_proba(texts), atol=1e-5)
    assert np.allclose(answers["score"], fitted.predict_proba(texts).max(axis=1), atol=1e-5)
    assert answers["asset"] == ["bad", "good"]
    assert answers["ours"] == []


def test_folder_is_as_tensorflow_serving_wants_it(exported) -> None:
    assert {file.name for file in exported.iterdir()} == {"1", "README.md", "labels.json"}
    assert (exported / "1" / "saved_model.pb").is_file()
    assert json.loads((exported / "labels.json").read_text()) == ["bad", "good"]


def test_model_card_states_data_scores_limits_and_licence(review_data, tmp_path) -> None:
    recipe = sora.TextClassifier(epochs=1, refit=False, verbose=False).fit(*review_data)
    report = recipe.evaluate(*review_data)
    card = (recipe.export(tmp_path / "m", licence="CC0-1.0") / "README.md").read_text(encoding="utf-8")
    assert recipe.fitted.fingerprint in card
    assert f"{report['accuracy']:.4f}" in card
    for expected in ("Licence: CC0-1.0", "## Limits", "bad, good", "tensorflow", "| accuracy |"):
        assert expected in card


@pytest.mark.parametrize("encoder", ["ngram", "lstm", "transformer"])
def test_numeric_core_runs_in_litert_and_onnx(review_data, tmp_path, encoder) -> None:
    recipe = sora.TextClassifier(encoder=encoder, epochs=1, refit=False, verbose=False).fit(*review_data)
    litert = recipe.export(tmp_path / "litert", format="litert")
    onnx = recipe.export(tmp_path / "onnx", format="onnx")
    assert (litert / "core.tflite").stat().st_size > 0
    assert (onnx / "core.onnx").stat().st_size > 0
    for folder in (litert, onnx):
        description = json.loads((folder / "preprocessing.json").read_text(encoding="utf-8"))
        assert description["class"] in ("NgramIds", "WordIds")
        assert len(description["vocabulary"]) == recipe.fitted.preprocessing.vocabulary_size


def test_export_raises_when_reloaded_outputs_differ(fitted, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(proof, "TOLERANCE", -1.0)
    with pytest.raises(ExportError, match="answers otherwise"):
        fitted.export(tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def test_export_raises_when_the_fresh_process_fails(fitted, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(proof, "_ANSWER", "raise SystemExit('cannot load this')")
    with pytest.raises(ExportError, match="cannot load this"):
        fitted.export(tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def test_existing_folder_is_kept(fitted, tmp_path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "mine").write_text("keep")
    with pytest.raises(SaveError, match="exists"):
        fitted.export(tmp_path / "m", format="litert")
    assert (tmp_path / "m" / "mine").read_text() == "keep"


def test_unknown_format_lists_the_known(fitted, tmp_path) -> None:
    with pytest.raises(ParameterError, match="Did you mean 'saved_model'"):
        fitted.export(tmp_path / "m", format="savedmodel")


def test_missing_extra_names_the_install(fitted, tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    with pytest.raises(MissingExtraError, match=r"sora-keras\[onnx\]"):
        fitted.export(tmp_path / "m", format="onnx")
    assert list(tmp_path.iterdir()) == []
