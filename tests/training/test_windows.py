"""Windows over histories: every step from one item to the next is in one of them, once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_keras.data import Interactions, last_out
from sora_keras.training import Feed, Windows, cut_windows, end_windows
from tests.recommending import log_of, made_log, padded_rows

some_histories = st.lists(st.lists(st.integers(0, 9), max_size=14), min_size=1, max_size=6).filter(any)
some_length = st.integers(1, 6)


def pieces(windows: Windows) -> list[list[int]]:
    return [
        windows.items[begin : begin + length].tolist()
        for begin, length in zip(windows.begins, windows.lengths, strict=True)
    ]


@given(histories=some_histories, length=some_length)
def test_each_item_but_the_first_of_a_history_comes_next_once(histories: list[list[int]], length: int) -> None:
    log = log_of(histories)
    windows = cut_windows(log, length)
    assert windows.items is log.items
    spans = zip(windows.begins, windows.lengths, strict=True)
    nexts = [begin + step for begin, size in spans for step in range(1, size)]
    firsts = log.starts[:-1]
    assert sorted(nexts) == sorted(set(range(len(log))) - set(firsts[np.diff(log.starts) > 0]))


@given(histories=some_histories, length=some_length)
def test_windows_stay_in_one_history_and_only_its_oldest_is_short(histories: list[list[int]], length: int) -> None:
    log = log_of(histories)
    windows = cut_windows(log, length)
    assert ((windows.lengths >= 2) & (windows.lengths <= length + 1)).all()
    owners = np.searchsorted(log.starts, windows.begins, side="right") - 1
    ends = windows.begins + windows.lengths
    assert (ends <= log.starts[owners + 1]).all()
    assert np.array_equal(windows.users, owners)
    short = windows.lengths <= length
    assert np.array_equal(windows.begins[short], log.starts[owners][short])


@given(histories=some_histories, length=some_length)
def test_end_windows_are_the_latest_items_known_and_then_those_held_out(
    histories: list[list[int]], length: int
) -> None:
    known = log_of([history[: 2 * len(history) // 3] for history in histories], 10)
    held_out = log_of([history[2 * len(history) // 3 :] for history in histories], 10)
    windows, firsts = end_windows(known, held_out, length)
    users = [user for user in range(len(histories)) if len(known.history(user)) and len(held_out.history(user))]
    late = [held_out.history(user)[: (length + 1) // 2].tolist() for user in users]
    early = [known.history(user)[-(length + 1 - len(some)) :].tolist() for user, some in zip(users, late, strict=True)]
    assert pieces(windows) == [[*had, *some] for had, some in zip(early, late, strict=True)]
    assert firsts.tolist() == [len(had) - 1 for had in early]
    assert windows.users.tolist() == users


def test_the_last_interactions_end_the_windows() -> None:
    log = made_log()
    known, held_out = last_out(log)
    windows, firsts = end_windows(known, held_out, 3)
    assert [window[-1] for window in pieces(windows)] == held_out.items.tolist()
    assert firsts.tolist() == (windows.lengths - 2).tolist()


def test_of_many_users_some_are_asked() -> None:
    users = np.arange(12_000)
    log = log_of([[int(user) % 7] for user in users], 7)
    windows, _ = end_windows(log, log, 3)
    assert len(windows) == len(np.unique(windows.users)) == 10_000
    assert (np.diff(windows.users) > 0).all()


@settings(deadline=None, max_examples=25)
@given(
    histories=some_histories.filter(lambda some: max(map(len, some)) > 1), length=some_length, seed=st.integers(0, 99)
)
def test_gathered_they_are_numbered_from_one_and_padded_at_the_end(
    histories: list[list[int]], length: int, seed: int
) -> None:
    windows = cut_windows(log_of(histories), length)
    rows = np.random.default_rng(seed).integers(0, len(windows), 4)
    found = windows.gather()(rows).numpy()
    assert found.dtype == np.int32
    assert np.array_equal(found, padded_rows([pieces(windows)[row] for row in rows]))


def test_a_feed_gives_every_window_once_in_an_epoch() -> None:
    windows = cut_windows(log_of([[0, 1, 2, 3, 4], [5, 6], [7, 8, 9], [1]]), 2)
    feed = Feed(windows, np.zeros(len(windows), np.int32), None, 2, 0)
    given = [[int(one) for one in row if one] for batch, _ in feed.dataset() for row in batch.numpy()]
    assert sorted(given) == [[1, 2, 3], [3, 4, 5], [6, 7], [8, 9, 10]]
    assert np.array_equal(windows.rows, range(4))
    assert (windows.findings, windows.on_disk) == ((), False)


def test_told_whose_they_are_batches_carry_the_users_numbered_from_one() -> None:
    windows = replace(cut_windows(log_of([[0, 1, 2], [5], [7, 8, 9, 4]]), 2), telling=True)
    items, users = windows.gather()(np.array([2, 0]))
    assert items.numpy().tolist() == [[8, 9, 0], [1, 2, 3]]
    assert users.numpy().tolist() == [3, 1]
    ((told, whose), _) = next(iter(Feed(windows, np.zeros(3, np.int32), None, 3, 0).dataset()))
    owner = {1: 1, 8: 3, 9: 3}
    assert [owner[int(row[0])] for row in told] == whose.numpy().tolist()


@pytest.mark.parametrize("log", [log_of([[3], [1]]), log_of([[], [1]])], ids=["one each", "none"])
def test_of_single_interactions_there_is_no_window(log: Interactions) -> None:
    assert len(cut_windows(log, 4)) == 0
    assert len(end_windows(log, log.take([]), 4)[0]) == 0
