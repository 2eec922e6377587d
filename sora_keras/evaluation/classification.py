"""From the answers of a classifier to its report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from sora_keras.evaluation.advice import advise
from sora_keras.evaluation.answers import Answers, read_answers
from sora_keras.evaluation.bootstrap import affordable, intervals
from sora_keras.evaluation.curves import curves_of
from sora_keras.evaluation.decisions import Decision
from sora_keras.evaluation.gallery import Draw, make_gallery
from sora_keras.evaluation.metrics import measure, measure_classes, names_of, why_undefined
from sora_keras.evaluation.mistakes import find_mistakes
from sora_keras.evaluation.report import Report
from sora_keras.evaluation.results import Score
from sora_keras.evaluation.wording import as_sentence


def evaluate_classification(
    truth: np.ndarray,
    probabilities: np.ndarray,
    classes: Sequence[str],
    *,
    kind: str,
    show: Callable[[np.ndarray], list[str]],
    prior: np.ndarray,
    title: str = "",
    notes: Sequence[str] = (),
    noticed: Sequence[str] = (),
    draw: Draw | None = None,
    decision: Decision | None = None,
    seed: int = 0,
    resamples: int = 1000,
) -> Report:
    """Score answers beside a baseline, and say what to look at.

    Args:
        truth: (rows,) class indices, or (rows, classes) 0/1 where kind is `"multilabel"`.
        probabilities: (rows, classes) in [0, 1], two columns for two classes.
        kind: `"binary"`, `"multiclass"`, or `"multilabel"`, whose labels count from 0.5 up.
        show: the raw items of some rows as text; it is given ascending row indices.
        prior: (classes,) share of each class in training. The baseline answers with it, whatever the item.
        title, notes: for the reader. noticed: what the reader should look at first, one clause each.
        draw: a small PNG of some rows, or None where one has none, for items that are pictures; it is given
            ascending row indices.
        decision: what turns the probabilities into answers; None takes the likeliest class.
        resamples: of the bootstrap, at most; fewer where rows times classes are very many.

    Raises:
        DataError: no rows, or values out of range. ParameterError: shapes that do not fit.
    """
    answers = read_answers(truth, probabilities, len(classes), kind, decision)
    resamples = affordable(resamples, answers.truth.size)
    baseline = _baseline(answers, np.asarray(prior, dtype=np.float64))
    scores = _scores(answers, baseline, resamples, seed)
    per_class = measure_classes(answers, classes)
    confusion, mistakes = _confusion(answers), find_mistakes(answers, classes, show)
    said = (
        _how_made(answers, resamples),
        f"Baseline: always {_usual(baseline, classes)}, with the training shares as probabilities.",
    )
    return Report(
        title=title,
        rows=answers.rows,
        classes=tuple(classes),
        kind=kind,
        scores=scores,
        per_class=per_class,
        confusion=confusion,
        curves=curves_of(answers, classes, seed=seed),
        mistakes=mistakes,
        look_at=(*map(as_sentence, noticed), *advise(answers, scores, per_class, confusion, _usual(baseline, classes))),
        notes=(*notes, *said, *_decided(answers, classes)),
        gallery=make_gallery(answers, per_class, mistakes, draw) if draw else None,
    )


def _decided(answers: Answers, classes: Sequence[str]) -> Iterator[str]:
    decision = answers.decision
    if decision.threshold is not None:
        name = classes[decision.positive]
        yield f"{name!r} is answered from a probability of {decision.threshold:.3f}, chosen for a {decision.why}."
    if decision.abstain_below is not None:
        yield f"No answer is given where the highest probability is below {decision.abstain_below:g}."


def _scores(answers: Answers, baseline: Answers, resamples: int, seed: int) -> tuple[Score, ...]:
    values, trivial = measure(answers), measure(baseline)
    ranges = intervals(answers, values, resamples=resamples, seed=seed)
    return tuple(
        Score(
            name,
            value=values[name],
            low=ranges[name][0],
            high=ranges[name][1],
            baseline=trivial.get(name),
            why=why_undefined(name, answers) if values[name] is None else "",
        )
        for name in names_of(answers)
    )


def _baseline(answers: Answers, prior: np.ndarray) -> Answers:
    chances = np.tile(prior, (answers.rows, 1))
    truth = answers.truth if answers.several else answers.truth.argmax(axis=1)
    return read_answers(truth, chances, answers.truth.shape[1], answers.kind)


def _usual(baseline: Answers, classes: Sequence[str]) -> str:
    """What the baseline answers, in words."""
    names = [repr(name) for name, chosen in zip(classes, baseline.predicted[0], strict=True) if chosen]
    return " and ".join(names) if names else "no label"


def _confusion(answers: Answers) -> np.ndarray:
    from sklearn.metrics import confusion_matrix, multilabel_confusion_matrix

    if answers.several:
        return multilabel_confusion_matrix(answers.truth, answers.predicted)
    truth, predicted = answers.truth.argmax(axis=1), answers.predicted.argmax(axis=1)
    return confusion_matrix(truth, predicted, labels=np.arange(answers.truth.shape[1]))


def _how_made(answers: Answers, resamples: int) -> str:
    average = "Precision, recall, F1 and the areas are averages over the classes, each counting alike."
    if answers.several:
        average = "A row is accurate when all its labels are right; other scores are averages over the labels."
    if answers.rows < 2:
        return f"{average} One row gives no interval."
    return f"{average} Intervals: 95 %, from {resamples:,} bootstrap resamples of the rows."
