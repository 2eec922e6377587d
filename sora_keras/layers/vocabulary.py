"""A vocabulary of 64-bit hashes, counted in bounded memory, and the tables that look numbers up."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import tensorflow as tf

_BUFFER = 2**24  # hashes held before they are counted: 128 MB


def learn_vocabulary(hashes: Iterable[np.ndarray], *, size: int, min_count: int) -> np.ndarray:
    """The most frequent hashes, sorted by value.

    Args:
        hashes: int64 arrays, one a batch of texts; read once.
        size: the most hashes to keep. While counting, four times as many are kept, and the rarest give
            way (lossy counting, Manku and Motwani 2002), so memory does not grow with the data.
        min_count: hashes seen less often are left out.

    Returns:
        (at most `size`,) int64, ascending.
    """
    kept, counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
    buffer: list[np.ndarray] = []
    for batch in hashes:
        buffer.append(batch)
        if sum(map(len, buffer)) >= _BUFFER:
            kept, counts = _most_frequent(*_merge(kept, counts, buffer), 4 * size)
            buffer = []
    kept, counts = _merge(kept, counts, buffer)
    often = counts >= min_count
    return _most_frequent(kept[often], counts[often], size)[0]


def lookup_table(keys: tf.Tensor, numbers: tf.Tensor) -> tf.lookup.StaticHashTable:
    """From a key to its number, -1 for any other; to be made outside of a graph."""
    # TensorFlow still notes an initializer there, None, which later exports stumble over.
    noted = tf.compat.v1.get_collection_ref(tf.compat.v1.GraphKeys.TABLE_INITIALIZERS)
    before = len(noted)
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, numbers), default_value=-1)
    del noted[before:]
    return table


def _merge(kept: np.ndarray, counts: np.ndarray, buffer: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    fresh, fresh_counts = _count(np.concatenate([np.zeros(0, np.int64), *buffer]))
    if not len(kept):
        return fresh, fresh_counts
    both = np.concatenate([kept, fresh])
    order = np.argsort(both, kind="stable")
    both, both_counts = both[order], np.concatenate([counts, fresh_counts])[order]
    first = np.flatnonzero(np.diff(both, prepend=both[0] - 1))
    return both[first], np.add.reduceat(both_counts, first)


def _count(hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # np.unique hashes integers since NumPy 2.3, which takes five times as long as this sort.
    hashes = np.sort(hashes)
    first = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]])[: len(hashes)])
    return hashes[first], np.diff(np.append(first, len(hashes)))


def _most_frequent(kept: np.ndarray, counts: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    if len(kept) <= size:
        return kept, counts
    chosen = np.sort(np.argsort(-counts, kind="stable")[:size])
    return kept[chosen], counts[chosen]
