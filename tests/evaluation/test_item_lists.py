"""Lists of items, one a user."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_keras.errors import ParameterError
from sora_keras.evaluation import ItemLists
from tests.evaluation.rankings import lists_of

SOME = st.lists(st.lists(st.integers(0, 9), max_size=6), min_size=1, max_size=6)


def plain(lists: ItemLists) -> list[list[int]]:
    return [lists.items[a:b].tolist() for a, b in zip(lists.starts[:-1], lists.starts[1:], strict=True)]


@given(some=SOME, data=st.data())
def test_lists_of_some_users_are_taken_in_the_order_given(some: list[list[int]], data: st.DataObject) -> None:
    users = data.draw(st.lists(st.integers(0, len(some) - 1), max_size=5))
    assert plain(lists_of(some).take(np.array(users, dtype=int))) == [some[user] for user in users]


@given(some=SOME)
def test_distinct_lists_name_each_item_once(some: list[list[int]]) -> None:
    assert plain(lists_of(some).distinct()) == [sorted(set(one)) for one in some]


@given(some=SOME)
def test_an_item_is_looked_for_only_in_its_users_own_list(some: list[list[int]]) -> None:
    items = np.tile(np.arange(-1, 12), (len(some), 1))
    found = lists_of(some).contains(np.arange(len(some))[:, None], items)
    assert found.tolist() == [[item in one for item in range(-1, 12)] for one in some]


@pytest.mark.parametrize("starts", [[0, 2], [1, 3], [0, 2, 1, 3], []])
def test_starts_that_do_not_cut_the_items_into_lists_are_refused(starts: list[int]) -> None:
    with pytest.raises(ParameterError, match="starts must rise from 0 to the 3 items"):
        ItemLists(np.array([4, 5, 6]), np.array(starts, dtype=int))


def test_negative_numbers_are_refused() -> None:
    with pytest.raises(ParameterError, match="from 0 up. Received: -1"):
        lists_of([[3, -1]])
