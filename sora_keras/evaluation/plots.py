"""Plots of a report, on figures that pyplot does not know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.evaluation.fonts import can_draw, drawable, short
from sora_keras.evaluation.results import Curve
from sora_keras.pages.fonts import families

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sora_keras.evaluation.report import Report

# Okabe and Ito (2008): apart for every kind of colour vision.
BLUE, ORANGE, GREEN, VERMILION, PURPLE = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7"
INK = "#1f2328"
QUIET = "#8b949e"
_NAMED_LINES = (VERMILION, BLUE, GREEN, PURPLE, ORANGE)
_MOST_CLASSES = 20
PANELS = ("confusion", "roc", "pr", "reliability")
COVERAGE = "coverage"


def panels_of(report: Report) -> tuple[str, ...]:
    """The panels that a report has."""
    return PANELS if report.curves.coverage is None else (*PANELS, COVERAGE)


def overview(report: Report) -> Figure:
    """All panels in one figure; class names that no font of this machine can draw become their number."""
    names = drawable(report.classes)
    return side_by_side([partial(draw, panel=panel, report=report, names=names) for panel in panels_of(report)],
                        report.title)  # fmt: skip


def side_by_side(panels: Sequence[Callable[[Axes], None]], title: str) -> Figure:
    """What draws each panel, two in a row, in one figure."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(style()):
        rows = -(-len(panels) // 2)
        figure = Figure(figsize=(11, 4.75 * rows), layout="constrained")
        places = list(figure.subplots(rows, 2).flat)
        for axes, draw_on in zip(places, panels, strict=False):
            draw_on(axes)
        for axes in places[len(panels) :]:
            axes.set_axis_off()
        if title:
            figure.suptitle(short(title, 90) if can_draw(title) else "")
    return figure


def style() -> dict[str, Any]:
    """Settings for `matplotlib.rc_context`, so that nothing global changes."""
    return {
        "font.family": list(families()),
        "font.size": 10,
        "axes.titlesize": 11,
        "axes.titleweight": "bold",
        "axes.spines.top": False,
        "axes.spines.right": False,
        **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
        "legend.frameon": False,
        "figure.facecolor": "white",
        "svg.fonttype": "none",
    }


def draw(axes: Axes, panel: str, report: Report, names: Sequence[str]) -> None:
    """Draw one of `panels_of(report)`. names: of the classes, as they shall stand there."""
    shown = dict(zip(report.classes, names, strict=True))
    if panel == "confusion":
        if report.kind == "multilabel":
            _draw_labels(axes, report, names)
        else:
            draw_confusion(axes, report.confusion, names)
    elif panel == "roc":
        draw_curves(axes, report.curves.roc, shown, "ROC", "false positive rate", "true positive rate")
        axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=":")
    elif panel == "pr":
        draw_curves(axes, report.curves.pr, shown, "Precision and recall", "recall", "precision")
    elif panel == COVERAGE:
        _draw_coverage(axes, report)
    else:
        _draw_reliability(axes, report)


def _draw_coverage(axes: Axes, report: Report) -> None:
    curve = report.curves.coverage
    assert curve is not None
    axes.plot(curve.x, curve.y, color=BLUE, linewidth=1.6)
    given = report["coverage"]
    axes.axvline(given, color=VERMILION, linewidth=1, linestyle=":", label=f"answered now: {given:.0%}")
    axes.set(xlabel="share of rows that is answered, the surest first", ylabel="share of those that is right")
    axes.set(xlim=(-0.02, 1.02))
    axes.set_title("Coverage and accuracy")
    axes.legend(fontsize=9, loc="lower left")


