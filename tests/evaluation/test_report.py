"""The report as a value: reading, showing, and saving."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from sklearn.metrics import confusion_matrix, multilabel_confusion_matrix

from sora_keras.errors import ParameterError, SaveError
from sora_keras.evaluation import Report
from sora_keras.evaluation.metrics import NAMES
from tests.evaluation.conftest import CHINESE, answered, evaluate, labelled

KINDS = ("binary", "multiclass", "multilabel")


def test_scores_are_read_by_name_and_a_wrong_name_gets_the_nearest(reports: dict[str, Report]) -> None:
    report = reports["binary"]
    assert report["accuracy"] == report.scores[0].value
    with pytest.raises(ParameterError, match="Did you mean 'accuracy'"):
        report["acuracy"]


def test_confusion_is_that_of_scikit_learn() -> None:
    truth, chances = answered(100, 4)
    assert (evaluate(truth, chances).confusion == confusion_matrix(truth, chances.argmax(axis=1))).all()
    truth, chances = labelled(100, 3)
    assert (evaluate(truth, chances).confusion == multilabel_confusion_matrix(truth, chances >= 0.5)).all()


def test_baseline_always_answers_the_most_frequent_class_of_training() -> None:
    truth = np.repeat([0, 1, 2], [50, 30, 20])
    _, chances = answered(100, 3)
    report = evaluate(truth, chances, ["a", "b", "c"], prior=np.array([0.2, 0.7, 0.1]))
    baselines = {score.name: score.baseline for score in report.scores}
    assert baselines["accuracy"] == pytest.approx(0.3)
    assert baselines["roc_auc"] == pytest.approx(0.5)
    assert baselines["log_loss"] == pytest.approx(-(0.5 * np.log(0.2) + 0.3 * np.log(0.7) + 0.2 * np.log(0.1)))
    assert "always 'b'" in report.notes[-1]


def test_baseline_of_several_labels_gives_each_label_its_majority() -> None:
    truth, chances = labelled(100, 3)
    report = evaluate(truth, chances, ["a", "b", "c"], prior=np.array([0.9, 0.2, 0.6]))
    assert "always 'a' and 'c'" in report.notes[-1]
    assert "always no label" in evaluate(truth, chances, prior=np.full(3, 0.1)).notes[-1]


def test_curves_keep_their_ends_and_areas_when_thinned() -> None:
    report = evaluate(*answered(5000, 2), resamples=2)
    (roc,), (precise,) = report.curves.roc, report.curves.pr
    assert roc.area == pytest.approx(report["roc_auc"])
    assert (roc.x[0], roc.y[0], roc.x[-1], roc.y[-1]) == (0, 0, 1, 1)
    assert len(roc.x) <= 82
    assert len(precise.x) <= 82
    assert np.trapezoid(roc.y, roc.x) == pytest.approx(report["roc_auc"], abs=0.005)


def test_curves_are_drawn_for_the_most_frequent_of_many_classes() -> None:
    truth, chances = answered(400, 60)
    names = {curve.name for curve in evaluate(truth, chances, resamples=2).curves.roc}
    assert len(names) == 30
    assert f"c{np.bincount(truth).argmax()}" in names


@pytest.mark.parametrize("kind", KINDS)
def test_json_has_everything_and_no_nan(reports: dict[str, Report], kind: str, tmp_path: Path) -> None:
    report = reports[kind]
    data = json.loads(report.save(tmp_path / "r.json").read_text(encoding="utf-8"))
    assert data == json.loads(report.to_json()) == json.loads(json.dumps(report.to_dict()))
    assert [score["name"] for score in data["scores"]] == list(NAMES)
    assert (data["rows"], data["kind"], data["classes"]) == (report.rows, kind, list(report.classes))
    assert len(data["per_class"]) == len(report.classes)
    assert set(data) >= {"confusion", "curves", "mistakes", "look_at", "notes"}


def test_saving_refuses_to_overwrite_and_unknown_endings(reports: dict[str, Report], tmp_path: Path) -> None:
    report, path = reports["binary"], tmp_path / "new" / "r.html"
    assert report.save(path) == path
    assert path.read_text(encoding="utf-8") == report.to_html()
    with pytest.raises(SaveError, match="overwrite=True"):
        report.save(path)
    assert report.save(path, overwrite=True) == path
    with pytest.raises(ParameterError, match=r"\.html or \.json"):
        report.save(tmp_path / "r.pdf")
    assert [file.name for file in tmp_path.rglob("*")] == ["new", "r.html"]


@pytest.mark.parametrize("kind", KINDS)
def test_text_shows_scores_classes_and_what_to_look_at(reports: dict[str, Report], kind: str) -> None:
    report = reports[kind]
    text = str(report)
    assert f"{report['accuracy']:.3f}" in text
    assert "ROC-AUC" in text
    assert "log loss ↓" in text
    assert all(name in text for name in report.classes)
    assert "\x1b" not in text
    assert all(sentence.split(":")[0][:30] in text for sentence in report.look_at)


def test_rich_shows_names_in_brackets_as_they_are(reports: dict[str, Report]) -> None:
    written = StringIO()
    Console(file=written, force_terminal=True, width=120).print(reports["multilabel"])
    assert "[red]drama" in written.getvalue()


def test_a_terminal_lists_the_weakest_of_many_classes() -> None:
    text = str(evaluate(*answered(300, 40), resamples=2))
    assert "and 20 classes with a higher F1" in text


def test_repr_is_one_line(reports: dict[str, Report]) -> None:
    assert repr(reports["multiclass"]).startswith("Report('<i>multiclass</i> 报告', rows=150, accuracy=0.")
    assert len(CHINESE) == len(reports["multiclass"].per_class)
