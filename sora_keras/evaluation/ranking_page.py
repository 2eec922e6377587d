"""The ranking report as HTML, from templates that use the pieces of every report."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sora_keras.evaluation.page import fill
from sora_keras.evaluation.ranking_plots import draw, panels_of
from sora_keras.evaluation.ranking_wording import (
    beyond_rows,
    gap_row,
    group_rows,
    models_of,
    score_rows,
    size_of,
)

if TYPE_CHECKING:
    from sora_keras.evaluation.ranking_report import RankingReport

_PANEL_SIZE = (4.4, 4.0)


def page(report: RankingReport) -> str:
    """A whole page: one file that asks nothing of the network."""
    return _render("ranking.html", report)


def compact(report: RankingReport) -> str:
    """What a notebook shows: the same pieces, fewer of them; its styles reach nothing outside."""
    return _render("ranking_compact.html", report)


def _render(name: str, report: RankingReport) -> str:
    from markupsafe import Markup

    from sora_keras.evaluation.svg import drawn_svg

    names = [model.name for model in models_of(report)]
    draw_panel = {panel: partial(draw, panel=panel, report=report, names=names) for panel in panels_of(report)}
    return fill(
        name,
        report=report,
        subtitle=size_of(report),
        models=names,
        scores=list(score_rows(report)),
        gaps=[gap_row(report)] if report.contenders else [],
        groups=list(group_rows(report)),
        beyond=list(beyond_rows(report)),
        plots=[Markup(drawn_svg(draw_on, panel, _PANEL_SIZE)) for panel, draw_on in draw_panel.items()],
    )
