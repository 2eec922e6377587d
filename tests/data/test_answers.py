from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sora_keras.data.answers import answer_key, as_answers, indicators_to_labels
from sora_keras.errors import DataError


@pytest.mark.parametrize("value", [1, 1.0, "1", " 1 "])
def test_one_class_has_one_key(value: object) -> None:
    assert answer_key(value) == "1"


def test_missing_numbers_become_none() -> None:
    assert as_answers(np.array([1.0, np.nan]), name="y", separator=None) == ([1.0, None], False)


def test_frames_of_zeros_and_ones_become_tuples_of_names() -> None:
    frame = pd.DataFrame({"a": [1, 0], "b": [1, None]})
    assert as_answers(frame, name="y", separator=None, class_names=["a", "b"])[0] == [("a", "b"), None]


def test_names_in_several_columns_are_refused() -> None:
    with pytest.raises(DataError, match="0 or 1"):
        as_answers(np.array([["a", "b"]]), name="y", separator=None)


def test_indicators_without_names_are_numbered() -> None:
    assert indicators_to_labels(np.array([[0.0, 1.0]]), None, "y") == [(1,)]


def test_dictionaries_are_no_labels() -> None:
    with pytest.raises(DataError, match="must hold labels"):
        as_answers([{"a": 1}, "b"], name="y", separator=None)
