"""Interactions for training and interactions for a test."""

from __future__ import annotations

import numpy as np

from sora_keras.data.interactions import Interactions
from sora_keras.errors import ParameterError


def last_out(log: Interactions) -> tuple[Interactions, Interactions]:
    """Keep each user's last interaction for the test; users with a single one stay in training.

    Without times, the last is the last of its source. Of no user with two, the test is empty.

    Returns:
        The interactions for training and for the test, numbered as `log`.
    """
    several = np.diff(log.starts) > 1
    test = np.zeros(len(log), bool)
    test[log.starts[1:][several] - 1] = True
    return log.take(~test), log.take(test)


def at_random(log: Interactions, *, fraction: float = 0.2, seed: int = 0) -> tuple[Interactions, Interactions]:
    """Keep a share of the rows, drawn at random, for the test; every user keeps one at least in training.

    Args:
        fraction: the share of the test, above 0 and below 1; it is smaller where users have few rows.
        seed: the same seed gives the same rows.

    Returns:
        The interactions for training and for the test, numbered as `log`.

    Raises:
        ParameterError: `fraction` is out of range.
    """
    if not 0 < fraction < 1:
        raise ParameterError(f"fraction must be above 0 and below 1. Received: {fraction}")
    generator = np.random.default_rng(seed)
    test = np.zeros(len(log), bool)
    test[generator.permutation(len(log))[: round(fraction * len(log))]] = True
    lengths = np.diff(log.starts)
    held_out = np.diff(np.concatenate([[0], np.cumsum(test, dtype=np.int32)])[log.starts])
    bare = np.flatnonzero((held_out == lengths) & (lengths > 0))
    test[log.starts[bare] + generator.integers(lengths[bare])] = False
    return log.take(~test), log.take(test)
