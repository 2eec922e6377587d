"""The scores of one set of answers, each by scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sora_keras.evaluation.answers import Answers
from sora_keras.evaluation.results import ClassScore

NAMES = (
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "roc_auc",
    "pr_auc",
    "log_loss",
    "brier",
    "calibration_error",
)
# Of the class that is looked for, and of the other; where one was named or a threshold chosen.
RATES = ("sensitivity", "specificity")
# Where answers may be withheld: the share that is given, and the share of those that is right.
SELECTIVE = ("coverage", "accuracy_when_answered")
EDGES = np.linspace(0, 1, 11)


def names_of(answers: Answers) -> tuple[str, ...]:
    """The scores that these answers have."""
    decided = RATES if answers.decision.threshold is not None else ()
    return (*NAMES, *decided, *(SELECTIVE if answers.decision.abstain_below is not None else ()))


def measure(answers: Answers) -> dict[str, float | None]:
    """Every score of `names_of`, None where it is undefined.

    Precision, recall and F1 are macro averages over the classes that some row has; ROC-AUC and PR-AUC are
    one-vs-rest macro averages over the classes that some row has and some has not. For several labels
    accuracy wants the whole row right, and the other scores are averages over the labels.
    """
    from sklearn.metrics import accuracy_score

    return {
        "accuracy": float(accuracy_score(answers.truth, answers.predicted)),
        "balanced_accuracy": _balanced_accuracy(answers),
        **_macro(answers),
        **_areas(answers),
        **_losses(answers),
        "calibration_error": calibration_error(answers),
        **_rates(answers),
        **_selective(answers),
    }


def _rates(answers: Answers) -> dict[str, float | None]:
    from sklearn.metrics import recall_score

    if answers.decision.threshold is None:
        return {}
    recall = recall_score(answers.truth, answers.predicted, average=None, zero_division=np.nan)
    positive = answers.decision.positive
    return {name: _defined(recall[index]) for name, index in zip(RATES, (positive, 1 - positive), strict=True)}


def _selective(answers: Answers) -> dict[str, float | None]:
    if answers.decision.abstain_below is None:
        return {}
    given = answers.answered
    right = float(answers.correct[given].mean()) if given.any() else None
    return dict(zip(SELECTIVE, (float(given.mean()), right), strict=True))


def why_undefined(name: str, answers: Answers) -> str:
    """Why `measure` gave None for a score."""
    if name in ("precision", "recall", "f1"):
        return "no row has any label"
    if name in RATES:
        return "no row has the class"
    if name in SELECTIVE:
        return "no row is answered"
    if answers.several:
        return "no label has both rows with it and rows without it"
    return "every row has the same class"


def measure_classes(answers: Answers, classes: Sequence[str]) -> tuple[ClassScore, ...]:
    """Precision, recall, F1 and support of each class."""
    from sklearn.metrics import precision_recall_fscore_support

    precision, recall, f1, support = precision_recall_fscore_support(
        answers.truth, answers.predicted, average=None, zero_division=np.nan
    )
    given = answers.predicted.sum(axis=0)
    return tuple(
        ClassScore(
            name,
            precision=_defined(precision[i]),
            recall=_defined(recall[i]),
            f1=_defined(f1[i]),
            support=int(support[i]),
            why="" if support[i] and given[i] else _why_class(int(support[i]), int(given[i])),
        )
        for i, name in enumerate(classes)
    )


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _why_class(support: int, predicted: int) -> str:
    if not support:
        return "no row has it" + (
            f"; wrongly answered {predicted:,} {'time' if predicted == 1 else 'times'}" if predicted else ""
        )
    return "never answered, so it has no precision"


def _balanced_accuracy(answers: Answers) -> float | None:
    from sklearn.metrics import balanced_accuracy_score, recall_score

    if not answers.several:
        # balanced_accuracy_score, but for its warning when an absent class was predicted.
        truth, predicted = answers.truth.argmax(axis=1), answers.predicted.argmax(axis=1)
        return float(recall_score(truth, predicted, labels=answers.present, average="macro", zero_division=0))
    each = [balanced_accuracy_score(answers.truth[:, i], answers.predicted[:, i]) for i in answers.contrasted]
    return float(np.mean(each)) if each else None


def _macro(answers: Answers) -> dict[str, float | None]:
    from sklearn.metrics import precision_recall_fscore_support

    names = ("precision", "recall", "f1")
    if not len(answers.present):
        return dict.fromkeys(names)
    values = precision_recall_fscore_support(
        answers.truth, answers.predicted, labels=answers.present, average="macro", zero_division=0
    )
    return {name: float(value) for name, value in zip(names, values, strict=False)}


def _areas(answers: Answers) -> dict[str, float | None]:
    from sklearn.metrics import average_precision_score, roc_auc_score

    some = answers.contrasted
    if not len(some):
        return {"roc_auc": None, "pr_auc": None}
    truth, chances = answers.truth[:, some], answers.probabilities[:, some]
    return {
        "roc_auc": float(roc_auc_score(truth, chances, average="macro")),
        "pr_auc": float(average_precision_score(truth, chances, average="macro")),
    }


def _losses(answers: Answers) -> dict[str, float | None]:
    from sklearn.metrics import log_loss, mean_squared_error

    truth, chances = answers.truth, answers.probabilities
    squares = mean_squared_error(truth, chances, multioutput="raw_values")
    if answers.several:
        columns = range(truth.shape[1])
        losses = [log_loss(truth[:, i], chances[:, i], labels=[False, True]) for i in columns]
        return {"log_loss": float(np.mean(losses)), "brier": float(np.mean(squares))}
    classes = np.arange(truth.shape[1])
    # As brier_score_loss has it: one class' square for two classes, the sum of the classes' beyond.
    brier = squares.sum() if answers.kind == "multiclass" else squares[1]
    return {"log_loss": float(log_loss(truth.argmax(axis=1), chances, labels=classes)), "brier": float(brier)}


def calibration_error(answers: Answers) -> float:
    """Expected calibration error (Naeini, Cooper and Hauskrecht, 2015) over ten bins of equal width."""
    came_true, confidence, counts = reliability(answers)
    return float(np.abs(came_true - confidence) @ counts / counts.sum())


def reliability(answers: Answers) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Share come true, mean confidence and count of every bin that is not empty."""
    from sklearn.calibration import calibration_curve

    confidence = answers.confidence.ravel()
    # The share that came true is a mean over the bin, so False must not be left out when nothing is true.
    shares, means = calibration_curve(answers.came_true.ravel().astype(int), confidence, n_bins=10, pos_label=1)
    counts = np.bincount(bins(confidence), minlength=10)
    return shares, means, counts[counts > 0]


def bins(confidence: np.ndarray) -> np.ndarray:
    """The bin of each confidence, with the edges as `calibration_curve` draws them."""
    return np.searchsorted(EDGES[1:-1], confidence)
