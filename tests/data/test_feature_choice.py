from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from sora_keras.data.columns import to_column
from sora_keras.data.feature_choice import fit_encoding
from sora_keras.data.feature_encoding import ColumnEncoding


def chosen(values: Any) -> ColumnEncoding | str:
    """The encoding of a column, or the kind of finding that says why there is none."""
    encoding, findings = fit_encoding({"it": to_column(values)})
    return encoding.columns[0] if encoding.columns else findings[0].kind


@pytest.mark.parametrize("values", [[1, 2, 4], [1.5, None, 4], ["1", "2", "10"], [True, False, True]])
def test_numbers_are_standardised(values: list[Any]) -> None:
    encoding = chosen(values)
    assert isinstance(encoding, ColumnEncoding)
    assert encoding.kind == "number"
    features = encoding.encode(to_column(values))
    assert abs(features.mean()) < 1e-6


@pytest.mark.parametrize(
    "values", [["2024-03-31", "2024/4/1"], [date(2020, 1, 2), date(2021, 1, 1)], np.array([1, 2], "datetime64[D]")]
)
def test_dates_are_numbers(values: Any) -> None:
    encoding = chosen(values)
    assert isinstance(encoding, ColumnEncoding)
    assert encoding.kind == "date"


def test_a_few_mistakes_among_numbers_are_told_and_count_as_missing() -> None:
    encoding, (finding,) = fit_encoding({"year": to_column([*map(str, range(1900, 2000)), "soon"])})
    assert (encoding.columns[0].kind, encoding.columns[0].mean) == ("number", 1949.5)
    assert (finding.kind, finding.rows) == ("mixed_type", (100,))
    assert finding.message == "1 row of 'year' with no number, counted as missing"


def test_codes_that_begin_with_zero_are_no_numbers() -> None:
    assert chosen([f"0{code}" for code in range(1000, 1300)]) == "unused"


@pytest.mark.parametrize(
    ("values", "separator"),
    [
        (["Action|Comedy", "Action", "Comedy|Drama"], "|"),
        (["Action Comedy", "Action", "Comedy Drama", "Drama"], " "),
        (["a, b", "a", "b, c", "a, c"], ","),
        (["动作、喜剧", "动作", "喜剧、剧情", "剧情"], "、"),
        ([("a", "b"), ("a",), None], None),
        (["['a', 'b']", "['a']", "['b', 'c']", "['c']"], ","),
    ],
)
def test_several_categories_in_one_value_are_told_apart(values: list[Any], separator: str | None) -> None:
    encoding = chosen(values)
    assert isinstance(encoding, ColumnEncoding)
    assert (encoding.kind, encoding.separator) == ("category", separator)
    assert encoding.encode(to_column(values)).sum(axis=1)[0] == 2


def test_names_of_two_words_stay_whole() -> None:
    encoding = chosen(["New York", "New Orleans", "Los Angeles", "New York"])
    assert isinstance(encoding, ColumnEncoding)
    assert (encoding.values, encoding.separator) == (("Los Angeles", "New Orleans", "New York"), None)


def test_200_categories_are_features_and_201_are_not() -> None:
    encoding = chosen([f"c{number}" for number in range(200)] * 2)
    assert isinstance(encoding, ColumnEncoding)
    assert len(encoding.feature_names) == 200
    assert chosen([f"c{number}" for number in range(201)] * 2) == "unused"


def test_free_text_is_left_out_by_name() -> None:
    texts = [f"The story number {row} of somebody who went from town to town number {row}" for row in range(50)]
    encoding, (finding,) = fit_encoding({"plot": to_column([*texts, texts[0]])})
    assert encoding.feature_names == ()
    assert finding.message == "'plot' holds 50 different values and gives no features"


@pytest.mark.parametrize(
    ("values", "kind"),
    [([3, 3, None], "constant"), (["a", "a"], "constant"), ([None, " "], "empty"), (["a", "b", "c"], "unused")],
)
def test_columns_that_tell_nothing_apart_give_no_features(values: list[Any], kind: str) -> None:
    assert chosen(values) == kind


def test_one_value_beside_missing_ones_is_a_feature() -> None:
    encoding = chosen(["award", None, "award"])
    assert isinstance(encoding, ColumnEncoding)
    assert encoding.feature_names == ("it=award",)
