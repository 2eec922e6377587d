"""What a report is made of: small frozen values, each of which can be JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sora_keras.errors import ParameterError, nearest


@dataclass(frozen=True)
class Score:
    """One score of the whole test data.

    Args:
        value: None where it is undefined, and `why` says so.
        low, high: the bootstrap's 95 % interval; None where too few resamples define the score.
        baseline: the same score of the baseline: for a classifier, to always answer the class most frequent in
            training; for a recommender, the first of the contenders.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    baseline: float | None = None
    why: str = ""

    @property
    def lower_is_better(self) -> bool:
        """Whether this is a loss."""
        return self.name in ("log_loss", "brier", "calibration_error")


def value_of(scores: Sequence[Score], name: str) -> float:
    """The value of a score; NaN where it is undefined.

    Raises:
        ParameterError: no score has this name.
    """
    value = named(scores, name).value
    return float("nan") if value is None else value


def named(scores: Sequence[Score], name: str) -> Score:
    """The score of this name; raises as `value_of`."""
    by_name = {score.name: score for score in scores}
    if name not in by_name:
        raise ParameterError(
            f"A report has the scores {', '.join(by_name)}. Received: {name!r}.{nearest(name, by_name)}"
        )
    return by_name[name]


@dataclass(frozen=True)
class ClassScore:
    """One class: support counts its rows; `why` says why a score is None."""

    name: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int
    why: str = ""


@dataclass(frozen=True)
class Curve:
    """A line of a plot, thinned. area: under the curve, where it has one; low, high: a 95 % band of `y`, or nothing."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    area: float | None = None
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True)
class Curves:
    """One-vs-rest ROC (false and true positive rate), PR (recall, precision) and reliability.

    reliability: mean confidence against share right, in the ten bins of the calibration error. coverage: the share of
    rows that is answered, the surest first, against the share of those that is right; where answers may be withheld.
    """

    roc: tuple[Curve, ...]
    pr: tuple[Curve, ...]
    reliability: Curve
    coverage: Curve | None = None


@dataclass(frozen=True)
class Mistake:
    """One wrong answer. row: its place in the test data; confidence: in what was wrongly answered."""

    row: int
    text: str
    truth: str
    predicted: str
    confidence: float
