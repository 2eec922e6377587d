"""Presets of KerasHub, from a folder made here."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import sora_keras as sora
from sora_keras.encoders.preset import encode_with_backbone, load_tokenizer, preset_place
from sora_keras.errors import ExportError, MissingExtraError, NotFoundError, ParameterError
from sora_keras.layers import preset_ids
from tests.encoders.conftest import make_core

keras_hub = pytest.importorskip("keras_hub")
WORDS = [
    "a",
    "the",
    "film",
    "story",
    "wonderful",
    "terrible",
    "great",
    "dull",
    "loved",
    "hated",
    "it",
    "i",
    "was",
    "and",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of one layer whose words are few."""
    folder = tmp_path_factory.mktemp("preset") / "bert"
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    keras.utils.set_random_seed(0)
    keras_hub.models.BertBackbone(
        vocabulary_size=len(vocabulary), num_layers=1, num_heads=2, hidden_dim=16, intermediate_dim=32,
        max_sequence_length=64,
    ).save_to_preset(folder)  # fmt: skip
    keras_hub.models.BertTokenizer(vocabulary=vocabulary).save_to_preset(folder)
    return folder


@pytest.fixture(scope="module")
def texts() -> tuple[list[str], list[str]]:
    good = [f"{start} {word}" for start in ("a film", "the story was", "it was a") for word in ("wonderful", "great")]
    bad = [f"{start} {word}" for start in ("a film", "the story was", "it was a") for word in ("terrible", "dull")]
    return [*good, *bad] * 4, (["good"] * 6 + ["bad"] * 6) * 4


@pytest.fixture(scope="module")
def tuned(folder: Path, texts) -> sora.TextClassifier:
    recipe = sora.TextClassifier(
        encoder=f"preset:{folder}", refit=False, epochs=8, learning_rate=0.01, length=16, verbose=False
    )
    return recipe.fit(*texts)


def test_learns_and_answers_one_text_as_among_many(tuned: sora.TextClassifier, texts) -> None:
    assert tuned.score(*texts) == 1
    many = tuned.predict_proba([*texts[0], "i loved the story and it was a great film"])
    one = np.array(list(tuned(texts[0][0]).probabilities.values()))
    assert np.allclose(one, many[0], atol=1e-5)


def test_saved_and_loaded_answers_alike_without_the_preset_folder(
    tuned: sora.TextClassifier, texts, tmp_path: Path
) -> None:
    loaded = sora.load(tuned.save(tmp_path / "m"))
    assert np.array_equal(loaded.predict_proba(texts[0]), tuned.predict_proba(texts[0]))


def test_saved_model_runs_with_tensorflow_alone(tuned: sora.TextClassifier, texts, tmp_path: Path) -> None:
    made = tuned.export(tmp_path / "m")
    exported = tf.saved_model.load(str(made / "1"))
    answers = exported.signatures["serving_default"](text=tf.constant(texts[0]))
    assert np.allclose(answers["probabilities"].numpy(), tuned.predict_proba(texts[0]), atol=1e-5)


def test_saved_model_of_other_tokenizers_is_refused_and_nothing_is_left(
    tuned: sora.TextClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preset_ids, "word_pieces_of", lambda tokenizer: None)
    loaded = sora.load(tuned.save(tmp_path / "saved"))
    with pytest.raises(ExportError):
        loaded.export(tmp_path / "deep" / "m")
    assert [file.name for file in tmp_path.iterdir()] == ["saved"]


@pytest.mark.parametrize("format", ["litert", "onnx"])
def test_numeric_core_is_exported(tuned: sora.TextClassifier, tmp_path: Path, format: str) -> None:
    made = tuned.export(tmp_path / "m", format=format)
    assert {file.name for file in made.iterdir()} >= {"preprocessing.json", "labels.json", "README.md"}
    assert any(file.suffix in (".tflite", ".onnx") for file in made.iterdir())


def test_explains_by_occlusion_alone(tuned: sora.TextClassifier) -> None:
    explanation = tuned.explain("a film terrible")
    assert explanation.method == "occlusion"
    assert explanation.top(1)[0][0] == "terrible"
    with pytest.raises(ParameterError, match="method='occlusion'"):
        tuned.explain("a film terrible", method="integrated_gradients")


def test_padding_changes_nothing(folder: Path) -> None:
    core = make_core(f"preset:{folder}")
    alone = core(np.array([[3, 9, 4]], np.int32)).numpy()[0]
    padded = core(np.array([[3, 9, 4, 0, 0], [3, 9, 9, 9, 4]], np.int32)).numpy()[0]
    assert np.allclose(alone, padded, atol=1e-5)


def test_missing_folder_is_named(tmp_path: Path) -> None:
    for place in (str(tmp_path / "nothing"), "./nothing", "~/nothing", ""):
        with pytest.raises(NotFoundError, match="no preset folder"):
            sora.TextClassifier(encoder=f"preset:{place}", verbose=False).fit(["a", "b"] * 9, ["x", "y"] * 9)


def test_folder_comes_before_a_name_to_download(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert preset_place("preset:bert") == "bert"
    assert preset_place("preset:bert_tiny_en_uncased") == "bert_tiny_en_uncased"
    assert load_tokenizer("preset:bert").vocabulary_size() == 5 + len(WORDS)


def test_folder_that_holds_no_preset_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ParameterError, match="the preset cannot be loaded"):
        load_tokenizer(f"preset:{tmp_path}")


def test_backbone_for_something_else_is_refused() -> None:
    ids = keras.Input((None,), dtype="int32")
    pixels = keras.Input((8, 8, 3))
    with pytest.raises(ParameterError, match="no text encoder"):
        encode_with_backbone(ids, keras.Model(pixels, pixels))
    sound = {"waves": keras.Input((8,), name="waves")}
    with pytest.raises(ParameterError, match=r"wants.*waves"):
        encode_with_backbone(ids, keras.Model(sound, sound["waves"]))


def test_missing_package_names_the_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "keras_hub", None)
    with pytest.raises(MissingExtraError, match=r"sora-keras\[hub\]"):
        load_tokenizer(f"preset:{folder}")
