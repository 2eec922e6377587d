"""How probabilities become an answer: calibration, the threshold, and when to give none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sora_keras.errors import DataError

_RANGE = (-1.6, 1.6)  # of its natural logarithm: a fifth to five
_NEVER = 1.01  # a probability that no item reaches


@dataclass(frozen=True)
class Decision:
    """What was chosen on validation data, and is part of the graph.

    temperature: logits are divided by it; positive: the index of the class that the threshold is of;
    threshold: the least probability that is answered with it, None for the likeliest class; abstain_below:
    the highest probability below which no answer is given, or None; why: how the threshold was chosen.
    """

    temperature: float = 1.0
    positive: int = 1
    threshold: float | None = None
    abstain_below: float | None = None
    why: str = ""

    def predicted(self, probabilities: np.ndarray) -> np.ndarray:
        """The class index of each row of (rows, classes), whether or not it is answered."""
        if self.threshold is None:
            return probabilities.argmax(axis=-1)
        return np.where(probabilities[:, self.positive] >= np.float32(self.threshold), self.positive, 1 - self.positive)

    def abstains(self, probabilities: np.ndarray) -> np.ndarray:
        """(rows,) bool: which rows are given no answer."""
        if self.abstain_below is None:
            return np.zeros(len(probabilities), bool)
        return probabilities.max(axis=-1) < np.float32(self.abstain_below)


def find_temperature(logits: np.ndarray, targets: np.ndarray, kind: str) -> float:
    """The temperature of the lowest log loss (Guo et al., 2017); 1 where nothing is gained.

    Args:
        logits: (rows, 1 or classes). targets: class indices (rows,), or (rows, classes) 0/1 for several labels.
        kind: `"binary"`, `"multiclass"` or `"multilabel"`.
    """
    from scipy.optimize import minimize_scalar

    logits = np.asarray(logits, np.float64)

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        if kind == "multiclass":
            top = scaled.max(axis=1, keepdims=True)
            total = np.log(np.exp(scaled - top).sum(axis=1)) + top[:, 0]
            return float((total - scaled[np.arange(len(scaled)), targets]).mean())
        truth = np.reshape(targets, scaled.shape)
        return float((np.logaddexp(0, scaled) - truth * scaled).mean())

    found = minimize_scalar(loss, bounds=_RANGE, method="bounded")
    return float(np.exp(found.x)) if found.fun < loss(0.0) - 1e-6 else 1.0


def sensitive_threshold(probabilities: np.ndarray, truth: np.ndarray, least: float) -> tuple[float, str]:
    """The highest threshold that finds at least that share of the positive rows, and what it does.

    Args:
        probabilities: (rows,) of the positive class. truth: (rows,) bool.

    Raises:
        DataError: no row is positive, or none is negative.
    """
    false_rate, found, thresholds = _curve(probabilities, truth)
    place = int(np.argmax(found >= least))
    why = (
        f"sensitivity of at least {least:.1%}; on {len(truth):,} validation rows it is {found[place]:.1%}, "
        f"with a specificity of {1 - false_rate[place]:.1%}"
    )
    return _below(thresholds[place]), why


def cheapest_threshold(probabilities: np.ndarray, truth: np.ndarray, cost: Mapping[str, float]) -> tuple[float, str]:
    """The threshold of the least cost: `cost["missed"]` a positive row that is missed, `cost["false_alarm"]` a negative
    one that is taken for it. Arguments and errors as `sensitive_threshold`."""
    false_rate, found, thresholds = _curve(probabilities, truth)
    paid = cost["missed"] * (1 - found) * truth.sum() + cost["false_alarm"] * false_rate * (~truth).sum()
    place = int(np.argmin(paid))
    why = (
        f"least cost at {cost['missed']:g} a missed one and {cost['false_alarm']:g} a false alarm; on {len(truth):,} "
        f"validation rows it is {paid[place]:g}, with a sensitivity of {found[place]:.1%} and a specificity of "
        f"{1 - false_rate[place]:.1%}"
    )
    return _below(thresholds[place]), why


def _curve(probabilities: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from sklearn.metrics import roc_curve

    if truth.all() or not truth.any():
        raise DataError("A threshold needs validation rows of both classes. Give more data, or validation=.")
    return roc_curve(truth, probabilities, drop_intermediate=False)


def _below(threshold: float) -> float:
    """A little less, so that rounding in the graph loses no row that was on it."""
    return _NEVER if not np.isfinite(threshold) else max(0.0, float(threshold) - 1e-6)
