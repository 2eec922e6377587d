"""Plots of a ranking report: its scores over k, and light users beside heavy ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.evaluation.fonts import can_draw, drawable, short
from sora_keras.evaluation.plots import BLUE, GREEN, INK, ORANGE, PURPLE, VERMILION, style
from sora_keras.evaluation.ranking_wording import items_of, models_of
from sora_keras.evaluation.results import Score
from sora_keras.evaluation.wording import score_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sora_keras.evaluation.ranking_report import RankingReport

# The model first; its line is whole and thick, those of the contenders broken each in its own way.
_COLOURS = (BLUE, ORANGE, GREEN, VERMILION, PURPLE)
_LINES = ("-", "--", "-.", ":")
_CURVES = {"ndcg": "NDCG", "recall": "Recall"}
_GROUPS = "groups"


def panels_of(report: RankingReport) -> tuple[str, ...]:
    """The panels that a report has."""
    return (*_CURVES, _GROUPS) if report.model.groups else tuple(_CURVES)


def overview(report: RankingReport) -> Figure:
    """All panels in one figure; names that no font of this machine can draw become their number."""
    import matplotlib
    from matplotlib.figure import Figure

    panels, names = panels_of(report), drawable([model.name for model in models_of(report)])
    with matplotlib.rc_context(style()):
        figure = Figure(figsize=(4.6 * len(panels), 4.2), layout="constrained")
        for axes, panel in zip(figure.subplots(1, len(panels)), panels, strict=True):
            draw(axes, panel, report, names)
        if report.title:
            figure.suptitle(short(report.title, 90) if can_draw(report.title) else "")
    return figure


def draw(axes: Axes, panel: str, report: RankingReport, names: Sequence[str]) -> None:
    """Draw one of `panels_of(report)`. names: of the model and the contenders, as they shall stand there."""
    if panel == _GROUPS:
        _draw_groups(axes, report, names)
    else:
        _draw_curves(axes, panel, report, names)
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=9, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.16))


def _draw_curves(axes: Axes, metric: str, report: RankingReport, names: Sequence[str]) -> None:
    for place, (model, name) in enumerate(zip(models_of(report), names, strict=True)):
        curve = next(curve for curve in model.curves if curve.name == metric)
        look: dict[str, Any] = {"color": _COLOURS[place % len(_COLOURS)], "zorder": 3 - place / len(names)}
        dash = _LINES[place % len(_LINES)]
        axes.plot(curve.x, curve.y, dash, linewidth=1.6 if place else 2.4, label=short(name), **look)
        scores = [score for score in model.scores if score.name.startswith(f"{metric}@")]
        ks = np.array([int(score.name.partition("@")[2]) for score in scores])
        # Side by side, where several would lie on each other.
        shifted = ks + 0.008 * ks[-1] * place
        values = [score.value or 0.0 for score in scores]
        axes.errorbar(shifted, values, yerr=_reach(scores), fmt="none", elinewidth=1, capsize=2, **look)
    axes.set_xticks([1, *ks] if ks[0] > 1 else ks)
    axes.set(xlabel="k", ylabel=f"{_CURVES[metric]}@k")
    axes.set_title(f"{_CURVES[metric]} over k")


def _draw_groups(axes: Axes, report: RankingReport, names: Sequence[str]) -> None:
    models, groups = models_of(report), report.model.groups
    width = 0.8 / len(models)
    for place, model in enumerate(models):
        scores = [group.score(report.headline) for group in model.groups]
        axes.bar(
            np.arange(len(groups)) + (place - (len(models) - 1) / 2) * width,
            [score.value or 0.0 for score in scores],
            width * 0.92, yerr=_reach(scores), color=_COLOURS[place % len(_COLOURS)], label=short(names[place]),
            error_kw={"ecolor": INK, "elinewidth": 1, "capsize": 2},
        )  # fmt: skip
    labels = [f"{group.name}\n{items_of(group)}" for group in groups]
    axes.set_xticks(np.arange(len(groups)), labels)
    axes.tick_params(axis="x", length=0)
    title = score_title(groups[0].score(report.headline))
    axes.set(ylabel=title)
    axes.set_title("Light and heavy users")


def _reach(scores: Sequence[Score]) -> np.ndarray:
    """(2, scores) how far the interval reaches below and above the value; nothing where there is none."""
    ends = [(s.value or 0.0, s.low, s.high) for s in scores]
    return np.array(
        [(0.0, 0.0) if low is None or high is None else (value - low, high - value) for value, low, high in ends]
    ).T.clip(min=0)
