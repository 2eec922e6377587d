"""Intervals: where the score would lie on other rows of the same kind."""

from __future__ import annotations

import time

import numpy as np
import pytest

from sora_keras.evaluation.bootstrap import affordable, resample_counts
from tests.evaluation.conftest import answered, evaluate, labelled


def test_each_resample_draws_as_many_rows_as_there_are() -> None:
    counts = np.concatenate(list(resample_counts(50, 30, seed=1)), axis=1)
    assert counts.shape == (50, 30)
    assert (counts.sum(axis=0) == 50).all()
    assert counts.std() == pytest.approx(1, abs=0.1)


def test_interval_of_accuracy_is_as_wide_as_the_binomial_says() -> None:
    report = evaluate(*answered(2000, 2), resamples=1000)
    accuracy = report.scores[0]
    assert accuracy.value is not None
    assert accuracy.low is not None
    assert accuracy.high is not None
    error = np.sqrt(accuracy.value * (1 - accuracy.value) / 2000)
    assert accuracy.high - accuracy.low == pytest.approx(2 * 1.96 * error, rel=0.1)


@pytest.mark.parametrize("data", [answered(300, 2), answered(300, 9), labelled(300, 3)], ids=["two", "nine", "labels"])
def test_every_interval_holds_its_value(data: tuple[np.ndarray, np.ndarray]) -> None:
    for score in evaluate(*data).scores:
        assert score.value is not None
        assert score.low is not None
        assert score.high is not None
        assert score.low <= score.value <= score.high, score


def test_well_calibrated_answers_have_an_interval_that_reaches_down_to_their_error() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 400)
    truth = (rng.random(400) > confidence).astype(int)
    score = evaluate(truth, np.stack([confidence, 1 - confidence], axis=1)).scores[-1]
    assert score.low is not None
    assert score.value is not None
    assert 0 <= score.low < score.value


def test_same_seed_gives_the_same_intervals_and_another_seed_others() -> None:
    data = answered(100, 3)
    first, again, other = (evaluate(*data, seed=seed).scores for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_one_row_has_scores_without_intervals() -> None:
    report = evaluate(np.array([1]), np.array([[0.2, 0.8]]))
    assert report["accuracy"] == 1
    assert all(score.low is None and score.high is None for score in report.scores)
    assert "One row gives no interval." in report.notes[0]


def test_very_many_rows_are_drawn_less_often_but_a_hundred_times_at_least() -> None:
    assert 100 <= affordable(1000, 200_000 * 2) < 1000
    assert affordable(50, 200_000 * 2) == 50
    assert affordable(1000, 10**9) == 100


@pytest.mark.parametrize(("rows", "classes"), [(5000, 2), (1700, 17)])
def test_a_report_of_usual_size_takes_seconds_not_minutes(rows: int, classes: int) -> None:
    data = answered(rows, classes)
    evaluate(*data, resamples=2)
    begin = time.perf_counter()
    evaluate(*data, resamples=1000)
    # Under a second on an idle machine; here only a loop over scikit-learn calls would be caught.
    assert time.perf_counter() - begin < 10
