"""What to look at: the report read aloud, the gravest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sora_keras.evaluation.answers import Answers
from sora_keras.evaluation.mistakes import wrong_confidence
from sora_keras.evaluation.results import ClassScore, Score
from sora_keras.evaluation.wording import percent

# (how grave, from 0 to 1; the sentence)
Advice = tuple[float, str]
_SURE = 0.9
_FEW_ROWS = 10


def advise(
    answers: Answers,
    scores: Sequence[Score],
    per_class: Sequence[ClassScore],
    confusion: np.ndarray,
    usual: str,
    *,
    most: int = 6,
) -> tuple[str, ...]:
    """Up to `most` plain sentences; none when nothing stands out.

    Args:
        usual: what the baseline always answers, in words.
    """
    by_name = {score.name: score for score in scores}
    found = [
        *_against_baseline(by_name, usual),
        *_too_good(answers, by_name),
        *_weak_classes(answers, per_class, confusion),
        *_wrong_answers(answers, per_class),
        *_calibration(answers, by_name["calibration_error"]),
        *_sure_mistakes(answers),
        *_few_rows(answers, by_name["accuracy"], per_class),
    ]
    return gravest(found, most)


def gravest(found: Sequence[Advice], most: int) -> tuple[str, ...]:
    """The sentences of the gravest, in their order."""
    return tuple(sentence for _, sentence in sorted(found, key=lambda advice: -advice[0])[:most])


def _against_baseline(scores: dict[str, Score], usual: str) -> Iterator[Advice]:
    accuracy = scores["accuracy"]
    value, base, low = accuracy.value or 0.0, accuracy.baseline or 0.0, accuracy.low
    if value <= base:
        yield 1.0, f"Not better than always answering {usual}: accuracy {value:.2f} against {base:.2f}."
    elif low is not None and low <= base:
        yield (
            0.9,
            f"Not surely better than always answering {usual}: accuracy {value:.2f} against {base:.2f}.",
        )


def _too_good(answers: Answers, scores: dict[str, Score]) -> Iterator[Advice]:
    if scores["accuracy"].value == 1 and answers.rows >= 50:
        yield (
            0.5,
            "Every answer is right: check that no training row is in this data, and no column tells it.",
        )


def _weak_classes(answers: Answers, per_class: Sequence[ClassScore], confusion: np.ndarray) -> Iterator[Advice]:
    worst = sorted(
        (i for i, score in enumerate(per_class) if score.support >= _FEW_ROWS and (score.recall or 0) < 0.75),
        key=lambda i: per_class[i].recall or 0.0,
    )
    for i in worst[:3]:
        score, recall = per_class[i], per_class[i].recall or 0.0
        found = f"is found only {percent(recall)} of the time" if recall else "is never found"
        taken = "" if answers.several else _mistaken_for(confusion[i], i, per_class)
        yield 0.85 - 0.4 * recall, f"{score.name!r} {found} (recall, {score.support:,} rows){taken}."


def _mistaken_for(row: np.ndarray, index: int, per_class: Sequence[ClassScore]) -> str:
    missed = row.sum() - row[index]
    others = np.where(np.arange(len(row)) == index, -1, row)
    other = int(others.argmax())
    # With misses spread thin over many classes, no one of them is a finding.
    if others[other] < max(2, 0.25 * missed):
        return f"; its {missed:,} mistakes are spread over other classes"
    return f"; it is mistaken for {per_class[other].name!r} in {others[other]:,} of {row.sum():,} cases"


def _wrong_answers(answers: Answers, per_class: Sequence[ClassScore]) -> Iterator[Advice]:
    given = answers.predicted.sum(axis=0)
    weak = [i for i, s in enumerate(per_class) if given[i] >= _FEW_ROWS and (s.precision or 0) < 0.6]
    for i in sorted(weak, key=lambda i: per_class[i].precision or 0.0)[:2]:
        right = per_class[i].precision or 0.0
        name = per_class[i].name
        yield (
            0.7 - 0.4 * right,
            f"The answer {name!r} is right only {percent(right)} of the {given[i]:,} times it is given (precision).",
        )


def _calibration(answers: Answers, error: Score) -> Iterator[Advice]:
    value = error.value or 0.0
    # A small sample is off by chance alone; the interval's low end says what is not chance.
    if value < 0.05 or (error.low or 0.0) < 0.02:
        return
    excess = float(answers.confidence.mean() - answers.came_true.mean())
    means = f"mean confidence {answers.confidence.mean():.2f}, {answers.came_true.mean():.2f} come true"
    if abs(excess) < value / 2:
        yield 0.4 + value, f"The scores are poorly calibrated: calibration error {value:.2f} ({means})."
    else:
        way = "over" if excess > 0 else "under"
        yield 0.4 + value, f"The scores are {way}-confident: calibration error {value:.2f} ({means})."


def _sure_mistakes(answers: Answers) -> Iterator[Advice]:
    confidence = wrong_confidence(answers)
    count = int((~answers.correct & (confidence >= _SURE)).sum())
    if count:
        noun = "mistake has" if count == 1 else "mistakes have"
        yield (
            0.45 + min(0.3, count / answers.rows),
            f"{count:,} {noun} a confidence of {percent(_SURE)} or more: labels may be wrong; read them.",
        )


def _few_rows(answers: Answers, accuracy: Score, per_class: Sequence[ClassScore]) -> Iterator[Advice]:
    if accuracy.low is not None and accuracy.high is not None and accuracy.high - accuracy.low > 0.08:
        yield (
            0.55,
            f"With {answers.rows:,} rows the accuracy may lie between {accuracy.low:.2f} and "
            f"{accuracy.high:.2f}: score more rows before you compare.",
        )
    absent = [score.name for score in per_class if not score.support]
    if absent:
        yield (
            0.5,
            f"No row has {listed(absent)}: nothing is known about {'it' if len(absent) == 1 else 'them'}.",
        )
    rare = [score.name for score in per_class if 0 < score.support < _FEW_ROWS]
    if rare and answers.rows >= 2 * _FEW_ROWS:
        yield 0.3, f"Fewer than {_FEW_ROWS} rows have {listed(rare)}: scores there are mostly chance."


def listed(names: Sequence[str]) -> str:
    """The first three names, and how many more there are."""
    shown = ", ".join(repr(name) for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more classes"
