"""Every score is scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from sora_keras.evaluation.answers import read_answers
from sora_keras.evaluation.metrics import NAMES, bins, measure, measure_classes, reliability
from tests.evaluation.conftest import answered, evaluate, labelled


def test_scores_of_two_classes_are_those_of_scikit_learn() -> None:
    truth, chances = answered(300, 2)
    predicted = chances.argmax(axis=1)
    both = np.eye(2)[truth]
    expected = {
        "accuracy": sk.accuracy_score(truth, predicted),
        "balanced_accuracy": sk.balanced_accuracy_score(truth, predicted),
        "precision": sk.precision_score(truth, predicted, average="macro"),
        "recall": sk.recall_score(truth, predicted, average="macro"),
        "f1": sk.f1_score(truth, predicted, average="macro"),
        "roc_auc": sk.roc_auc_score(truth, chances[:, 1]),
        "pr_auc": sk.average_precision_score(both, chances, average="macro"),
        "log_loss": sk.log_loss(truth, chances),
        "brier": sk.brier_score_loss(truth, chances[:, 1]),
    }
    found = measure(read_answers(truth, chances, 2, "binary"))
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert tuple(found) == NAMES


def test_scores_of_many_classes_are_those_of_scikit_learn() -> None:
    truth, chances = answered(400, 5)
    predicted, hot = chances.argmax(axis=1), np.eye(5)[truth]
    found = measure(read_answers(truth, chances, 5, "multiclass"))
    expected = {
        "accuracy": sk.accuracy_score(truth, predicted),
        "balanced_accuracy": sk.balanced_accuracy_score(truth, predicted),
        "f1": sk.f1_score(truth, predicted, average="macro"),
        "roc_auc": sk.roc_auc_score(truth, chances, multi_class="ovr", average="macro"),
        "log_loss": sk.log_loss(truth, chances),
        "brier": ((hot - chances) ** 2).sum(axis=1).mean(),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_scores_of_several_labels_are_averages_over_labels() -> None:
    truth, chances = labelled(200, 4)
    predicted = (chances >= 0.5).astype(int)
    found = measure(read_answers(truth, chances, 4, "multilabel"))
    each = range(4)
    expected = {
        "accuracy": sk.accuracy_score(truth, predicted),
        "balanced_accuracy": np.mean([sk.balanced_accuracy_score(truth[:, i], predicted[:, i]) for i in each]),
        "precision": sk.precision_score(truth, predicted, average="macro"),
        "roc_auc": sk.roc_auc_score(truth, chances, average="macro"),
        "log_loss": np.mean([sk.log_loss(truth[:, i], chances[:, i]) for i in each]),
        "brier": np.mean([sk.brier_score_loss(truth[:, i], chances[:, i]) for i in each]),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_calibration_error_is_the_mean_gap_of_ten_bins() -> None:
    confidence = np.array([0.95, 0.95, 0.95, 0.95, 0.65, 0.65])
    truth = np.array([0, 0, 0, 1, 0, 0])
    chances = np.stack([confidence, 1 - confidence], axis=1)
    found = measure(read_answers(truth, chances, 2, "binary"))["calibration_error"]
    assert found == pytest.approx((4 * abs(0.75 - 0.95) + 2 * abs(1 - 0.65)) / 6)


def test_counts_of_bins_belong_to_the_bins_of_scikit_learn() -> None:
    edges = np.repeat(np.linspace(0.5, 1, 11), 3)
    answers = read_answers(np.zeros(33, int), np.stack([edges, 1 - edges], axis=1), 2, "binary")
    shares, means, counts = reliability(answers)
    confidence = answers.confidence.ravel()
    assert len(shares) == len(counts)
    assert counts.sum() == 33
    assert means == pytest.approx([confidence[bins(confidence) == i].mean() for i in np.unique(bins(confidence))])


def test_perfectly_right_and_wholly_wrong_answers_have_a_calibration_error() -> None:
    sure = np.tile([0.9, 0.1], (10, 1))
    for truth, expected in ((0, 0.1), (1, 0.9)):
        found = measure(read_answers(np.full(10, truth), sure, 2, "binary"))["calibration_error"]
        assert found == pytest.approx(expected)


def test_areas_are_undefined_where_every_row_has_one_class_and_say_why() -> None:
    _, chances = answered(20, 3)
    report = evaluate(np.ones(20, int), chances)
    undefined = {score.name: score.why for score in report.scores if score.value is None}
    assert undefined == dict.fromkeys(("roc_auc", "pr_auc"), "every row has the same class")
    assert np.isnan(report["roc_auc"])
    assert report["recall"] == pytest.approx((chances.argmax(axis=1) == 1).mean())


def test_labels_that_no_row_has_leave_their_scores_undefined() -> None:
    _, chances = labelled(20, 3)
    report = evaluate(np.zeros((20, 3), int), chances)
    why = {score.name: score.why for score in report.scores if score.value is None}
    assert set(why) == {"balanced_accuracy", "precision", "recall", "f1", "roc_auc", "pr_auc"}
    assert why["f1"] == "no row has any label"


def test_a_class_absent_from_the_test_data_does_not_count_in_averages() -> None:
    truth, chances = answered(100, 4)
    kept = truth != 2
    truth, chances = truth[kept], chances[kept]
    found = measure(read_answers(truth, chances, 4, "multiclass"))
    predicted = chances.argmax(axis=1)
    assert 2 in predicted
    assert found["recall"] == pytest.approx(sk.recall_score(truth, predicted, labels=[0, 1, 3], average="macro"))
    assert found["roc_auc"] == pytest.approx(np.mean([sk.roc_auc_score(truth == i, chances[:, i]) for i in (0, 1, 3)]))


def test_class_table_says_why_a_score_is_missing() -> None:
    truth = np.array([0, 0, 1, 1])
    chances = np.array([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.8, 0.1, 0.1], [0.8, 0.1, 0.1]])
    table = measure_classes(read_answers(truth, chances, 3, "multiclass"), ["a", "b", "c"])
    assert [row.support for row in table] == [2, 2, 0]
    assert table[0].precision == pytest.approx(1 / 3)
    assert table[0].recall == 0.5
    assert not table[0].why
    assert table[1].precision is None
    assert table[1].why == "never answered, so it has no precision"
    assert table[2].recall is None
    assert table[2].why == "no row has it; wrongly answered 1 time"
