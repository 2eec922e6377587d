from __future__ import annotations

import pytest

from sora_keras.data import Examples, find_answer_column, find_text_column
from sora_keras.errors import DataError


@pytest.mark.parametrize("name", ["label", "Label", " TARGET ", "sentiment", "y", "标签", "类别"])
def test_an_obvious_answer_is_found(name: str) -> None:
    assert find_answer_column(["text", "source", name]) == name


def test_an_outright_name_goes_before_a_possible_feature() -> None:
    assert find_answer_column(["text", "subject", "category", "label"]) == "label"


@pytest.mark.parametrize("names", [["text", "stars"], ["text", "label", "target"]])
def test_an_unclear_answer_lists_the_columns(names: list[str]) -> None:
    with pytest.raises(DataError, match=f"Columns: 'text', '{names[1]}'"):
        find_answer_column(names)


def test_an_obvious_text_is_found_even_when_missing_everywhere() -> None:
    examples = Examples({"id": ["x", "y"], "评论": [None, None], "label": ["a", "b"]}, answer="label")
    assert find_text_column(examples, exclude=("label",)) == "评论"


def test_the_only_column_of_strings_is_the_text() -> None:
    examples = Examples({"n": [1, 2], "what": [None, "b"], "label": ["a", "b"]})
    assert find_text_column(examples, exclude=("label",)) == "what"


def test_text_goes_before_title() -> None:
    assert find_text_column(Examples({"title": ["t"], "text": ["x"]})) == "text"


@pytest.mark.parametrize(
    ("columns", "why"),
    [({"a": ["x"], "b": ["y"]}, "Several hold text"), ({"a": [1]}, "No column holds text")],
)
def test_an_unclear_text_lists_the_columns(columns: dict[str, list[object]], why: str) -> None:
    with pytest.raises(DataError, match=f"{why}.*Columns: 'a'"):
        find_text_column(Examples(columns))
