from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_keras.data import Interactions, describe, numbering, read_interactions
from sora_keras.errors import DataError

IDS = st.sampled_from(["a", "b", "c", "d", "e", 1, 2, 1.0, "1", " a ", "é"])
ROWS = st.lists(st.tuples(IDS, IDS, st.integers(1, 5), st.integers(0, 9)), min_size=1, max_size=60)


def as_id(value: Any) -> str:
    return {"1.0": "1"}.get(str(value).strip(), str(value).strip())


def told(log: Interactions) -> dict[str, str]:
    return {finding.kind: finding.message for finding in log.findings}


@given(ROWS)
def test_a_log_holds_what_a_slow_reading_finds(rows: list[tuple[Any, Any, int, int]]) -> None:
    log = read_interactions(rows)
    plain = [(as_id(user), as_id(item), rating, time) for user, item, rating, time in rows]
    assert log.user_ids.tolist() == list(dict.fromkeys(row[0] for row in plain))
    assert log.item_ids.tolist() == list(dict.fromkeys(row[1] for row in plain))
    last: dict[tuple[str, str], tuple[int, int, int]] = {}
    for place, (user, item, rating, time) in enumerate(plain):
        if (user, item) not in last or last[user, item][0] <= time:
            last[user, item] = (time, place, rating)
    for number, user in enumerate(log.user_ids):
        own = sorted((time, place, item, rating) for (who, item), (time, place, rating) in last.items() if who == user)
        assert log.item_ids[log.history(number)].tolist() == [item for _, _, item, _ in own]
        if log.weights is not None:
            assert log.weights[log.users == number].tolist() == [rating for *_, rating in own]
    assert len(log) == len(last)
    assert (log.weights is None) == (len({rating for *_, rating in last.values()}) == 1)


def test_rows_of_one_time_keep_their_order() -> None:
    rows = [(user, str(item), 1, 5) for item in range(30) for user in ("u", "v")]
    log = read_interactions(rows)
    assert log.item_ids[log.history(1)].tolist() == [str(item) for item in range(30)]


def test_rows_without_times_keep_their_order() -> None:
    log = read_interactions([("u", "c"), ("v", "a"), ("u", "b"), ("u", "a")])
    assert log.item_ids[log.history(0)].tolist() == ["c", "b", "a"]
    assert log.times is None


def test_ids_that_are_blank_or_missing_leave_their_rows_out() -> None:
    users = ["u", None, " ", "v", float("nan"), "w"]
    log = read_interactions(
        {"user": users, "item": ["a", "b", "c", "", "d", "a"], "time": ["1", "?", "", None, "", "2"]}
    )
    assert (log.user_ids.tolist(), log.item_ids.tolist()) == (["u", "w"], ["a"])
    assert log.times is not None
    assert log.times.tolist() == [1, 2]
    assert log.findings[0].rows == (1, 2, 3, 4)
    assert told(log)["missing"] == "4 rows without a user or item left out"


def test_an_id_of_a_row_left_out_comes_when_it_comes() -> None:
    log = read_interactions([("u", None), ("v", "a"), ("u", "b")])
    assert log.user_ids.tolist() == ["v", "u"]


@pytest.mark.parametrize("columns", [{"user": [None], "item": ["a"]}, {"user": ["", "u"], "item": ["a", " "]}])
def test_a_log_with_no_usable_row_is_refused(columns: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="the dictionary has no row with a user and an item"):
        read_interactions(columns)


def test_of_repeats_the_last_by_time_is_kept_and_told() -> None:
    log = read_interactions([("u", "a", 5, 30), ("u", "b", 4, 20), ("u", "a", 1, 10), ("u", "a", 2, 10)])
    assert log.item_ids[log.history(0)].tolist() == ["b", "a"]
    assert log.weights is not None
    assert log.weights.tolist() == [4, 5]
    assert told(log) == {"duplicate": "2 rows of a user and an item that come again left out, the last kept"}


def test_of_repeats_without_time_the_last_row_is_kept() -> None:
    log = read_interactions([("u", "a", 5), ("u", "b", 4), ("u", "a", 1)])
    assert log.item_ids[log.history(0)].tolist() == ["b", "a"]
    assert log.weights is not None
    assert log.weights.tolist() == [4, 1]


@given(ROWS)
def test_repeats_are_found_whatever_is_compared_at_once(rows: list[tuple[Any, Any, int, int]]) -> None:
    whole = read_interactions(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numbering, "_COMPARED_AT_ONCE", 3)
        assert read_interactions(rows).fingerprint() == whole.fingerprint()


def test_equal_ratings_are_not_used_and_told() -> None:
    log = read_interactions([("u", "a", 5), ("u", "b", 5)])
    assert log.weights is None
    assert "every rating is 5: they say nothing and are not used" in describe(log.findings)


@pytest.mark.parametrize("value", ["good", None, "", float("nan"), float("inf"), 1e39, "nan", (1, 2)])
def test_a_rating_that_is_no_number_is_named_with_its_row(value: object) -> None:
    columns = {"user": [None, "u", "v"], "item": ["a", "a", "b"], "stars": ["?", 3, value]}
    with pytest.raises(DataError, match=r"'stars' must hold a finite number.*in row 2"):
        read_interactions(columns)


def test_ratings_as_text_and_truths_are_numbers() -> None:
    for ratings in (["1", "0"], [True, False], np.array(["1.0", "0"])):
        log = read_interactions({"user": ["u", "v"], "item": ["a", "a"], "rating": ratings})
        assert log.weights is not None
        assert log.weights.tolist() == [1, 0]


def test_users_with_one_interaction_are_told() -> None:
    log = read_interactions([("u", "a"), ("u", "b"), ("v", "a"), ("w", "a"), ("w", "a")])
    assert told(log)["single"] == "2 users with one interaction, which cannot be tested"
    assert "single" not in told(read_interactions([("u", "a"), ("u", "b")]))


@pytest.mark.parametrize(
    "times",
    [
        [1_700_000_000, 1_600_000_000],
        [1_700_000_000_000, 1_600_000_000_000],
        ["2023-11-14 22:13:20", "2020-09-13T12:26:40Z"],
        ["2023/11/14 22:13:20", 1_600_000_000],
    ],
)
def test_times_of_any_kind_order_the_rows(times: list[Any]) -> None:
    log = read_interactions({"user": ["u", "u"], "item": ["late", "early"], "timestamp": times})
    assert log.item_ids[log.history(0)].tolist() == ["early", "late"]
    assert log.times is not None
    assert log.times.tolist() == [1_600_000_000, 1_700_000_000]


def test_a_bad_time_is_named_with_its_row_of_the_source() -> None:
    columns = {"user": [None, "u", "v", "v"], "item": ["a", "a", "b", "c"]}
    with pytest.raises(DataError, match=r"'date' must hold times.*'soon' in row 2"):
        read_interactions(columns | {"date": ["?", "2020-01-01", "soon", "2020-01-01"]})
    with pytest.raises(DataError, match=r"'date' mixes units.*row 3 looks like milliseconds"):
        read_interactions(columns | {"date": [5e12, 1.6e9, 1.6e9, 1.6e12]})
