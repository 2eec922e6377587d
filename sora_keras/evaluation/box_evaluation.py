"""From what a detector found to the report on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sora_keras.data.boxes import Boxes
from sora_keras.data.findings import rows_text
from sora_keras.errors import DataError, ParameterError
from sora_keras.evaluation.bootstrap import Interval, percentile_interval, resample_counts
from sora_keras.evaluation.box_advice import advise_boxes
from sora_keras.evaluation.box_curves import box_curves
from sora_keras.evaluation.box_errors import BoxErrors, count_errors, find_errors, worst_pictures
from sora_keras.evaluation.box_gallery import make_box_gallery
from sora_keras.evaluation.box_report import BoxClass, BoxReport
from sora_keras.evaluation.box_scores import BoxScores, Found, intervals, most_counted, score_boxes
from sora_keras.evaluation.box_wording import AT_THRESHOLD, boxes_text
from sora_keras.evaluation.results import Score
from sora_keras.evaluation.wording import as_sentence

if TYPE_CHECKING:
    from PIL.Image import Image


def evaluate_boxes(
    truth: Sequence[Boxes],
    found: Sequence[Found],
    classes: Sequence[str],
    *,
    threshold: float,
    picture: Callable[[int], Image] | None = None,
    names: Callable[[int], str] = str,
    title: str = "",
    notes: Sequence[str] = (),
    noticed: Sequence[str] = (),
    seed: int = 0,
    resamples: int = 200,
) -> BoxReport:
    """Score what was found, name the errors, and say what to look at.

    Args:
        truth: what stands in each picture. found: all that was found there, down to very low scores (0.001).
        classes: the names that count; boxes of others are left out.
        threshold: the score from which a box is answered; errors, precision, recall and F1 are counted there.
        picture: one of the pictures, upright, by its place; it may be a smaller copy where its `truth` has a size.
            None shows no pictures. names: what a picture is called, by its place.
        title, notes: for the reader. noticed: what the reader should look at first, one clause each.
        resamples: of the bootstrap over the pictures.

    Raises:
        DataError: no picture. ParameterError: not one of `found` for each picture.
        MissingExtraError: the package `pycocotools` is not installed.
    """
    if len(truth) != len(found):
        raise ParameterError(f"found must have one for each of {len(truth):,} pictures. Received: {len(found):,}")
    if not len(truth):
        raise DataError("There is no picture to score.")
    scored, errors = score_boxes(truth, found, classes), find_errors(truth, found, classes, threshold)
    worst = worst_pictures(errors.errors, names)
    report = BoxReport(
        title=title,
        rows=len(truth),
        boxes=int(errors.there.sum()),
        classes=tuple(classes),
        threshold=float(threshold),
        scores=(*_over_all(scored, resamples, seed), *_at_threshold(errors, resamples, seed)),
        per_class=tuple(_by_class(scored, errors, classes)),
        curves=box_curves(scored, classes),
        errors=count_errors(errors.errors),
        confusion=errors.confusion,
        worst=worst,
        look_at=(),
        mistakes=errors.errors,
        gallery=make_box_gallery(worst, errors.matched, truth, picture) if picture else None,
    )
    crowds = sum(int(one.crowd.sum()) for one in truth)
    return replace(
        report,
        look_at=(*map(as_sentence, noticed), *advise_boxes(report, errors)),
        notes=(*notes, *_how_made(report, crowds, resamples, most_counted(truth))),
    )


def _over_all(scored: BoxScores, resamples: int, seed: int) -> Iterator[Score]:
    ranges = intervals(scored, resamples=resamples, seed=seed)
    for name, value in scored.scores.items():
        low, high = ranges.get(name, (None, None))
        own = "average_recall" if name == "recall" else name
        known = _known(value)
        size = f"{name.removeprefix('map_')} " if name.startswith("map_") else ""
        yield Score(own, known, low, high, why="" if known is not None else f"no {size}box in these pictures")


def _at_threshold(errors: BoxErrors, resamples: int, seed: int) -> Iterator[Score]:
    """Of all classes together, with intervals over the same resamples as the others."""
    counts = np.stack([errors.right.sum(axis=1), errors.answered.sum(axis=1), errors.there.sum(axis=1)])
    values = _shares(counts.sum(axis=1, keepdims=True))
    pictures = counts.shape[1]
    ranges: dict[str, Interval] = dict.fromkeys(values, (None, None))
    if pictures > 1:
        drawn = _shares(np.concatenate([counts @ some for some in resample_counts(pictures, resamples, seed)], axis=1))
        ranges = {name: percentile_interval(some) for name, some in drawn.items()}
    for name, (value,) in values.items():
        known = _known(value)
        why = "nothing is found" if name == "precision" else "no box in these pictures"
        low, high = ranges[name] if known is not None else (None, None)
        yield Score(name, known, low, high, why="" if known is not None else why)


def _shares(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Precision, recall and F1 (samples,) of the right, the answered and the true (3, samples); NaN for none."""
    right, answered, there = counts.astype(np.float64)
    parts = zip(AT_THRESHOLD, (right, right, 2 * right), (answered, there, answered + there), strict=True)
    return {name: np.divide(some, of, out=np.full_like(of, np.nan), where=of > 0) for name, some, of in parts}


def _by_class(scored: BoxScores, errors: BoxErrors, classes: Sequence[str]) -> Iterator[BoxClass]:
    right, answered, there = (counts.sum(axis=0) for counts in (errors.right, errors.answered, errors.there))
    shares = _shares(np.stack([right, answered, there]))
    for place, name in enumerate(classes):
        yield BoxClass(
            name,
            map=_known(scored.by_class[name]["map"]),
            ap50=_known(scored.by_class[name]["ap50"]),
            precision=_known(shares["precision"][place]),
            recall=_known(shares["recall"][place]),
            boxes=int(there[place]),
            answered=int(answered[place]),
            why="" if there[place] else "no box in these pictures",
        )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _how_made(report: BoxReport, crowds: int, resamples: int, most: int) -> Iterator[str]:
    yield (
        f"Scores of COCO's evaluator, of the {most:,} surest boxes of a class and picture: mAP is the average "
        "precision, mean over the classes and the overlaps (IoU) 0.50, 0.55, … 0.95; small boxes have less than 32 × "
        "32 pixels, large ones 96 × 96 or more; average recall is the mean over the same overlaps."
    )
    yield (
        f"Precision, recall, F1 and errors are of the boxes with a score of {report.threshold:g} or more, at an IoU of "
        "0.5; the errors are those of TIDE (Bolya et al., 2020)."
    )
    if crowds:
        yield f"{boxes_text(crowds)} around crowds {'is' if crowds == 1 else 'are'} not scored, nor what lies in them."
    if report.rows < 2:
        yield "One picture gives no interval."
    else:
        yield f"Intervals: 95 %, from {rows_text(resamples, 'bootstrap resample')} of the pictures."
