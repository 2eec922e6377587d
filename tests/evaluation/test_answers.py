"""What cannot be scored is refused at the door."""

from __future__ import annotations

import numpy as np
import pytest

from sora_keras.errors import DataError, ParameterError
from sora_keras.evaluation.answers import read_answers
from tests.evaluation.conftest import answered


def test_no_rows_is_a_data_error() -> None:
    with pytest.raises(DataError, match="no row to score"):
        read_answers(np.zeros(0, int), np.zeros((0, 2)), 2, "binary")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.5, 1.7])
def test_probabilities_out_of_range_name_the_row(bad: float) -> None:
    truth, chances = answered(10, 2)
    chances[7, 0] = bad
    with pytest.raises(DataError, match=r"row 7.*diverge"):
        read_answers(truth, chances, 2, "binary")


def test_logits_are_refused() -> None:
    with pytest.raises(DataError, match="sum to 1"):
        read_answers(np.array([0]), np.array([[0.9, 0.9]]), 2, "binary")


def test_probabilities_in_half_precision_are_taken() -> None:
    truth, chances = answered(50, 17)
    answers = read_answers(truth, chances.astype(np.float16), 17, "multiclass")
    assert np.allclose(answers.probabilities.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("truth", "shape", "kind"),
    [
        ((10,), (10, 3), "binary"),
        ((9,), (10, 2), "binary"),
        ((10,), (10, 2), "multilabel"),
        ((10, 2), (10, 2), "binary"),
    ],
)
def test_shapes_that_do_not_fit_are_named(truth: tuple[int, ...], shape: tuple[int, int], kind: str) -> None:
    with pytest.raises(ParameterError, match=r"shape .* Received"):
        read_answers(np.zeros(truth, int), np.full(shape, 0.5), 2, kind)


def test_class_indices_out_of_range_and_unknown_kinds_are_refused() -> None:
    with pytest.raises(DataError, match="below 2"):
        read_answers(np.array([0, 2]), np.full((2, 2), 0.5), 2, "binary")
    with pytest.raises(ParameterError, match="'ordinal'"):
        read_answers(np.array([0]), np.full((1, 2), 0.5), 2, "ordinal")
