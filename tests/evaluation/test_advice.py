"""What to look at: each fault that is planted is named, and a sound result is left in peace."""

from __future__ import annotations

import numpy as np
import pytest

from sora_keras.evaluation import Report
from tests.evaluation.conftest import evaluate


def said(report: Report, words: str) -> str:
    """The one sentence that has the words."""
    found = [sentence for sentence in report.look_at if words in sentence]
    assert len(found) == 1, report.look_at
    return found[0]


def chosen(answers: np.ndarray, classes: int, confidence: float = 0.8) -> np.ndarray:
    """Probabilities that answer so, with one confidence."""
    rest = (1 - confidence) / (classes - 1)
    return np.where(np.eye(classes, dtype=bool)[answers], confidence, rest)


def test_no_better_than_the_majority_is_said_first() -> None:
    truth = np.repeat([0, 1], [160, 40])
    report = evaluate(truth, chosen(np.zeros(200, int), 2), ["ham", "spam"], prior=np.array([0.8, 0.2]))
    assert report.look_at[0] == "Not better than always answering 'ham': accuracy 0.80 against 0.80."


def test_a_lead_within_the_interval_is_no_lead() -> None:
    truth = np.repeat([0, 1], [30, 30])
    answers = truth.copy()
    answers[:27] = 1
    assert "Not surely better" in evaluate(truth, chosen(answers, 2)).look_at[0]


def test_a_class_rarely_found_names_what_it_is_mistaken_for() -> None:
    truth = np.repeat([0, 1, 2], 75)
    answers = truth.copy()
    answers[75:120] = np.repeat([0, 2], [30, 15])
    report = evaluate(truth, chosen(answers, 3), ["x", "y", "z"])
    assert said(report, "found only") == (
        "'y' is found only 40 % of the time (recall, 75 rows); it is mistaken for 'x' in 30 of 75 cases."
    )


def test_a_class_never_found_is_named() -> None:
    truth = np.repeat([0, 1], [100, 50])
    report = evaluate(truth, chosen(np.zeros(150, int), 2), ["ham", "spam"])
    assert "'spam' is never found (recall, 50 rows); it is mistaken for 'ham' in 50 of 50 cases." in report.look_at


def test_an_answer_that_is_often_wrong_is_named() -> None:
    truth = np.repeat([0, 1], [200, 20])
    answers = truth.copy()
    answers[:40] = 1
    report = evaluate(truth, chosen(answers, 2), ["ham", "spam"])
    assert said(report, "precision") == "The answer 'spam' is right only 33 % of the 60 times it is given (precision)."


@pytest.mark.parametrize(("confidence", "way"), [(0.99, "over"), (0.55, "under")])
def test_scores_out_of_step_with_the_truth_are_named(confidence: float, way: str) -> None:
    truth = np.tile([0, 1], 200)
    answers = truth.copy()
    answers[:60] = 1 - answers[:60]
    report = evaluate(truth, chosen(answers, 2, confidence))
    assert f"are {way}-confident: calibration error" in said(report, "calibration error")
    assert f"mean confidence {confidence:.2f}, 0.85 come true" in said(report, "calibration error")


def test_confident_mistakes_are_counted() -> None:
    truth = np.tile([0, 1], 100)
    chances = chosen(truth, 2, 0.97)
    chances[:3] = chances[:3, ::-1]
    assert "3 mistakes have a confidence of 90 % or more" in said(evaluate(truth, chances), "mistakes")


def test_few_rows_rare_and_absent_classes_are_named() -> None:
    truth = np.repeat([0, 1, 2], [20, 20, 3])
    answers = truth.copy()
    answers[:4] = 1
    report = evaluate(truth, chosen(answers, 4), ["a", "b", "c", "d"])
    assert "With 43 rows the accuracy may lie between" in said(report, "43 rows")
    assert said(report, "nothing is known") == "No row has 'd': nothing is known about it."
    assert "'c'" in said(report, "Fewer than 10 rows")


def test_everything_right_raises_a_doubt() -> None:
    truth = np.tile([0, 1], 50)
    assert "Every answer is right" in evaluate(truth, chosen(truth, 2, 0.99)).look_at[0]


def test_a_sound_result_has_nothing_to_look_at() -> None:
    truth = np.tile([0, 1], 500)
    answers = truth.copy()
    answers[:100] = 1 - answers[:100]
    assert evaluate(truth, chosen(answers, 2, 0.89)).look_at == ()


def test_several_labels_name_the_label_that_is_missed() -> None:
    truth = np.zeros((100, 3), int)
    truth[:, 0], truth[:40, 1] = np.tile([0, 1], 50), 1
    chances = np.where(truth == 1, 0.8, 0.2)
    chances[:30, 1] = 0.2
    report = evaluate(truth, chances, ["a", "b", "c"])
    assert "'b' is found only 25 % of the time (recall, 40 rows)." in report.look_at
