"""Words of a report on a detector, as the terminal and the page both show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sora_keras.data.findings import rows_text
from sora_keras.evaluation.results import Score
from sora_keras.evaluation.wording import weakest

if TYPE_CHECKING:
    from sora_keras.evaluation.box_report import BoxClass, BoxReport

NOTHING = "nothing"
AT_THRESHOLD = ("precision", "recall", "f1")
# What each kind of error is: its title, what it means, and how it is said of one picture.
ERRORS = {
    "confused": ("confused", "well placed, but of another class", "confused"),
    "localisation": ("badly placed", "of the right class, IoU 0.1 to 0.5", "badly placed"),
    "both": ("confused and badly placed", "of another class, IoU 0.1 to 0.5", "confused and badly placed"),
    "duplicate": ("duplicate", "on something that is found already", "twice"),
    "background": ("background", "where nothing is", "where nothing is"),
    "missed": ("missed", "true boxes that nothing stands for", "missed"),
}


def size_of(report: BoxReport) -> str:
    """How much was scored, in one line."""
    number = len(report.classes)
    classes = "1 class" if number == 1 else f"{number:,} classes"
    return f"{rows_text(report.rows, 'picture')}, {boxes_text(report.boxes)}, {classes}"


def boxes_text(count: int) -> str:
    """`1 box`, `2 boxes`."""
    return "1 box" if count == 1 else f"{count:,} boxes"


def score_groups(report: BoxReport) -> dict[str, tuple[Score, ...]]:
    """The scores over all thresholds, then those at the one from which boxes are answered, each below its heading."""
    over_all = tuple(score for score in report.scores if score.name not in AT_THRESHOLD)
    at_one = tuple(score for score in report.scores if score.name in AT_THRESHOLD)
    return {"over all thresholds": over_all, f"at the threshold {report.threshold:g}": at_one}


def weakest_classes(report: BoxReport, most: int) -> tuple[list[BoxClass], int]:
    """The classes to list, in their own order or, where not all fit, the weakest; how many are left out."""
    return weakest(report.per_class, most, lambda one: (one.boxes == 0, one.map or 0.0))


def caption(errors: Mapping[str, int]) -> str:
    """The errors of one picture, such as `2 missed, 1 twice`."""
    ordered = sorted(errors.items(), key=lambda kind: -kind[1])
    return ", ".join(f"{count:,} {ERRORS[kind][2]}" for kind, count in ordered)
