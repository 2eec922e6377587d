"""Histories as training reads them: cut into windows, never copied, drawn anew each epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from sora_keras.data import Finding, Interactions

_ASKED = 10_000


@dataclass(frozen=True, eq=False)
class Windows:
    """Pieces of one long row of items; a `Numbers` for `Feed`.

    items: (rows,) int32 from 0; begins, lengths: (windows,) where each piece begins, and how long it is; users:
    (windows,) whose it is, from 0; telling: whether batches tell that too.
    """

    items: np.ndarray
    begins: np.ndarray
    lengths: np.ndarray
    users: np.ndarray
    telling: bool = False

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Nothing: every history can be read."""
        return ()

    @property
    def rows(self) -> np.ndarray:
        """All windows."""
        return np.arange(len(self))

    @property
    def on_disk(self) -> bool:
        return False

    def __len__(self) -> int:
        return len(self.begins)

    def gather(self) -> Any:
        """From window numbers (batch,) to items (batch, longest) int32, numbered from 1, 0 padding at the end.

        Where it tells of users, a pair: with their numbers (batch,) int32, from 1.
        """
        import tensorflow as tf

        items = tf.constant(self.items, tf.int32)
        begins, lengths = tf.constant(self.begins, tf.int64), tf.constant(self.lengths, tf.int64)
        users = tf.constant(self.users, tf.int32)

        def look_up(rows: tf.Tensor) -> Any:
            begin, length = tf.gather(begins, rows)[:, None], tf.gather(lengths, rows)[:, None]
            step = tf.range(tf.reduce_max(length))[None, :]
            found = tf.gather(items, tf.minimum(begin + step, len(self.items) - 1))
            windows = tf.where(step < length, found + 1, 0)
            return (windows, tf.gather(users, rows) + 1) if self.telling else windows

        return look_up


def cut_windows(log: Interactions, length: int) -> Windows:
    """Every user's history in pieces of at most `length` + 1 items, so that each item but the first comes next once.

    Users with one interaction have none.
    """
    counts = np.diff(log.starts)
    pieces = np.maximum(-(-(counts - 1) // length), 0)
    user = np.repeat(np.arange(len(counts)), pieces)
    # Counted from the latest: only the oldest piece of a history is shorter than the others.
    piece = np.arange(len(user)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    end = counts[user] - piece * length
    begin = np.maximum(end - length - 1, 0)
    return Windows(log.items, log.starts[user] + begin, end - begin, user)


def end_windows(known: Interactions, held_out: Interactions, length: int) -> tuple[Windows, np.ndarray]:
    """The last items known and then those held out, of each user with both, or of 10,000 of more of them.

    A window has at most `length` + 1 items, and at most half of them were held out, or one.

    Returns:
        The windows, and (windows,) int32 the step from which on what comes next was held out.
    """
    known_counts, held_counts = (np.diff(log.starts) for log in (known, held_out))
    users = np.flatnonzero((held_counts > 0) & (known_counts > 0))
    if len(users) > _ASKED:
        users = np.sort(np.random.default_rng(0).permutation(users)[:_ASKED])
    asked = np.minimum(held_counts[users], (length + 1) // 2)
    taken = np.minimum(known_counts[users], length + 1 - asked)
    lengths = taken + asked
    begins = np.cumsum(lengths) - lengths
    items = np.empty(int(lengths.sum()), np.int32)
    late = np.arange(len(items)) - np.repeat(begins, lengths) >= np.repeat(taken, lengths)
    items[~late] = known.items[_runs(known.starts[users + 1] - taken, taken)]
    items[late] = held_out.items[_runs(held_out.starts[users], asked)]
    return Windows(items, begins, lengths, users), (taken - 1).astype(np.int32)


def _runs(begins: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The places of several runs, one after the other."""
    return np.repeat(begins - (np.cumsum(lengths) - lengths), lengths) + np.arange(int(lengths.sum()))