def draw_confusion(axes: Axes, confusion: np.ndarray, names: Sequence[str], besides: int = 0) -> None:
    """Counts by truth in rows and answer in columns; of many classes those that are most mistaken.

    Args:
        besides: how many of the last are no classes; they are always shown.
    """
    kept = _most_mistaken(confusion, besides)
    counts = confusion[np.ix_(kept, kept)]
    shares = counts / np.maximum(confusion[kept].sum(axis=1, keepdims=True), 1)
    # Paler than the full colour, so that the numbers stay readable on light and on dark.
    cells = np.empty((*shares.shape, 4))
    cells[...] = (0, 114 / 255, 178 / 255, 0)
    cells[..., 3] = 0.75 * shares
    axes.pcolormesh(cells, edgecolors=(0.5, 0.5, 0.5, 0.18), linewidth=0.6)
    size = 11 if len(kept) < 8 else 8
    for (row, column), count in np.ndenumerate(counts):
        if count:
            axes.text(column + 0.5, row + 0.5, f"{count:,}", ha="center", va="center", fontsize=size)
    ticks = np.arange(len(kept)) + 0.5
    labels = [short(names[i], 12) for i in kept]
    axes.set_xticks(ticks, labels, rotation=0 if len(kept) < 5 else 45, ha="center" if len(kept) < 5 else "right")
    axes.set_yticks(ticks, labels)
    axes.tick_params(length=0, labelsize=min(10, size + 0.5))
    axes.spines[:].set_visible(False)
    axes.set(xlabel="answered", ylabel="true", aspect="equal")
    axes.invert_yaxis()
    shown, classes = len(kept) - besides, len(names) - besides
    axes.set_title("Confusion" + (f" ({shown} of {classes} classes, most mistaken)" if shown < classes else ""))


def _most_mistaken(confusion: np.ndarray, besides: int) -> np.ndarray:
    mistakes = confusion.sum(axis=1) + confusion.sum(axis=0) - 2 * np.diag(confusion)
    mistakes[len(mistakes) - besides :] = mistakes.max() + 1
    return np.sort(np.argsort(-mistakes, kind="stable")[:_MOST_CLASSES])


def _draw_labels(axes: Axes, report: Report, names: Sequence[str]) -> None:
    """For several labels: how often each was found, missed, and wrongly given."""
    wrong, missed, found = (report.confusion[:, i, j] for i, j in ((0, 1), (1, 0), (1, 1)))
    kept = np.argsort(-(wrong + missed), kind="stable")[:_MOST_CLASSES]
    places, start = np.arange(len(kept)), np.zeros(len(kept))
    for counts, name, colour in (
        (found, "found", BLUE),
        (missed, "missed", ORANGE),
        (wrong, "wrongly given", VERMILION),
    ):
        axes.barh(places, counts[kept], left=start, height=0.7, label=name, color=colour)
        start = start + counts[kept]
    axes.set_yticks(places, [short(names[i]) for i in kept])
    axes.invert_yaxis()
    axes.set(xlabel="rows")
    axes.set_title("Labels", pad=24)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize=9, handlelength=1)


def draw_curves(axes: Axes, curves: Sequence[Curve], shown: dict[str, str], heading: str, x: str, y: str) -> None:
    """All lines; with many classes only those of the smallest area stand out by colour and name."""
    ranked = sorted(curves, key=lambda curve: curve.area or 0.0)
    named = ranked[: len(_NAMED_LINES)]
    for curve in ranked[len(named) :]:
        axes.plot(curve.x, curve.y, color=QUIET, alpha=0.45, linewidth=0.8)
    for curve, colour in zip(named, _NAMED_LINES, strict=False):
        label = f"{short(shown[curve.name])} {curve.area:.2f}"
        axes.plot(curve.x, curve.y, color=colour, linewidth=1.6, label=label)
        if curve.low:
            axes.fill_between(curve.x, curve.low, curve.high, color=colour, alpha=0.15, linewidth=0)
    if not curves:
        axes.text(0.5, 0.5, "undefined: needs rows with\nand without a class", ha="center", va="center")
    else:
        title = "area under the curve" + ("" if len(curves) == len(named) else f", {len(named)} weakest")
        axes.legend(
            title=title,
            fontsize=9,
            title_fontsize=9,
            ncols=2,
            loc="upper center",
            bbox_to_anchor=(0.5, -0.16),
        )
    axes.set(xlabel=x, ylabel=y, xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.set_title(heading)


def _draw_reliability(axes: Axes, report: Report) -> None:
    curve = report.curves.reliability
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=":", label="perfectly calibrated")
    axes.plot(curve.x, curve.y, color=BLUE, marker="o", markersize=5, linewidth=1.6, label="this model")
    axes.set(xlabel="confidence", ylabel="share that came true", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.set_title(f"Reliability (calibration error {report['calibration_error']:.3f})")
    axes.legend(fontsize=9, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.16))
