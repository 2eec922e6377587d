"""ROC, PR and reliability curves by scikit-learn, thinned to what a plot can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sora_keras.evaluation.answers import Answers
from sora_keras.evaluation.metrics import reliability
from sora_keras.evaluation.results import Curve, Curves

_POINTS = 80
_MOST_CLASSES = 30
_RESAMPLES = 200


def curves_of(answers: Answers, classes: Sequence[str], *, seed: int = 0) -> Curves:
    """One curve a class that some row has and some has not; where classes are very many, the most frequent ones.

    Of two classes the positive one, which is the second unless another is named, speaks for both.
    """
    some = answers.contrasted
    some = np.sort(some[np.argsort(-answers.support[some], kind="stable")][:_MOST_CLASSES])
    if answers.kind == "binary":
        some = some[some == answers.decision.positive]
    shares, means, _ = reliability(answers)
    roc = [_roc(answers, i, classes[i]) for i in some]
    if answers.kind == "binary":
        roc = [_with_band(curve, answers, int(some[0]), seed) for curve in roc]
    return Curves(
        roc=tuple(roc),
        pr=tuple(_pr(answers, i, classes[i]) for i in some),
        reliability=Curve("reliability", _plain(means), _plain(shares)),
        coverage=None if answers.decision.abstain_below is None else _coverage(answers),
    )


def _with_band(curve: Curve, answers: Answers, index: int, seed: int) -> Curve:
    """The curve with the range that 95 % of its bootstrap resamples have at each false positive rate."""
    from sklearn.metrics import roc_curve

    random, drawn = np.random.default_rng(seed), []
    truth, chances = answers.truth[:, index], answers.probabilities[:, index]
    for _ in range(_RESAMPLES):
        rows = random.integers(0, answers.rows, answers.rows)
        if 0 < truth[rows].sum() < len(rows):
            x, y, _thresholds = roc_curve(truth[rows], chances[rows])
            drawn.append(np.interp(curve.x, x, y))
    if len(drawn) < _RESAMPLES // 2:
        return curve
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    return replace(curve, low=_plain(np.minimum(low, curve.y)), high=_plain(np.maximum(high, curve.y)))


def _coverage(answers: Answers) -> Curve:
    order = np.argsort(-answers.probabilities.max(axis=1), kind="stable")
    count = np.arange(1, answers.rows + 1)
    right = np.cumsum(answers.correct[order]) / count
    return Curve("coverage", *_thinned(count / answers.rows, right))


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
