from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_keras.data import Examples
from sora_keras.errors import DataError


@pytest.fixture
def examples() -> Examples:
    return Examples({"text": ["a", "b", "c"], "label": [1, 0, 1]}, answer="label", source="toy.csv")


def test_values_of_any_container_become_columns(examples: Examples) -> None:
    assert examples.column("text").dtype == object
    assert examples.column("label").dtype == np.int64
    assert (len(examples), examples.names, examples.streamed) == (3, ("text", "label"), False)


def test_conflicting_lengths_are_named() -> None:
    with pytest.raises(DataError, match=r"same length.*'text': 2, 'label': 3"):
        Examples({"text": ["a", "b"], "label": [1, 2, 3]})


def test_an_unknown_column_names_the_nearest_and_lists_all(examples: Examples) -> None:
    with pytest.raises(DataError, match=r"toy.csv has no column 'lable'. Did you mean 'label'\?.*'text', 'label'"):
        examples.column("lable")


def test_an_answer_that_is_no_column_is_refused() -> None:
    with pytest.raises(DataError, match="no column 'y'"):
        Examples({"text": ["a"]}, answer="y")


def test_no_columns_are_refused() -> None:
    with pytest.raises(DataError, match="has no columns"):
        Examples({})


def test_take_keeps_the_order_asked_for(examples: Examples) -> None:
    assert examples.take([2, 0]).column("text").tolist() == ["c", "a"]
    assert len(examples.take([])) == 0


@given(st.integers(0, 30), st.integers(1, 10))
def test_batches_are_the_rows_in_order(count: int, size: int) -> None:
    parts = list(Examples({"n": np.arange(count)}).batches(size))
    assert [row for part in parts for row in part.column("n")] == list(range(count))
    assert all(len(part) == size for part in parts[:-1])


def test_columns_are_added_replaced_renamed_and_left_out(examples: Examples) -> None:
    changed = examples.with_columns({"label": [0, 0, 0], "more": ["x", "y", "z"]})
    assert changed.column("label").tolist() == [0, 0, 0]
    renamed = changed.rename({"label": "target", "text": "review"})
    assert (renamed.names, renamed.answer) == (("review", "target", "more"), "target")
    assert renamed.without_columns("target").answer is None
    assert examples.with_answer("text").answer == "text"


def test_renaming_to_a_name_in_use_is_refused(examples: Examples) -> None:
    with pytest.raises(DataError, match="two columns"):
        examples.rename({"text": "label"})


def test_fingerprint_changes_with_any_value_name_or_order(examples: Examples) -> None:
    same = Examples({"text": np.array(["a", "b", "c"], object), "label": np.array([1, 0, 1])})
    others = [
        examples.take([1, 0, 2]),
        examples.rename({"text": "review"}),
        examples.with_columns({"text": ["a", "bc", ""]}),
        examples.with_columns({"text": ["a", "b", None]}),
        examples.with_columns({"label": [1.0, 0.0, 1.0]}),
    ]
    assert examples.fingerprint() == same.fingerprint()
    assert len({examples.fingerprint(), *(other.fingerprint() for other in others)}) == 6


def test_nbytes_counts_the_strings() -> None:
    assert Examples({"text": ["x" * 1000]}).nbytes > 1000
