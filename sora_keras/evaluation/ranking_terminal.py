"""The ranking report in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sora_keras.evaluation.ranking_wording import (
    Cell,
    Row,
    beyond_rows,
    gap_row,
    group_rows,
    models_of,
    score_rows,
    size_of,
)
from sora_keras.evaluation.terminal import closing, make_table

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from sora_keras.evaluation.ranking_report import RankingReport


def renderable(report: RankingReport) -> RenderableType:
    """The report for a rich console; names are shown as they are, not read as markup."""
    from rich.console import Group
    from rich.text import Text

    return Group(
        Text(report.title or "Report", style="bold"),
        Text(f"{size_of(report)}\n{report.protocol}", style="dim"),
        _score_table(report),
        _model_table(report),
        *closing(report.look_at, report.notes),
    )


def _score_table(report: RankingReport) -> Table:
    from rich.markup import escape
    from rich.text import Text

    ours, *others = (escape(model.name) for model in models_of(report))
    table = make_table("score", ours, "95 % interval", *others)
    for row in score_rows(report):
        first, *rest = row.cells
        beside = (Text(cell.text, style="dim") for cell in rest)
        table.add_row(Text(row.title), Text(first.text, style="bold"), first.small, *beside)
    return table


def _model_table(report: RankingReport) -> Table:
    """A column a model: how far behind, light and heavy users, and all beyond accuracy."""
    from rich.markup import escape
    from rich.text import Text

    table = make_table("", *(escape(model.name) for model in models_of(report)))
    gap = gap_row(report)
    behind = (gap, Row("95 % interval of that", tuple(Cell(cell.small) for cell in gap.cells)))
    for row in (*(behind if report.contenders else ()), *group_rows(report), *beyond_rows(report)):
        table.add_row(Text(row.title), *(cell.text for cell in row.cells))
    return table
