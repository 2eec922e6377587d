"""The scores of many bootstrap resamples at once.

A resample is a count for every row, so each score is made of sums over rows weighted by counts. For all
resamples they are one matrix product, where scikit-learn would need a call for each.
"""

from __future__ import annotations

import numpy as np

from sora_keras.evaluation.answers import Answers
from sora_keras.evaluation.metrics import RATES, SELECTIVE, bins


def measure_resamples(answers: Answers, counts: np.ndarray) -> dict[str, np.ndarray]:
    """What `measure` gives for each resample, NaN where it is undefined.

    Args:
        counts: (rows, resamples) float32, how often each row was drawn; columns sum to the rows.
    """
    columns = (answers.truth, answers.predicted, answers.truth & answers.predicted, *_row_values(answers))
    parts = np.cumsum([part.shape[1] for part in columns])[:-1]
    sums = np.hstack(columns).astype(counts.dtype).T @ counts
    support, given, hits, means, gaps = np.split(sums.astype(np.float64), parts)
    areas = [_areas(*pair, counts) for pair in zip(answers.probabilities.T, answers.truth.T, strict=True)]
    recall = np.where(support > 0, _ratio(hits, support), np.nan)
    contrasted = (support > 0) & (support < answers.rows)
    return {
        **_decisions(answers, support, given, hits),
        **_rates(answers, recall),
        **_selective(answers, counts),
        "accuracy": means[0] / answers.rows,
        "log_loss": means[1] / answers.rows,
        "brier": means[2] / answers.rows,
        "roc_auc": _mean(np.array([roc for roc, _ in areas]), contrasted),
        "pr_auc": _mean(np.array([precise for _, precise in areas]), contrasted),
        "calibration_error": np.abs(gaps).sum(axis=0) / answers.confidence.size,
    }


def _rates(answers: Answers, recall: np.ndarray) -> dict[str, np.ndarray]:
    if answers.decision.threshold is None:
        return {}
    positive = answers.decision.positive
    return dict(zip(RATES, (recall[positive], recall[1 - positive]), strict=True))


def _selective(answers: Answers, counts: np.ndarray) -> dict[str, np.ndarray]:
    if answers.decision.abstain_below is None:
        return {}
    given = answers.answered @ counts.astype(np.float64)
    right = (answers.answered & answers.correct) @ counts.astype(np.float64)
    return dict(zip(SELECTIVE, (given / answers.rows, np.where(given > 0, _ratio(right, given), np.nan)), strict=True))


def _decisions(answers: Answers, support: np.ndarray, given: np.ndarray, hits: np.ndarray) -> dict[str, np.ndarray]:
    """From how many rows (classes, resamples) have each class, are given it, and both."""
    recall, present = _ratio(hits, support), support > 0
    balanced = _mean(recall, present)
    if answers.several:
        rejected = _ratio(answers.rows - support - given + hits, answers.rows - support)
        balanced = _mean((recall + rejected) / 2, present & (support < answers.rows))
    return {
        "balanced_accuracy": balanced,
        "precision": _mean(_ratio(hits, given), present),
        "recall": _mean(recall, present),
        "f1": _mean(_ratio(2 * hits, support + given), present),
    }


def _row_values(answers: Answers) -> tuple[np.ndarray, np.ndarray]:
    """What each row adds: (rows, 3) correct, log loss, Brier; (rows, 10) the gap in each calibration bin."""
    truth, chances = answers.truth, answers.probabilities
    tiny = np.finfo(chances.dtype).eps
    kept = np.clip(chances, tiny, 1 - tiny)
    squares = (truth - chances) ** 2
    if answers.several:
        logs, brier = -np.log(np.where(truth, kept, 1 - kept)).mean(axis=1), squares.mean(axis=1)
    else:
        brier = squares.sum(axis=1) if answers.kind == "multiclass" else squares[:, 1]
        logs = -np.log(kept[truth])
    gaps = np.zeros((answers.rows, 10))
    rows = np.repeat(np.arange(answers.rows), answers.confidence.shape[1])
    gap = (answers.came_true - answers.confidence).ravel()
    np.add.at(gaps, (rows, bins(answers.confidence.ravel())), gap)
    return np.stack([answers.correct, logs, brier], axis=1), gaps


def _areas(chances: np.ndarray, truth: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ROC-AUC and average precision of one class, from the counts of rows above each positive one."""
    order = np.argsort(-chances, kind="stable")
    positive = np.flatnonzero(truth[order])
    if not len(positive):
        nothing = np.zeros(counts.shape[1])
        return nothing, nothing
    ranked = -chances[order]
    above = np.zeros((len(order) + 1, counts.shape[1]), counts.dtype)
    np.cumsum(counts[order], axis=0, out=above[1:])
    drawn = counts[order[positive]]
    hits = np.zeros((len(positive) + 1, counts.shape[1]), counts.dtype)
    np.cumsum(drawn, axis=0, out=hits[1:])
    # Rows with equal chances share a threshold: `last` counts them, `before` does not.
    marks = ranked[positive]
    last, before = np.searchsorted(ranked, marks, "right"), np.searchsorted(ranked, marks, "left")
    hits_last = hits[np.searchsorted(marks, marks, "right")]
    hits_before = hits[np.searchsorted(marks, marks, "left")]
    positives = hits[-1].astype(np.float64)
    negatives = len(order) - positives
    beaten_by = (above[last] - hits_last + above[before] - hits_before) / 2
    lost = (drawn * beaten_by).sum(axis=0, dtype=np.float64)
    precise = (drawn * hits_last / np.maximum(above[last], 1)).sum(axis=0, dtype=np.float64)
    return 1 - _ratio(lost, positives * negatives), _ratio(precise, positives)


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)


def _mean(values: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """The mean over classes of those that are kept; NaN for a resample that keeps none."""
    total, number = np.where(kept, values, 0).sum(axis=0), kept.sum(axis=0)
    return np.divide(total, number, out=np.full(len(total), np.nan), where=number > 0)
