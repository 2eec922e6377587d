"""Calibration, thresholds for a stated aim, and answers withheld."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import sora_keras as sora
from sora_keras.errors import ArgumentTypeError, DataError, ParameterError
from sora_keras.evaluation import Decision, cheapest_threshold, find_temperature, sensitive_threshold
from sora_keras.layers.class_decision import ClassDecision
from tests.pictures import encoded, shapes, small


@given(seed=st.integers(0, 10**6), least=st.floats(0.01, 1), rows=st.integers(2, 200))
@settings(deadline=None)
def test_the_threshold_finds_at_least_the_share_asked_for(seed: int, least: float, rows: int) -> None:
    random = np.random.default_rng(seed)
    truth = random.random(rows) < 0.3
    truth[:2] = True, False
    chances = random.random(rows).round(2).astype(np.float32)
    threshold, why = sensitive_threshold(chances, truth, least)
    assert (chances[truth] >= threshold).mean() >= least
    assert "validation rows" in why
    higher = np.unique(chances[chances > threshold + 1e-5])
    assert all((chances[truth] >= one).mean() < least for one in higher[:1])


@given(seed=st.integers(0, 10**6), missed=st.floats(0.1, 50), alarm=st.floats(0.1, 50))
@settings(deadline=None)
def test_no_threshold_is_cheaper(seed: int, missed: float, alarm: float) -> None:
    random = np.random.default_rng(seed)
    truth = random.random(60) < 0.4
    truth[:2] = True, False
    chances = np.clip(0.3 * truth + 0.7 * random.random(60), 0, 1)

    def paid(threshold: float) -> float:
        alarms = chances >= threshold
        return missed * (truth & ~alarms).sum() + alarm * (~truth & alarms).sum()

    threshold, _ = cheapest_threshold(chances, truth, {"missed": missed, "false_alarm": alarm})
    assert paid(threshold) <= min(paid(one) for one in (*chances, 0, 2)) + 1e-6


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_temperature_undoes_logits_that_are_too_sure(kind: str) -> None:
    random = np.random.default_rng(0)
    outputs = 1 if kind == "binary" else 4
    logits = random.normal(size=(4000, outputs))
    if kind == "multiclass":
        chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        targets = np.array([random.choice(4, p=row) for row in chances])
    else:
        targets = (random.random(logits.shape) < 1 / (1 + np.exp(-logits))).astype(int)
        targets = targets[:, 0] if kind == "binary" else targets
    assert find_temperature(3 * logits, targets, kind) == pytest.approx(3, rel=0.1)
    assert find_temperature(logits, targets, kind) == pytest.approx(1, rel=0.1)


def test_the_graph_decides_as_the_value_does() -> None:
    logits = np.linspace(-4, 4, 41, dtype=np.float32)[:, None]
    for decision in (
        Decision(),
        Decision(temperature=2.0, positive=0, threshold=0.3),
        Decision(positive=1, threshold=0.05, abstain_below=0.8),
    ):
        layer = ClassDecision(
            ["no", "yes"], "binary", temperature=decision.temperature, positive=decision.positive,
            threshold=decision.threshold, abstain_below=decision.abstain_below,
        )  # fmt: skip
        answers = ClassDecision.from_config(layer.get_config())(logits)
        chances = answers["probabilities"].numpy()
        names = np.array(["no", "yes"], object)[decision.predicted(chances)]
        names[decision.abstains(chances)] = ""
        assert [one.decode() for one in answers["label"].numpy()] == list(names)
        assert ("abstained" in answers) == (decision.abstain_below is not None)
        chosen = chances[np.arange(41), decision.predicted(chances)]
        assert np.allclose(answers["score"], chosen)


@pytest.fixture(scope="module")
def careful() -> sora.ImageClassifier:
    recipe = sora.ImageClassifier(
        epochs=3, validation_fraction=0.4, calibrate=True, positive="across", min_sensitivity=0.95, abstain_below=0.7,
        verbose=False,
    )  # fmt: skip
    return recipe.fit(*shapes(200))


def test_a_recipe_answers_by_its_threshold_and_may_abstain(careful, tmp_path: Path) -> None:
    decision = careful.fitted.decision
    assert decision.positive == careful.classes_.tolist().index("across") == 0
    assert "sensitivity of at least 95.0%" in decision.why
    pictures, _ = shapes(80, seed=7)
    pictures = (pictures * np.linspace(0.15, 1, 80)[:, None, None, None]).astype(np.uint8)
    chances = careful.predict_proba(pictures)
    expected = np.where(chances[:, 0] >= decision.threshold, "across", "upright")
    assert list(careful.predict(pictures)) == list(expected)
    answers = careful(pictures)
    abstained = chances.max(axis=1) < 0.7
    assert [one.abstained for one in answers] == abstained.tolist()
    assert [one.label for one in answers] == [None if no else str(name) for name, no in zip(expected, abstained)]
    loaded = sora.load(careful.save(tmp_path / "saved"))
    assert loaded.fitted.decision == decision
    assert [one.label for one in loaded(pictures)] == [one.label for one in answers]


def test_the_export_decides_alike_and_its_card_says_how(careful, tmp_path: Path) -> None:
    folder = careful.export(tmp_path / "m", intended_use="Sorting bars.")
    signature = tf.saved_model.load(str(folder / "1")).signatures["serving_default"]
    pictures, _ = shapes(20, seed=9)
    answers = signature(image=tf.constant([encoded(one) for one in pictures]))
    labels = [one.decode() or None for one in answers["label"].numpy()]
    assert labels == [one.label for one in careful(pictures)]
    assert answers["abstained"].numpy().tolist() == [one.abstained for one in careful(pictures)]
    card = (folder / "README.md").read_text(encoding="utf-8")
    for expected in ("## Intended use", "Sorting bars.", "sensitivity of at least 95.0%", "gives no label"):
        assert expected in card


def test_the_report_scores_the_decision(careful) -> None:
    pictures, labels = shapes(100, seed=3)
    report = careful.evaluate(pictures, labels)
    chances = careful.predict_proba(pictures)
    truth, found = np.array(labels) == "across", careful.predict(pictures) == "across"
    assert report["sensitivity"] == pytest.approx(found[truth].mean())
    assert report["specificity"] == pytest.approx((~found[~truth]).mean())
    answered = chances.max(axis=1) >= 0.7
    assert report["coverage"] == pytest.approx(answered.mean())
    right = (found == truth)[answered].mean()
    assert report["accuracy_when_answered"] == pytest.approx(right)
    intervals = {score.name: (score.low, score.high) for score in report.scores}
    assert intervals["sensitivity"][0] <= report["sensitivity"] <= intervals["sensitivity"][1]
    page = report.to_html()
    assert "Coverage and accuracy" in page
    assert report.curves.roc[0].low
    assert report.curves.roc[0].name == "across"
    assert json.loads(report.to_json())["curves"]["coverage"]["y"][-1] == pytest.approx(
        (found == truth).mean(), abs=1e-3
    )


def test_cost_and_calibration_of_texts(review_data) -> None:
    recipe = sora.TextClassifier(epochs=2, cost={"missed": 1, "false_alarm": 20}, calibrate=True, verbose=False)
    recipe.fit(*review_data)
    assert recipe.fitted.decision.threshold is not None
    assert "20 a false alarm" in recipe.fitted.decision.why
    assert recipe.fitted.decision.temperature > 0


def test_faults_are_named(review_data) -> None:
    texts, labels = review_data

    def fit(**given) -> None:
        sora.TextClassifier(epochs=1, verbose=False, **given).fit(texts, labels)

    with pytest.raises(ParameterError, match="Give one of them"):
        fit(min_sensitivity=0.9, cost={"missed": 1, "false_alarm": 1})
    with pytest.raises(ArgumentTypeError, match="cost must be"):
        fit(cost={"missed": 1})
    with pytest.raises(ParameterError, match="min_sensitivity must be"):
        fit(min_sensitivity=95)
    with pytest.raises(ParameterError, match="positive='god' is no class. Did you mean 'good'"):
        fit(positive="god", min_sensitivity=0.9)
    with pytest.raises(ParameterError, match="calibrate must be"):
        fit(calibrate="yes")
    with pytest.raises(DataError, match="A threshold is chosen on validation rows"):
        fit(min_sensitivity=0.9, validation_fraction=0)
    three = [("good", "bad", "odd")[place % 3] for place in range(len(texts))]
    with pytest.raises(ParameterError, match="min_sensitivity is for two classes. These have 3"):
        sora.TextClassifier(epochs=1, min_sensitivity=0.9, verbose=False).fit(texts, three)


def test_patients_stay_together(tmp_path: Path) -> None:
    pictures, labels = shapes(60)
    rows = ["image,label,patient"]
    for place, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        (tmp_path / f"{place}.png").write_bytes(encoded(picture))
        rows.append(f"{place}.png,{label},p{place // 6}")
    (tmp_path / "table.csv").write_text("\n".join(rows), encoding="utf-8")
    recipe = sora.ImageClassifier(encoder=small, epochs=1, validation_fraction=0.3, verbose=False)
    recipe.fit(tmp_path / "table.csv", y="label", groups="patient")
    held_out = set(recipe.fitted.held_out.column("patient"))
    assert recipe.fitted.rows[1] == 6 * len(held_out)


def test_patients_in_training_and_in_validation_data_are_reported(capsys: pytest.CaptureFixture[str]) -> None:
    def table(first: int) -> dict[str, list[str]]:
        texts = [f"{'good' if place % 2 else 'bad'} visit {first + place}" for place in range(40)]
        labels = ["good" if place % 2 else "bad" for place in range(40)]
        return {"text": texts, "label": labels, "patient": [f"p{(first + place) // 5}" for place in range(40)]}

    recipe = sora.TextClassifier(epochs=1)
    recipe.fit(table(0), validation=table(30), groups="patient")
    (leak,) = [finding for finding in recipe.fitted.findings if "'patient'" in finding.message]
    assert (leak.kind, leak.rows) == ("leak", tuple(range(10)))
    assert "10 rows of the 40 for validation have a 'patient' that is also trained on" in capsys.readouterr().out
