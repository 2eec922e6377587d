"""Intervals by the bootstrap (Efron, 1979): rows drawn again with replacement."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sora_keras.evaluation.answers import Answers
from sora_keras.evaluation.metrics import names_of
from sora_keras.evaluation.resampled import measure_resamples

# Counts held at once, and counts times classes in all: about 50 MB, and a few seconds.
_HELD = 2_000_000
_WORK = 50_000_000
_FEWEST = 100

Interval = tuple[float, float] | tuple[None, None]


def affordable(resamples: int, answers: Answers) -> int:
    """As many resamples as asked, or fewer (100 at least) where rows times classes are many."""
    return min(resamples, max(_FEWEST, _WORK // answers.truth.size))


def intervals(answers: Answers, values: dict[str, float | None], *, resamples: int, seed: int) -> dict[str, Interval]:
    """The 95 % interval of every score; (None, None) where it has no value, or too few resamples define it.

    Args:
        values: the scores themselves, as `measure` gives them.
    """
    names = names_of(answers)
    if answers.rows < 2 or resamples < 2:
        return dict.fromkeys(names, (None, None))
    drawn = [measure_resamples(answers, counts) for counts in resample_counts(answers.rows, resamples, seed)]
    every = {name: np.concatenate([some[name] for some in drawn]) for name in names}
    return {name: _interval(name, every[name], values[name]) for name in names}


def resample_counts(rows: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """(rows, some) float32 at a time: how often each row is in each resample."""
    rng = np.random.default_rng(seed)
    step = max(1, _HELD // rows)
    for begin in range(0, resamples, step):
        some = min(step, resamples - begin)
        drawn = [np.bincount(rng.integers(0, rows, rows), minlength=rows) for _ in range(some)]
        yield np.array(drawn, dtype=np.float32).T.copy()


def _interval(name: str, drawn: np.ndarray, value: float | None) -> Interval:
    drawn = drawn[~np.isnan(drawn)]
    if value is None or len(drawn) < 20:
        return None, None
    low, high = np.percentile(drawn, [2.5, 97.5])
    if name == "calibration_error":
        # A resample adds noise to every bin, which its absolute value only lets grow: take that bias off.
        bias = drawn.mean() - value
        low, high = low - bias, high - bias
    return max(0.0, float(low)), float(high)
