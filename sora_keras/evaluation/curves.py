"""ROC, PR and reliability curves by scikit-learn, thinned to what a plot can show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sora_keras.evaluation.answers import Answers
from sora_keras.evaluation.metrics import reliability
from sora_keras.evaluation.results import Curve, Curves

_POINTS = 80
_MOST_CLASSES = 30


def curves_of(answers: Answers, classes: Sequence[str]) -> Curves:
    """One curve a class that some row has and some has not; of two classes the second speaks for both.

    Where classes are very many, the most frequent ones.
    """
    some = answers.contrasted
    some = np.sort(some[np.argsort(-answers.support[some], kind="stable")][:_MOST_CLASSES])
    if answers.kind == "binary":
        some = some[-1:]
    shares, means, _ = reliability(answers)
    return Curves(
        roc=tuple(_roc(answers, i, classes[i]) for i in some),
        pr=tuple(_pr(answers, i, classes[i]) for i in some),
        reliability=Curve("reliability", _plain(means), _plain(shares)),
    )


def _roc(answers: Answers, index: int, name: str) -> Curve:
    from sklearn.metrics import auc, roc_curve

    x, y, _ = roc_curve(answers.truth[:, index], answers.probabilities[:, index])
    return Curve(name, *_thinned(x, y), area=float(auc(x, y)))


def _pr(answers: Answers, index: int, name: str) -> Curve:
    from sklearn.metrics import average_precision_score, precision_recall_curve

    truth, chances = answers.truth[:, index], answers.probabilities[:, index]
    precision, recall, _ = precision_recall_curve(truth, chances)
    area = float(average_precision_score(truth, chances))
    return Curve(name, *_thinned(recall[::-1], precision[::-1]), area=area)


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Points evenly spread along the line's length, with both ends."""
    along = np.concatenate([[0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
    wanted = np.searchsorted(along, np.linspace(0, along[-1], _POINTS))
    kept = np.unique(np.concatenate([[0], np.minimum(wanted, len(x) - 1), [len(x) - 1]]))
    return _plain(x[kept]), _plain(y[kept])


def _plain(values: np.ndarray) -> tuple[float, ...]:
    return tuple(np.round(values, 4).tolist())
