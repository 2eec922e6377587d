"""Numbers kept once, and every row fed exactly once an epoch."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_keras.training.feeding import Feed, NumberCache

rows_of_numbers = st.lists(st.lists(st.integers(1, 2**31 - 1), max_size=9), max_size=30)


def cache(rows: list[list[int]], *, on_disk: bool = False, pieces: int = 3) -> NumberCache:
    """Rows appended some at a time."""
    made = NumberCache(on_disk=on_disk)
    for begin in range(0, len(rows), pieces):
        some = rows[begin : begin + pieces]
        made.append(
            np.array([number for row in some for number in row], np.int32), np.array([len(row) for row in some])
        )
    return made.close()


def feed(count: int, batch_size: int, seed: int = 0, *, on_disk: bool = False, shuffled: bool = True) -> Feed:
    """Row n holds the number n + 1, n % 7 times, its target is n, and its weight n / 2."""
    numbers = cache([[n + 1] * (n % 7) for n in range(count)], on_disk=on_disk)
    targets = np.arange(count, dtype=np.int32)
    return Feed(numbers, targets, targets.astype(np.float32) / 2, batch_size, seed, shuffled)


def order(one: Feed, epoch: int) -> list[list[int]]:
    one.epoch = epoch
    return [batch.tolist() for batch in one.batches_of_rows()]


@given(rows=rows_of_numbers, random=st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=50)
def test_rows_are_the_same_in_memory_and_on_disk(rows: list[list[int]], random) -> None:
    memory, disk = cache(rows), cache(rows, on_disk=True)
    assert len(memory) == len(disk) == len(rows)
    some = np.array([random.randrange(len(rows)) for _ in rows], np.int64)
    padded = memory.padded(some)
    assert np.array_equal(disk.padded(some), padded)
    assert padded.dtype == np.int32
    assert [[n for n in row if n] for row in padded.tolist()] == [rows[i] for i in some]
    assert padded.shape[1] == max([1, *(len(rows[i]) for i in some)])


@given(rows=rows_of_numbers, size=st.integers(1, 12))
@settings(deadline=None, max_examples=50)
def test_chunks_give_every_row_in_order(rows: list[list[int]], size: int) -> None:
    for on_disk in (False, True):
        seen: list[list[int]] = []
        for which, values, lengths in cache(rows, on_disk=on_disk).chunks(size):
            assert which == slice(len(seen), len(seen) + len(lengths))
            seen += [part.tolist() for part in np.split(values, np.cumsum(lengths)[:-1])]
        assert seen == rows


@pytest.mark.parametrize("on_disk", [False, True])
def test_gather_inside_a_graph_pads_to_the_longest_of_the_batch(on_disk: bool) -> None:
    import tensorflow as tf

    gather = tf.function(cache([[5], [6, 7, 8], []], on_disk=on_disk).gather())
    assert gather(tf.constant([1, 0], tf.int64)).numpy().tolist() == [[6, 7, 8], [5, 0, 0]]
    assert gather(tf.constant([0], tf.int64)).numpy().tolist() == [[5]]
    assert gather(tf.constant([2, 2], tf.int64)).numpy().tolist() == [[0], [0]]


def test_file_is_closed_and_gone_with_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    one = cache([[1, 2]], on_disk=True)
    assert one.on_disk
    file = one._file
    del one
    gc.collect()
    assert file is not None
    assert file.closed
    assert list(tmp_path.iterdir()) == []


@given(
    count=st.integers(0, 400), batch_size=st.integers(1, 9), seed=st.integers(0, 2**32 - 1), epoch=st.integers(0, 50)
)
@settings(deadline=None, max_examples=50)
def test_every_row_comes_exactly_once_an_epoch(count: int, batch_size: int, seed: int, epoch: int) -> None:
    one = feed(count, batch_size, seed)
    batches = order(one, epoch)
    assert sorted(row for batch in batches for row in batch) == list(range(count))
    assert len(batches) == one.steps
    assert sorted(map(len, batches), reverse=True)[: count // batch_size] == [batch_size] * (count // batch_size)


def test_last_batch_holds_what_is_left() -> None:
    one = feed(10, 4, shuffled=False)
    assert [len(batch) for batch in order(one, 0)] == [4, 4, 2]
    assert one.steps == 3
    assert [len(targets) for _, targets, _ in one.dataset()] == [4, 4, 2]


def test_order_depends_on_seed_and_epoch_alone() -> None:
    first = order(feed(300, 8, seed=1), 4)
    another = feed(300, 8, seed=1)
    order(another, 0)
    np.random.default_rng(5).random()
    assert order(another, 4) == first
    assert order(another, 5) != first
    assert order(feed(300, 8, seed=2), 4) != first
    assert order(feed(300, 8, seed=1, on_disk=True), 4) == first


def test_rows_that_are_not_shuffled_keep_their_batches_each_epoch() -> None:
    one = feed(100, 8, shuffled=False)
    assert order(one, 0) == order(one, 3)


def test_sorting_by_length_leaves_little_padding() -> None:
    lengths = np.random.default_rng(0).geometric(0.01, 5_000)
    numbers = NumberCache()
    numbers.append(np.ones(lengths.sum(), np.int32), lengths)
    one = Feed(numbers.close(), lengths, None, 32, 0)
    padded = sum(len(rows) * lengths[rows].max() for rows in one.batches_of_rows())
    assert padded < 1.1 * lengths.sum()
    unsorted = lengths[: 32 * 156].reshape(156, 32)
    assert unsorted.max(axis=1).sum() * 32 > 3 * lengths.sum()


def test_batches_of_one_length_are_not_fed_in_the_order_of_length() -> None:
    numbers = cache([[1] * length for length in range(400)], pieces=50)
    means = [np.mean(batch) for batch in order(Feed(numbers, np.arange(400), None, 10, 0), 0)]
    assert means != sorted(means)


@pytest.mark.parametrize("on_disk", [False, True])
def test_dataset_pairs_numbers_with_their_targets_and_weights(on_disk: bool) -> None:
    one = feed(50, 8, seed=3, on_disk=on_disk)
    data = one.dataset()
    assert int(data.cardinality()) == one.steps == 7
    for epoch in (0, 1):
        expected = order(one, epoch)
        seen = list(data.as_numpy_iterator())
        assert [targets.tolist() for _, targets, _ in seen] == expected
        for numbers, targets, weights in seen:
            assert np.array_equal(numbers, one.numbers.padded(targets.astype(np.int64)))
            assert np.array_equal(weights, targets / 2)


def test_feed_without_weights_gives_pairs() -> None:
    one = feed(5, 5)
    one.weights = None
    assert [len(batch) for batch in one.dataset()] == [2]
