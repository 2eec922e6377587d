"""Preprocessed numbers, kept once and fed every epoch in batches of similar length."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import numpy as np

from sora_keras.data import Finding, untuned

if TYPE_CHECKING:
    import tensorflow as tf

    from sora_keras.training.augmentation import Augmentation

_WINDOW = 50  # batches that are sorted by length together


class Numbers(Protocol):
    """What a `Feed` reads: one row of numbers an example.

    lengths: (rows,) where rows differ in length, or None; findings: what was noticed of examples left out; rows: the
    numbers of those that are not.
    """

    @property
    def lengths(self) -> np.ndarray | None: ...
    @property
    def findings(self) -> tuple[Finding, ...]: ...
    @property
    def rows(self) -> np.ndarray: ...
    @property
    def on_disk(self) -> bool: ...
    def __len__(self) -> int: ...
    def gather(self) -> Any:
        """A function for `tf.data` from row numbers (rows,) int64 to a batch of their numbers."""


class NumberCache:
    """Rows of int32 of different lengths, in memory or on disk.

    Args:
        on_disk: keep the numbers in a temporary file that is read row by row. It is read, not mapped:
            mapped pages count as the process' own memory.
    """

    def __init__(self, *, on_disk: bool = False) -> None:
        self._parts: list[np.ndarray] = []
        self._lengths: list[np.ndarray] = []
        # Unlinked from the start where the system can, so that not even a killed process leaves it behind.
        self._file: BinaryIO | None = None
        if on_disk:
            self._file = tempfile.TemporaryFile(prefix="sora-")  # noqa: SIM115  (open as long as the cache is)
            weakref.finalize(self, self._file.close)

    def append(self, values: np.ndarray, lengths: np.ndarray) -> None:
        """Add rows: `values` (sum of lengths,) int32, row after row; `lengths` (rows,)."""
        self._lengths.append(lengths.astype(np.int64))
        if self._file:
            self._file.write(values.astype(np.int32).tobytes())
        else:
            self._parts.append(values.astype(np.int32))

    def close(self) -> NumberCache:
        """End appending; the rows can be read now."""
        self.lengths = np.concatenate([np.zeros(0, np.int64), *self._lengths])
        self._starts = np.cumsum(self.lengths) - self.lengths
        if self._file:
            self._file.flush()
        else:
            self.values = np.concatenate([np.zeros(0, np.int32), *self._parts])
            self._parts = []
        return self

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def on_disk(self) -> bool:
        return self._file is not None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Nothing: every text has numbers."""
        return ()

    @property
    def rows(self) -> np.ndarray:
        """All rows."""
        return np.arange(len(self))

    def padded(self, rows: np.ndarray) -> np.ndarray:
        """Some rows, (rows, longest) int32, padded with 0; at least one wide."""
        lengths = self.lengths[rows]
        result = np.zeros((len(rows), max(1, int(lengths.max(initial=1)))), np.int32)
        for place, (start, length) in enumerate(zip(self._starts[rows], lengths, strict=True)):
            result[place, :length] = self._row(int(start), int(length))
        return result

    def chunks(self, rows: int = 16384) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """All rows in order, some at a time: (which, their numbers in one array, their lengths)."""
        for begin in range(0, len(self), rows):
            lengths = self.lengths[begin : begin + rows]
            yield (
                slice(begin, begin + len(lengths)),
                self._row(int(self._starts[begin]), int(lengths.sum())),
                lengths,
            )

    def _row(self, start: int, length: int) -> np.ndarray:
        if self._file is None:
            return self.values[start : start + length]
        self._file.seek(4 * start)
        return np.frombuffer(self._file.read(4 * length), np.int32)

    def gather(self) -> Any:
        """A function for `tf.data` from row numbers (rows,) int64 to their padded numbers."""
        import tensorflow as tf

        if self.on_disk:

            def read(rows: tf.Tensor) -> tf.Tensor:
                return tf.ensure_shape(tf.numpy_function(self.padded, [rows], tf.int32), (None, None))

            return read
        splits = np.append(self._starts, self.lengths.sum())
        ragged = tf.RaggedTensor.from_row_splits(self.values, splits, validate=False)

        def look_up(rows: tf.Tensor) -> tf.Tensor:
            some = tf.gather(ragged, rows)
            width = tf.maximum(1, tf.cast(some.bounding_shape(axis=1), tf.int32))
            return some.to_tensor(shape=tf.stack([-1, width]))

        return look_up


@dataclass(eq=False)
class Feed:
    """Numbers with their targets, as batches for `fit`.

    numbers: one row an example; targets: (examples, …); weights: (examples,) float32 or None;
    batch_size: examples a step; seed: of the order, which depends on it and the epoch alone;
    augmentation: changes each batch, or None.
    """

    numbers: Numbers
    targets: np.ndarray
    weights: np.ndarray | None
    batch_size: int
    seed: int
    shuffled: bool = True
    epoch: int = 0
    augmentation: Augmentation | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def steps(self) -> int:
        """Batches an epoch."""
        return -(-len(self) // self.batch_size)

    def batches_of_rows(self) -> Iterator[np.ndarray]:
        """The row numbers of every batch of this epoch.

        Rows are shuffled, then sorted by length within windows of some batches, so that a batch holds
        little padding, and the batches of a window are shuffled again.
        """
        if self.augmentation:
            self.augmentation.begin_epoch(self.epoch)
        random = np.random.default_rng([self.seed, self.epoch])
        order = np.arange(len(self))
        if self.shuffled:
            random.shuffle(order)
        window = self.batch_size * _WINDOW
        lengths = self.numbers.lengths
        for begin in range(0, len(order), window):
            rows = order[begin : begin + window]
            if lengths is not None:
                rows = rows[np.argsort(lengths[rows], kind="stable")]
            batches = [rows[i : i + self.batch_size] for i in range(0, len(rows), self.batch_size)]
            for place in random.permutation(len(batches)) if self.shuffled else range(len(batches)):
                yield batches[place]

    def dataset(self) -> tf.data.Dataset:
        """Batches (numbers, targets[, weights]); iterating again gives the order of `self.epoch`."""
        import tensorflow as tf

        rows = tf.data.Dataset.from_generator(self.batches_of_rows, output_signature=tf.TensorSpec([None], tf.int64))
        gather = self.numbers.gather()
        targets = tf.constant(self.targets)
        weights = None if self.weights is None else tf.constant(self.weights, tf.float32)

        def batch(rows: tf.Tensor) -> tuple[tf.Tensor, ...]:
            parts = [gather(rows), tf.gather(targets, rows)]
            if self.augmentation:
                parts = [*self.augmentation(*parts)]
            return tuple(parts if weights is None else [*parts, tf.gather(weights, rows)])

        # What is drawn at random must be drawn in one order.
        result = rows.map(batch, num_parallel_calls=1 if self.numbers.on_disk or self.augmentation else 2)
        return untuned(result.apply(tf.data.experimental.assert_cardinality(self.steps)).prefetch(4))
