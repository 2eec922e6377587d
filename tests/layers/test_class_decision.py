"""From logits to labels, scores and probabilities."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from sora_keras.layers.class_decision import ClassDecision


def decide(kind: Any, classes: list[str], logits: list[list[float]]) -> dict[str, Any]:
    answers = ClassDecision(classes, kind)(np.array(logits, np.float32))
    plain = {name: value.numpy() for name, value in answers.items()}
    return {**plain, "label": [label.decode() for label in plain["label"]]}


def test_one_logit_speaks_for_the_second_of_two_classes() -> None:
    answers = decide("binary", ["bad", "good"], [[-2.0], [3.0]])
    assert answers["label"] == ["bad", "good"]
    second = 1 / (1 + np.exp([2.0, -3.0]))
    assert np.allclose(answers["probabilities"], np.stack([1 - second, second], axis=1), atol=1e-6)
    assert np.allclose(answers["score"], [1 - second[0], second[1]], atol=1e-6)


def test_one_of_many_classes_is_the_likeliest() -> None:
    answers = decide("multiclass", ["体育", "财经", "文化"], [[0.0, 2.0, 1.0]])
    assert answers["label"] == ["财经"]
    expected = np.exp([0.0, 2.0, 1.0]) / np.exp([0.0, 2.0, 1.0]).sum()
    assert np.allclose(answers["probabilities"][0], expected, atol=1e-6)
    assert answers["score"][0] == pytest.approx(expected[1])


def test_several_labels_are_joined_and_none_is_empty() -> None:
    answers = decide("multilabel", ["cats", "dogs", "birds"], [[5, -5, 0], [-5, -5, -5], [-5, -5, 5]])
    assert answers["label"] == ["cats, birds", "", "birds"]
    assert np.allclose(answers["probabilities"][0], 1 / (1 + np.exp([-5.0, 5.0, 0.0])), atol=1e-6)
    assert np.allclose(answers["score"], answers["probabilities"].max(axis=1))


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_no_row_gives_no_answer(kind: Any) -> None:
    width = 1 if kind == "binary" else 2
    answers = ClassDecision(["a", "b"], kind)(np.zeros((0, width), np.float32))
    assert {name: tuple(value.shape) for name, value in answers.items()} == {
        "label": (0,), "score": (0,), "probabilities": (0, 2),
    }  # fmt: skip


def test_probabilities_are_float32_after_a_half_precision_core() -> None:
    logits = keras.ops.cast(np.array([[10.0, -10.0, 3.0]]), "float16")
    answers = ClassDecision(["a", "b", "c"], "multiclass", dtype="float16")(logits)
    assert answers["probabilities"].dtype == answers["score"].dtype == "float32"
    assert float(answers["probabilities"].numpy().sum()) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_saved_layer_decides_alike(tmp_path: Path, kind: Any) -> None:
    width = 1 if kind == "binary" else 2
    logits = keras.Input((width,))
    model = keras.Model(logits, ClassDecision(["no", "是"], kind)(logits))
    assert {name: tensor.shape for name, tensor in model.output.items()} == {
        "label": (None,), "score": (None,), "probabilities": (None, 2),
    }  # fmt: skip
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    rows = np.array([[-1.0, 2.0], [4.0, 3.0], [0.0, 0.0]], np.float32)[:, :width]
    expected, answers = model(rows), loaded(rows)
    for name in expected:
        assert np.array_equal(answers[name].numpy(), expected[name].numpy())
