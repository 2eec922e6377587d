"""What to look at in a report on a detector, the gravest first."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sora_keras.data.findings import rows_text
from sora_keras.evaluation.advice import Advice, gravest, listed
from sora_keras.evaluation.box_errors import RIGHT, BoxErrors
from sora_keras.evaluation.box_report import BoxClass, BoxReport
from sora_keras.evaluation.box_wording import boxes_text
from sora_keras.evaluation.results import named
from sora_keras.evaluation.wording import number, percent

_FEW = 10  # boxes of a class, or errors, of which nothing is said
_HARDLY = 0.5


def advise_boxes(report: BoxReport, errors: BoxErrors, *, most: int = 6) -> tuple[str, ...]:
    """Up to `most` plain sentences; none when nothing stands out.

    Args:
        report: its `look_at` and `notes` are not read. errors: that it counts.
    """
    counts = {error.kind: error.count for error in report.errors}
    threshold = list(_threshold(report))
    answered = int(errors.answered.sum())
    found = [
        *_nothing_found(report, answered),
        *_weak_classes(report),
        *_missed(report),
        *threshold,
        *_background(errors, counts["background"], answered, bool(threshold)),
        *_duplicates(counts["duplicate"], answered),
        *_badly_placed(report, counts["localisation"], answered),
        *_confused(report),
        *_few_boxes(report),
        *_too_good(report),
    ]
    return gravest(found, most)


def _nothing_found(report: BoxReport, answered: int) -> Iterator[Advice]:
    if report.boxes and not answered:
        yield 1.0, f"Nothing is found: no box has a score of {report.threshold:g} or more."


def _weak_classes(report: BoxReport) -> Iterator[Advice]:
    weak = [one for one in report.per_class if _is_weak(one)]
    for one in sorted(weak, key=lambda one: one.recall or 0.0)[:3]:
        recall = one.recall or 0.0
        found = f"is found only {percent(recall)} of the time" if recall else "is never found"
        yield 0.95 - 0.4 * recall, f"{one.name!r} {found} (recall, {boxes_text(one.boxes)}){_instead(report, one)}."


def _is_weak(one: BoxClass) -> bool:
    return one.boxes >= _FEW and (one.recall or 0.0) < _HARDLY


def _instead(report: BoxReport, one: BoxClass) -> str:
    """What is answered for boxes of a class that are not found."""
    row = report.confusion[report.classes.index(one.name), :-1].copy()
    row[report.classes.index(one.name)] = 0
    other = int(row.argmax())
    lost = one.boxes * (1 - (one.recall or 0.0))
    if row[other] < max(2, 0.25 * lost):
        return ""
    return f"; {report.classes[other]!r} is answered instead in {row[other]:,} cases"


def _missed(report: BoxReport) -> Iterator[Advice]:
    every, missed = sum(error.count for error in report.errors), report.errors[-1]
    if every < _FEW or missed.count < every / 2:
        return
    of = f"({missed.count:,} of {every:,} errors)"
    if missed.small >= missed.count / 2:
        yield (
            0.8,
            f"Most errors are missed boxes {of}, and {missed.small:,} of those are smaller than 32 × 32 pixels: let "
            "the model read larger pictures, or parts of them.",
        )
    else:
        yield 0.6, f"Most errors are missed boxes {of}: more pictures like these are needed in training."


def _threshold(report: BoxReport) -> Iterator[Advice]:
    """Another threshold that would do much better."""
    line = report.curves.thresholds[2]
    ours = report["f1"]
    if not line.y or not report.boxes or sum(error.count for error in report.errors) < _FEW:
        return
    apart = np.abs(np.array(line.x) - report.threshold)
    best = int(np.lexsort((apart, -np.array(line.y)))[0])  # of equal ones the nearest
    if line.y[best] > ours + 0.05:
        way = "higher" if line.x[best] > report.threshold else "lower"
        yield (
            0.5 + min(0.3, line.y[best] - ours),
            f"A {way} threshold would do better here: at {line.x[best]:.2f} F1 is {line.y[best]:.2f}, at "
            f"{report.threshold:g} it is {ours:.2f}. Choose it on other pictures than these.",
        )


def _background(errors: BoxErrors, count: int, answered: int, advised: bool) -> Iterator[Advice]:
    """advised: whether another threshold is advised already."""
    if count < _FEW or count < 0.2 * answered:
        return
    scores = {
        verdict: np.concatenate([one.found.scores[one.verdicts == verdict] for one in errors.matched])
        for verdict in (RIGHT, "background")
    }
    said = f"{count:,} of the {answered:,} boxes found are where nothing is"
    if not scores[RIGHT].size or np.median(scores["background"]) < np.percentile(scores[RIGHT], 25):
        lower = f"{said}, most with lower scores than those that are right: a higher threshold leaves them out first."
        yield from [] if advised else [(0.45 + 0.3 * count / answered, lower)]
    else:
        yield (
            0.55 + 0.3 * count / answered,
            f"{said}, with scores like those that are right: look whether the annotations lack boxes.",
        )


def _duplicates(count: int, answered: int) -> Iterator[Advice]:
    if count >= _FEW / 2 and count >= 0.1 * answered:
        yield (
            0.45 + 0.3 * count / answered,
            f"{count:,} of the {answered:,} boxes found are of something that is found already: a lower overlap of the "
            "boxes that are kept leaves them out.",
        )


def _badly_placed(report: BoxReport, count: int, answered: int) -> Iterator[Advice]:
    half, more = report["ap50"], report["ap75"]
    if count >= _FEW and count >= 0.15 * answered:
        yield (
            0.4 + 0.3 * count / answered,
            f"{count:,} of the {answered:,} boxes found are of the right class, but badly placed (IoU 0.1 to 0.5).",
        )
    elif report.boxes >= _FEW and half >= 0.3 and more < 0.4 * half:
        yield 0.4, f"Boxes lie loosely around what they show: AP50 is {half:.2f}, but AP75 {more:.2f}."


def _confused(report: BoxReport) -> Iterator[Advice]:
    """The pair of classes that is confused most, where its class is not weak, which says so already."""
    pairs = report.confusion[:-1, :-1] * (1 - np.eye(len(report.classes), dtype=np.int64))
    pairs[[place for place, one in enumerate(report.per_class) if _is_weak(one)]] = 0
    true, answered = np.unravel_index(int(pairs.argmax()), pairs.shape)
    count, boxes = int(pairs[true, answered]), report.per_class[true].boxes
    if count >= max(3, 0.1 * boxes):
        yield (
            0.4 + 0.3 * min(1.0, count / max(boxes, 1)),
            f"{report.classes[answered]!r} is answered for {report.classes[true]!r} in {count:,} cases "
            f"({boxes_text(boxes)}).",
        )


def _few_boxes(report: BoxReport) -> Iterator[Advice]:
    score = named(report.scores, "map")
    size = f"{rows_text(report.rows, 'picture')} and {boxes_text(report.boxes)}"
    if not report.boxes:
        yield 1.0, "No picture has a box: nothing is known but what is found where nothing is."
        return
    if score.low is None or score.high is None:
        yield 0.75, f"With {size} nothing is known of how far chance reaches: score more pictures."
    elif score.high - score.low > 0.15:
        yield (
            0.55,
            f"With {size} mAP may lie between {number(score.low)} and {number(score.high)}: score more pictures before "
            "you compare.",
        )
    absent = [one.name for one in report.per_class if not one.boxes]
    if absent:
        yield 0.5, f"No picture has {listed(absent)}: nothing is known about {'it' if len(absent) == 1 else 'them'}."
    rare = [one.name for one in report.per_class if 0 < one.boxes < _FEW]
    if rare and report.boxes >= 2 * _FEW:
        noun = "There are" if len(rare) == 1 else "There are each"
        yield 0.3, f"{noun} fewer than {_FEW} boxes of {listed(rare)}: scores there are mostly chance."


def _too_good(report: BoxReport) -> Iterator[Advice]:
    if report["map"] > 0.95 and report.rows >= 20:
        yield 0.7, f"mAP is {number(report['map'])}: check that no picture here was in training."
