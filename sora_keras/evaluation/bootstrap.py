"""Intervals by the bootstrap (Efron, 1979): rows drawn again with replacement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sora_keras.evaluation.answers import Answers
from sora_keras.evaluation.metrics import names_of
from sora_keras.evaluation.resampled import measure_resamples

# Counts held at once, and counts times columns in all: about 50 MB, and a few seconds.
_HELD = 2_000_000
_WORK = 50_000_000
_FEWEST = 100
_FEWEST_DEFINED = 20

Interval = tuple[float, float] | tuple[None, None]


def affordable(resamples: int, size: int) -> int:
    """As many resamples as asked, or fewer (100 at least) where the data is large.

    Args:
        size: rows times columns, such as the classes, that are summed for each resample.
    """
    return min(resamples, max(_FEWEST, _WORK // size))


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


def resampled_means(tables: Sequence[np.ndarray], *, resamples: int, seed: int) -> list[np.ndarray]:
    """The mean of every column in each resample, the same resamples for all tables; none for fewer than two rows.

    Args:
        tables: each (rows, columns), of the same rows.

    Returns:
        For each table (columns, resamples). Two of them subtracted are the paired differences.
    """
    rows = len(tables[0])
    if rows < 2:
        return [np.empty((table.shape[1], 0)) for table in tables]
    drawn = [[table.T @ counts / rows for table in tables] for counts in resample_counts(rows, resamples, seed)]
    return [np.concatenate(parts, axis=1) for parts in zip(*drawn, strict=True)]


def percentile_interval(drawn: np.ndarray) -> Interval:
    """The middle 95 % of what the resamples gave; (None, None) where too few define it."""
    drawn = drawn[~np.isnan(drawn)]
    if len(drawn) < _FEWEST_DEFINED:
        return None, None
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def _interval(name: str, drawn: np.ndarray, value: float | None) -> Interval:
    low, high = percentile_interval(drawn)
    if value is None or low is None or high is None:
        return None, None
    if name == "calibration_error":
        # A resample adds noise to every bin, which its absolute value only lets grow: take that bias off.
        bias = float(np.nanmean(drawn)) - value
        low, high = low - bias, high - bias
    return max(0.0, low), high
