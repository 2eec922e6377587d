from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_keras.data import Interactions, read_interactions
from sora_keras.data.interactions import id_text
from sora_keras.errors import DataError, ParameterError

ROWS = [("ann", "tea", 3.0, 20), ("bob", "tea", 4.0, 5), ("ann", "milk", 5.0, 10), ("cem", "juice", 1.0, 7)]


@pytest.fixture(scope="module")
def log() -> Interactions:
    return read_interactions(ROWS)


def test_histories_are_by_user_and_the_oldest_first(log: Interactions) -> None:
    assert log.user_ids.tolist() == ["ann", "bob", "cem"]
    assert log.item_ids.tolist() == ["tea", "milk", "juice"]
    assert [log.item_ids[log.history(user)].tolist() for user in range(3)] == [["milk", "tea"], ["tea"], ["juice"]]
    assert log.starts.tolist() == [0, 2, 3, 4]
    assert log.counts.tolist() == [2, 1, 1]
    assert (len(log), log.n_users, log.n_items) == (4, 3, 3)
    assert repr(log) == "Interactions(4 rows of 3 users and 3 items)"


def test_columns_are_compact(log: Interactions) -> None:
    assert log.weights is not None
    assert log.times is not None
    assert (log.users.dtype, log.items.dtype, log.weights.dtype, log.times.dtype) == ("i4", "i4", "f4", "f8")
    assert all(type(name) is str for name in (*log.user_ids, *log.item_ids))


def test_some_rows_keep_ids_and_order(log: Interactions) -> None:
    some = log.take([3, 0])
    assert some.user_ids is log.user_ids
    assert [some.history(user).tolist() for user in range(3)] == [[1], [], [2]]
    assert some.weights is not None
    assert some.weights.tolist() == [5, 1]
    assert log.take([-1]).users.tolist() == [2]
    mask = np.array([False, True, False, False])
    assert log.take(mask).items.tolist() == log.take([1]).items.tolist() == [0]
    assert len(log.take([])) == 0


def test_ids_are_looked_up_whatever_their_type() -> None:
    log = read_interactions({"user": [7, 42], "item": ["a", "b"]})
    assert [log.user_number(name) for name in ("42", 42, 42.0, np.int32(42), " 42 ")] == [1] * 5
    assert log.item_number("b") == 1


def test_an_unknown_id_is_refused_with_the_nearest(log: Interactions) -> None:
    with pytest.raises(ParameterError, match=r"has no user 'anne'. Did you mean 'ann'\? It has 3 users"):
        log.user_number("anne")
    with pytest.raises(ParameterError, match="has no item 'coffee'. It has 3 items"):
        log.item_number("coffee")
    with pytest.raises(ParameterError, match="has no item None"):
        log.item_number(None)


def test_the_fingerprint_is_of_ids_rows_weights_and_times(log: Interactions) -> None:
    assert log.fingerprint() == read_interactions(ROWS).fingerprint()
    others = [ROWS[:3], [("eve", *row[1:]) for row in ROWS], [row[:2] for row in ROWS], [row[:3] for row in ROWS]]
    assert len({log.fingerprint(), *(read_interactions(rows).fingerprint() for rows in others)}) == 5


def test_columns_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match=r"same length. Received: \[1, 2\]"):
        Interactions([0, 0], [0], ["u"], ["i"])
    with pytest.raises(DataError, match="must be in order"):
        Interactions([1, 0], [0, 0], ["u", "v"], ["i"])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (42, "42"), (42.0, "42"), ("42.0", "42"), (" 42 ", "42"), (np.float32(42), "42"), (1.5, "1.5"),
        (1e15, "1000000000000000"), ("1e+15", "1000000000000000"), ("1.5e+0", "1.5e+0"), ("1e5", "1e5"),
        ("007", "007"), ("a.0", "a.0"), ("1.0.0", "1.0.0"), (True, "True"), (2**70, str(2**70)), ("用户 1", "用户 1"),
        (None, None), ("", None), (" ", None), (float("nan"), None),
    ],
)  # fmt: skip
def test_an_id_is_one_string(value: object, text: str | None) -> None:
    assert id_text(value) == text


@given(st.integers(-(2**53), 2**53))
def test_a_whole_number_is_one_id_as_integer_float_and_string(number: int) -> None:
    assert id_text(number) == id_text(float(number)) == id_text(str(number)) == id_text(f"{number}.0")
