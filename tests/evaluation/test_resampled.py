"""Scores of resamples, all at once, are those of scikit-learn on each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_keras.evaluation.answers import read_answers
from sora_keras.evaluation.bootstrap import resample_counts
from sora_keras.evaluation.metrics import NAMES, measure
from sora_keras.evaluation.resampled import measure_resamples
from tests.evaluation.conftest import answered, kind_of, labelled


def assert_same(truth: np.ndarray, chances: np.ndarray, seed: int) -> None:
    """Each column of counts gives what scikit-learn gives on the rows that it repeats."""
    classes = chances.shape[1]
    kind = kind_of(truth, classes)
    (counts,) = resample_counts(len(truth), 6, seed)
    found = measure_resamples(read_answers(truth, chances, classes, kind), counts)
    for column, times in enumerate(counts.T.astype(int)):
        rows = np.repeat(np.arange(len(truth)), times)
        expected = measure(read_answers(truth[rows], chances[rows], classes, kind))
        for name in NAMES:
            value = np.nan if expected[name] is None else expected[name]
            assert found[name][column] == pytest.approx(value, abs=2e-6, nan_ok=True), name


@settings(max_examples=15, deadline=None)
@given(rows=st.integers(2, 60), classes=st.integers(2, 6), seed=st.integers(0, 999), ties=st.booleans())
def test_classes_match_scikit_learn_on_each_resample(rows: int, classes: int, seed: int, ties: bool) -> None:
    truth, chances = answered(rows, classes, seed=seed)
    if ties:
        chances = np.maximum(np.round(chances, 1), 0.1)
        chances /= chances.sum(axis=1, keepdims=True)
    assert_same(truth, chances, seed)


@settings(max_examples=10, deadline=None)
@given(rows=st.integers(2, 40), labels=st.integers(2, 4), seed=st.integers(0, 999), ties=st.booleans())
def test_labels_match_scikit_learn_on_each_resample(rows: int, labels: int, seed: int, ties: bool) -> None:
    truth, chances = labelled(rows, labels, seed=seed)
    assert_same(truth, np.round(chances, 1) if ties else chances, seed)


def test_certain_wrong_answers_have_a_finite_loss() -> None:
    assert_same(np.array([0, 1, 0, 1]), np.array([[0, 1], [1, 0], [1, 0], [0, 1.0]]), 0)
