"""What was answered beside what is true, in one shape for every kind of classification."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sora_keras.errors import DataError, ParameterError
from sora_keras.evaluation.decisions import Decision

_KINDS = ("binary", "multiclass", "multilabel")
# Float16 outputs of a softmax may miss a sum of one by this much.
_TOLERANCE = 1e-2


@dataclass(frozen=True, eq=False)
class Answers:
    """truth: (rows, classes) bool; probabilities: (rows, classes) float64; kind: as `LabelSpace.kind`; decision: what
    turns one into the other."""

    truth: np.ndarray
    probabilities: np.ndarray
    kind: str
    decision: Decision = field(default_factory=Decision)

    @property
    def rows(self) -> int:
        """How many items were answered."""
        return len(self.truth)

    @property
    def several(self) -> bool:
        """Whether an item can have several labels."""
        return self.kind == "multilabel"

    @cached_property
    def predicted(self) -> np.ndarray:
        """(rows, classes) bool: the class that is decided for, or every label of at least one half."""
        if self.several:
            return self.probabilities >= 0.5
        return np.eye(self.truth.shape[1], dtype=bool)[self.decision.predicted(self.probabilities)]

    @cached_property
    def correct(self) -> np.ndarray:
        """(rows,) bool: every label of the row is right."""
        return (self.truth == self.predicted).all(axis=1)

    @cached_property
    def support(self) -> np.ndarray:
        """(classes,) rows that have each class."""
        return self.truth.sum(axis=0)

    @property
    def present(self) -> np.ndarray:
        """The indices of classes that some row has."""
        return np.flatnonzero(self.support)

    @property
    def contrasted(self) -> np.ndarray:
        """The indices of classes that some row has and some row has not."""
        return np.flatnonzero((self.support > 0) & (self.support < self.rows))

    @cached_property
    def confidence(self) -> np.ndarray:
        """For calibration: (rows, 1) the top class' probability, or (rows, labels) each label's."""
        return self.probabilities if self.several else self.probabilities.max(axis=1, keepdims=True)

    @property
    def answered(self) -> np.ndarray:
        """(rows,) bool: the rows that the decision does not abstain from."""
        return ~self.decision.abstains(self.probabilities)

    @property
    def came_true(self) -> np.ndarray:
        """In the shape of `confidence`: whether what it speaks of is so."""
        if self.several:
            return self.truth
        top = self.probabilities.argmax(axis=1)
        return self.truth[np.arange(self.rows), top][:, None]


def read_answers(
    truth: np.ndarray, probabilities: np.ndarray, classes: int, kind: str, decision: Decision | None = None
) -> Answers:  # fmt: skip
    """Check and unify.

    Args:
        truth: (rows,) class indices, or (rows, classes) 0/1 for several labels.
        probabilities: (rows, classes), each in [0, 1]; a row sums to one unless there are several labels.

    Raises:
        DataError: no rows, or truth and probabilities that are out of range.
        ParameterError: an unknown kind, or shapes that do not fit each other.
    """
    if kind not in _KINDS:
        raise ParameterError(f"kind must be one of {', '.join(_KINDS)}. Received: {kind!r}")
    truth, chances = np.asarray(truth), np.asarray(probabilities, dtype=np.float64)
    wanted = (len(truth), classes) if kind == "multilabel" else (len(truth),)
    if truth.shape != wanted or chances.shape != (len(truth), classes):
        raise ParameterError(
            f"truth must have the shape {wanted} and probabilities {(len(truth), classes)}, "
            f"for {classes} classes. Received: {truth.shape} and {chances.shape}"
        )
    if not len(truth):
        raise DataError("There is no row to score. Give at least one with an item and an answer.")
    _check_chances(chances, kind)
    if kind == "multilabel":
        return Answers(truth.astype(bool), np.clip(chances, 0, 1), kind, decision or Decision())
    if truth.min() < 0 or truth.max() >= classes:
        raise DataError(f"truth must be class indices below {classes}. Received: {truth.min()} to {truth.max()}")
    hot = np.eye(classes, dtype=bool)[truth.astype(np.int64)]
    chances = np.clip(chances, 0, 1)
    return Answers(hot, chances / chances.sum(axis=1, keepdims=True), kind, decision or Decision())


def _check_chances(chances: np.ndarray, kind: str) -> None:
    bad = (
        ~np.isfinite(chances).all(axis=1) | (chances < -_TOLERANCE).any(axis=1) | (chances > 1 + _TOLERANCE).any(axis=1)
    )
    if kind != "multilabel":
        bad |= ~(np.abs(chances.sum(axis=1) - 1) <= _TOLERANCE)
    if bad.any():
        row, sums = int(bad.argmax()), "" if kind == "multilabel" else ", and sum to 1"
        raise DataError(
            f"probabilities must be finite, between 0 and 1{sums}. "
            f"Received in row {row}: {chances[row].tolist()[:5]}. Did training diverge?"
        )
