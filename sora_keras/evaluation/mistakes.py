"""The wrong answers that were given with the most confidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sora_keras.evaluation.answers import Answers
from sora_keras.evaluation.results import Mistake

_LONGEST = 240


def find_mistakes(
    answers: Answers, classes: Sequence[str], show: Callable[[np.ndarray], list[str]], *, most: int = 15
) -> tuple[Mistake, ...]:
    """Up to `most` mistakes, the most confident first; texts are cut short."""
    confidence = wrong_confidence(answers)
    wrong = np.flatnonzero(~answers.correct)
    worst = wrong[np.argsort(-confidence[wrong], kind="stable")][:most]
    if not len(worst):
        return ()
    # Streamed examples answer in their stored order, so the rows are asked for in it.
    asked = np.sort(worst)
    texts = dict(zip(asked.tolist(), show(asked), strict=True))
    return tuple(
        Mistake(
            row=row,
            text=_short(texts[row]),
            truth=named_labels(answers.truth[row], classes),
            predicted=named_labels(answers.predicted[row], classes),
            confidence=float(confidence[row]),
        )
        for row in worst.tolist()
    )


def wrong_confidence(answers: Answers) -> np.ndarray:
    """(rows,) confidence in the answer; for several labels, in the label that is furthest from the truth."""
    if answers.several:
        return np.abs(answers.truth - answers.probabilities).max(axis=1)
    return answers.probabilities.max(axis=1)


def named_labels(labels: np.ndarray, classes: Sequence[str]) -> str:
    """The names of the classes that a row (classes,) bool has."""
    return ", ".join(name for name, chosen in zip(classes, labels, strict=True) if chosen) or "(none)"


def _short(text: str) -> str:
    # A whole book need not be split to show its first lines.
    words = " ".join(str(text)[: 4 * _LONGEST].split())
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1].rstrip() + "…"
