from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_keras.data import Interactions, at_random, last_out, read_interactions
from sora_keras.errors import ParameterError

PAIRS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 30)), min_size=1, max_size=80)


def pairs(log: Interactions) -> list[tuple[int, int]]:
    return list(zip(log.users.tolist(), log.items.tolist(), strict=True))


def test_the_last_interaction_of_each_user_is_the_test() -> None:
    rows = [("u", "late", 1, 30), ("u", "early", 2, 10), ("v", "only", 3, 20), ("w", "a", 4, 1), ("w", "b", 5, 2)]
    log = read_interactions(rows)
    train, test = last_out(log)
    assert [(log.user_ids[user], log.item_ids[item]) for user, item in pairs(test)] == [("u", "late"), ("w", "b")]
    assert [(log.user_ids[user], log.item_ids[item]) for user, item in pairs(train)] == [
        ("u", "early"), ("v", "only"), ("w", "a"),
    ]  # fmt: skip
    assert test.weights is not None
    assert test.weights.tolist() == [1, 5]


def test_without_times_the_last_row_is_the_test() -> None:
    train, test = last_out(read_interactions([("u", "b"), ("u", "a")]))
    assert (pairs(train), pairs(test)) == ([(0, 0)], [(0, 1)])
    assert train.findings == ()


def test_where_no_user_has_two_the_test_is_empty() -> None:
    train, test = last_out(read_interactions([("u", "a"), ("v", "a")]))
    assert (len(train), len(test)) == (2, 0)


@given(PAIRS)
def test_last_out_loses_nothing_and_takes_one_of_every_user_with_two(rows: list[tuple[int, int]]) -> None:
    log = read_interactions(rows)
    train, test = last_out(log)
    assert sorted(pairs(train) + pairs(test)) == sorted(pairs(log))
    assert np.diff(test.starts).tolist() == (np.diff(log.starts) > 1).astype(int).tolist()
    for user in range(log.n_users):
        assert [*train.history(user), *test.history(user)] == log.history(user).tolist()


@given(PAIRS, st.floats(0.05, 0.95), st.integers(0, 3))
def test_at_random_loses_nothing_and_leaves_every_user_one(
    rows: list[tuple[int, int]], fraction: float, seed: int
) -> None:
    log = read_interactions(rows)
    train, test = at_random(log, fraction=fraction, seed=seed)
    assert sorted(pairs(train) + pairs(test)) == sorted(pairs(log))
    assert (np.diff(train.starts) > 0).all()
    assert len(test) <= round(fraction * len(log))
    assert train.item_ids is test.item_ids is log.item_ids


def test_the_share_is_exact_where_users_have_enough() -> None:
    log = read_interactions([(user, item) for user in range(20) for item in range(50)])
    train, test = at_random(log, fraction=0.2, seed=1)
    assert (len(train), len(test)) == (800, 200)


def test_users_without_rows_are_no_obstacle() -> None:
    log = read_interactions([("u", "a"), ("u", "b"), ("v", "a"), ("w", "c")]).take([0, 1, 3])
    assert [len(part) for part in last_out(log)] == [2, 1]
    assert sum(len(part) for part in at_random(log, fraction=0.9)) == 3


def test_the_seed_decides() -> None:
    log = read_interactions([(user, item) for user in range(20) for item in range(20)])
    one, same, other = (at_random(log, seed=seed)[1].fingerprint() for seed in (1, 1, 2))
    assert one == same != other


@pytest.mark.parametrize("fraction", [0, 1, -0.5, 1.5])
def test_a_share_out_of_range_is_refused(fraction: float) -> None:
    with pytest.raises(ParameterError, match=f"fraction must be above 0 and below 1. Received: {fraction}"):
        at_random(read_interactions([("u", "a")]), fraction=fraction)
