"""Plots of a report on a detector."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sora_keras.evaluation.box_scores import SIZES
from sora_keras.evaluation.box_wording import ERRORS, NOTHING
from sora_keras.evaluation.fonts import drawable
from sora_keras.evaluation.plots import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    QUIET,
    VERMILION,
    draw_confusion,
    draw_curves,
    side_by_side,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sora_keras.evaluation.box_report import BoxReport

PANELS = ("confusion", "errors", "pr50", "pr75", "threshold")
_THRESHOLD_LINES = (("precision", BLUE, "--"), ("recall", GREEN, "-."), ("F1", INK, "-"))


def overview(report: BoxReport) -> Figure:
    """All panels in one figure; class names that no font of this machine can draw become their number."""
    names = drawable(report.classes)
    return side_by_side([partial(draw, panel=panel, report=report, names=names) for panel in PANELS], report.title)


def draw(axes: Axes, panel: str, report: BoxReport, names: Sequence[str]) -> None:
    """Draw one of `PANELS`. names: of the classes, as they shall stand there."""
    if panel == "errors":
        _draw_errors(axes, report)
    elif panel == "confusion":
        draw_confusion(axes, report.confusion, [*names, NOTHING], besides=1)
    elif panel == "threshold":
        _draw_threshold(axes, report)
    else:
        _draw_precision(axes, panel, report, names)


def _draw_errors(axes: Axes, report: BoxReport) -> None:
    """How many of each kind, parted by their size."""
    places, start = np.arange(len(report.errors)), np.zeros(len(report.errors))
    for size, colour in zip(SIZES, (ORANGE, BLUE, QUIET), strict=True):
        counts = np.array([getattr(error, size) for error in report.errors])
        axes.barh(places, counts, left=start, height=0.7, label=size, color=colour)
        start = start + counts
    for place, error in zip(places, report.errors, strict=True):
        axes.annotate(f"{error.count:,}", (error.count, place), (4, 0), textcoords="offset points", va="center")
    axes.set_yticks(places, [ERRORS[error.kind][0].replace(" and ", "\nand ") for error in report.errors])
    axes.invert_yaxis()
    axes.set(xlabel="boxes", xlim=(0, 1.12 * max(1, start.max())))
    axes.set_title("Errors by size", pad=24)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize=9, handlelength=1)


def _draw_precision(axes: Axes, panel: str, report: BoxReport, names: Sequence[str]) -> None:
    curves = report.curves.pr50 if panel == "pr50" else report.curves.pr75
    mean = report.curves.mean50 if panel == "pr50" else report.curves.mean75
    if len(curves) > 1:
        axes.plot(mean.x, mean.y, color=INK, linewidth=2.4, label=f"mean {mean.area:.2f}")
    shown = dict(zip(report.classes, names, strict=True))
    overlap = "0.5" if panel == "pr50" else "0.75"
    draw_curves(axes, curves, shown, f"Precision and recall, IoU {overlap}", "recall", "precision")


def _draw_threshold(axes: Axes, report: BoxReport) -> None:
    for curve, (title, colour, dash) in zip(report.curves.thresholds, _THRESHOLD_LINES, strict=True):
        axes.plot(curve.x, curve.y, dash, color=colour, linewidth=1.6, label=title)
    axes.axvline(report.threshold, color=VERMILION, linewidth=1, linestyle=":", label=f"now {report.threshold:g}")
    axes.set(xlabel="threshold", ylabel="at IoU 0.5", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.set_title("Choice of the threshold")
    axes.legend(fontsize=9, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.16))
