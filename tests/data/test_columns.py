from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_keras.data.columns import is_missing, to_column
from sora_keras.errors import DataError

STRINGS = [
    ["a", None],
    np.array(["a", None], dtype=object),
    np.array(["a", np.nan], dtype=object),
    pd.Series(["a", None]),
    pd.Series(["a", pd.NA], dtype="string"),
    pd.Series(["a", np.nan], dtype="category"),
    pa.array(["a", None]),
    pa.chunked_array([["a"], [None]]),
    pa.array(["a", None]).dictionary_encode(),
    [b"a", float("nan")],
]


@pytest.mark.parametrize("values", STRINGS, ids=lambda values: type(values).__name__)
def test_strings_of_any_container_become_str_and_none(values: object) -> None:
    column = to_column(values)
    assert column.dtype == object
    assert column.tolist() == ["a", None]
    assert type(column[0]) is str


@pytest.mark.parametrize("values", [[1, 2], (1, 2), pd.Series([1, 2]), pa.array([1, 2]), np.array([1, 2], object)])
def test_whole_numbers_stay_whole(values: object) -> None:
    assert to_column(values).dtype.kind == "i"


@pytest.mark.parametrize("values", [[1, None], pd.Series([1, None], dtype="Int64"), pa.array([1, None])])
def test_whole_numbers_with_gaps_stay_whole(values: object) -> None:
    assert to_column(values).tolist() == [1, None]


def test_fixed_width_strings_and_bytes_are_decoded() -> None:
    assert to_column(np.array(["好", "b"])).tolist() == ["好", "b"]
    assert to_column(np.array(["é".encode(), b"\xff"], dtype="S")).tolist() == ["é", "\ufffd"]


def test_lists_sets_and_arrays_become_tuples() -> None:
    assert to_column([["a", "b"], {"d", "c"}, np.array([1])]).tolist() == [("a", "b"), ("c", "d"), (1,)]
    assert to_column(pa.array([["a"], []])).tolist() == [("a",), ()]


def test_lists_of_one_length_stay_one_column() -> None:
    assert to_column([["a", "b"], ["c", "d"]]).shape == (2,)


def test_mixed_types_are_kept_for_the_checks_to_name() -> None:
    assert to_column([1, "1", True, None]).tolist() == [1, "1", True, None]


def test_lone_surrogates_become_the_replacement_character() -> None:
    column = to_column(["fine 😀", "bad \ud83d"])
    assert column.tolist() == ["fine 😀", "bad \ufffd"]


def test_two_dimensions_are_refused_but_a_single_column_is_taken() -> None:
    assert to_column(np.array([["a"], ["b"]])).tolist() == ["a", "b"]
    with pytest.raises(DataError, match=r"shape \(2, 3\)"):
        to_column(np.zeros((2, 3)))


def test_times_stay_times() -> None:
    assert to_column(pd.Series(pd.to_datetime(["2020-01-01"]))).dtype.kind == "M"
    assert to_column(pa.array(["2020-01-01"]).cast(pa.date32())).dtype.kind == "M"


@pytest.mark.parametrize("value", [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT, np.datetime64("NaT")])
def test_missing_values_are_known(value: object) -> None:
    assert is_missing(value)


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=("Cs",)))))
def test_any_text_is_unchanged(texts: list[str]) -> None:
    assert to_column(texts).tolist() == texts
