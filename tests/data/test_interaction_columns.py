from __future__ import annotations

import pytest

from sora_keras.data.interaction_columns import GivenRoles, Roles, find_roles
from sora_keras.errors import DataError, ParameterError


def find(names: list[str], **given: str | bool) -> Roles:
    return find_roles(names, GivenRoles(**given), "log.csv")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "names",
    [
        ["user_id", "item_id", "rating", "timestamp"],
        ["userId", "movieId", "rating", "timestamp"],
        ["user_id:token", "item_id:token", "rating:float", "timestamp:float"],
        ["User-ID", "ISBN", "Book-Rating", "Date"],
        ["reviewerID", "asin", "overall", "unixReviewTime"],
        ["visitorid", "itemid", "weight", "created at"],
        ["用户", "物品", "评分", "时间"],
        ["x0", "x1", "x2", "x3"],
        ["0", "1", "2", "3"],
    ],
)
def test_columns_say_what_they_are(names: list[str]) -> None:
    assert find(names) == Roles(*names)
    if names[0] not in ("x0", "0"):
        assert find(names[::-1]) == Roles(*names)


def test_ratings_and_times_need_not_be_there() -> None:
    assert find(["item", "user", "colour"]) == Roles("user", "item")
    assert find(["x0", "x1"]) == Roles("x0", "x1")
    assert find(["item", "user", "date"]) == Roles("user", "item", time="date")


def test_named_columns_go_before_found_ones() -> None:
    names = ["user", "item", "rating", "who", "stars"]
    assert find(names, user="who", rating="stars") == Roles("who", "item", "stars")
    assert find(["x0", "x1", "x2"], user="x1", item="x0") == Roles("x1", "x0")


def test_false_does_without() -> None:
    assert find(["user", "item", "rating", "time"], rating=False, time=False) == Roles("user", "item")
    assert find(["x0", "x1", "x2"], rating=False) == Roles("x0", "x1")


@pytest.mark.parametrize(("names", "role"), [(["who", "item"], "user"), (["user", "what"], "item")])
def test_an_unclear_column_is_asked_for_with_all_listed(names: list[str], role: str) -> None:
    listed = f"'{names[0]}', '{names[1]}'"
    with pytest.raises(DataError, match=rf'holds the {role}s\?.*Say it with {role}="name of the column".*{listed}'):
        find(names)


def test_a_file_without_header_is_suspected() -> None:
    with pytest.raises(DataError, match="first row looks like data: give it a header"):
        find(["196", "242", "3", "881250949"])


def test_a_wrong_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(DataError, match="no column 'usr'. Did you mean 'user'"):
        find(["user", "item"], user="usr")


def test_one_column_cannot_be_two_things() -> None:
    with pytest.raises(ParameterError, match="must be different columns"):
        find(["user", "item"], user="user", item="user")
