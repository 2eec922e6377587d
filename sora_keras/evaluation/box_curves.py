"""Lines of a report on a detector: precision over recall, and both over the threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sora_keras.evaluation.box_scores import HALF, RECALLS, THREE_QUARTERS, BoxScores
from sora_keras.evaluation.results import Curve

_MOST_CLASSES = 30
_THRESHOLDS = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class BoxCurves:
    """Lines of the plots.

    Args:
        pr50, pr75: recall and precision of each class at an IoU of 0.5 and of 0.75; of very many classes those with
            the most boxes. Their area is the average precision.
        mean50, mean75: the mean over all classes; without points where no picture has a box.
        thresholds: `precision`, `recall` and `f1` of all classes together, at an IoU of 0.5, over the threshold.
    """

    pr50: tuple[Curve, ...]
    pr75: tuple[Curve, ...]
    mean50: Curve
    mean75: Curve
    thresholds: tuple[Curve, ...]


def box_curves(scored: BoxScores, classes: Sequence[str]) -> BoxCurves:
    """The lines of what the evaluator found."""
    there = [place for place, name in enumerate(classes) if scored.by_class[name]["count"]]
    most = sorted(sorted(there, key=lambda place: -scored.by_class[classes[place]]["count"])[:_MOST_CLASSES])
    pr = {
        overlap: tuple(_curve(classes[place], scored.precision[overlap, :, place]) for place in most)
        for overlap in (HALF, THREE_QUARTERS)
    }
    means = {overlap: _mean(scored.precision[overlap][:, there]) for overlap in (HALF, THREE_QUARTERS)}
    return BoxCurves(
        pr[HALF], pr[THREE_QUARTERS], means[HALF], means[THREE_QUARTERS], thresholds=_over_threshold(scored)
    )  # fmt: skip


def _curve(name: str, precision: np.ndarray) -> Curve:
    return Curve(name, _plain(RECALLS), _plain(precision), area=float(precision.mean()))


def _mean(precision: np.ndarray) -> Curve:
    return _curve("mean", precision.mean(axis=1)) if precision.size else Curve("mean", (), ())


def _over_threshold(scored: BoxScores) -> tuple[Curve, ...]:
    """Where nothing is answered any more, precision ends."""
    none = np.zeros(0)
    scores = np.concatenate([none, *(one.scores[one.counts[HALF]] for one in scored.matches)])
    right = np.concatenate([none, *(one.right[HALF, one.counts[HALF]] for one in scored.matches)])
    order = np.argsort(scores)
    hits = np.concatenate([[0], np.cumsum(right[order][::-1])])  # of the 0, 1, 2, … surest
    answered = len(scores) - np.searchsorted(scores[order], _THRESHOLDS, side="left")
    there = sum(one.there.sum() for one in scored.matches)
    known = answered > 0
    values = {
        "precision": hits[answered] / np.maximum(answered, 1),
        "recall": hits[answered] / max(there, 1),
        "f1": 2 * hits[answered] / np.maximum(answered + there, 1),
    }
    return tuple(Curve(name, _plain(_THRESHOLDS[known]), _plain(line[known])) for name, line in values.items())


def _plain(values: np.ndarray) -> tuple[float, ...]:
    return tuple(np.round(values, 4).tolist())
