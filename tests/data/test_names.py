from __future__ import annotations

import pytest

from sora_keras.data import Examples, find_answer_column, find_named_column, find_text_column
from sora_keras.data.names import ITEM_NAMES, RATING_NAMES, TIME_NAMES, USER_NAMES
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


@pytest.mark.parametrize(
    "name",
    ["user_id", "userId", "USER ID", "user-id", "user_id:token", " uid ", "customer", "session", "用户", "用户ID"],
)
def test_a_column_is_found_by_a_known_name_however_it_is_written(name: str) -> None:
    assert find_named_column(["other", name], USER_NAMES) == name


def test_known_names_are_in_order_of_preference() -> None:
    assert find_named_column(["title", "item_id"], ITEM_NAMES) == "item_id"
    assert find_named_column(["title", "item_id"], ITEM_NAMES, exclude=("item_id",)) == "title"


@pytest.mark.parametrize("known", [USER_NAMES, ITEM_NAMES, RATING_NAMES, TIME_NAMES])
def test_every_known_name_is_found_and_no_other(known: tuple[str, ...]) -> None:
    assert all(find_named_column([name], known) == name for name in known)
    assert find_named_column(["colour", "", "user_id:colour"], known) is None
