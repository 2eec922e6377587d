"""The report in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from sora_keras.evaluation.results import ClassScore, Score
from sora_keras.evaluation.wording import interval, number, score_title, shown_classes, subtitle

if TYPE_CHECKING:
    from rich.console import RenderableType, RichCast
    from rich.table import Table

    from sora_keras.evaluation.report import Report

_MOST_CLASSES = 20


def plain_text(report: RichCast) -> str:
    """A report, of whatever kind, as text without colours."""
    from rich.console import Console

    written = StringIO()
    Console(file=written, force_jupyter=False, width=100, no_color=True, highlight=False).print(report)
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines())


def renderable(report: Report) -> RenderableType:
    """The report for a rich console; class names are shown as they are, not read as markup."""
    from rich.console import Group
    from rich.text import Text

    return Group(
        Text(report.title or "Report", style="bold"),
        Text(subtitle(report), style="dim"),
        score_table({"score": report.scores}),
        _class_table(report),
        *closing(report.look_at, report.notes),
    )


def closing(look_at: Sequence[str], notes: Sequence[str]) -> Iterator[RenderableType]:
    """What every report ends with: what to look at, and how it was made."""
    from rich.padding import Padding
    from rich.text import Text

    if look_at:
        yield Text("\nLook at", style="bold")
        yield from (Padding(Text(f"• {sentence}"), (0, 0, 0, 1)) for sentence in look_at)
    yield Text("\n" + " ".join(notes), style="dim")


def make_table(*columns: str) -> Table:
    """A table whose first column has words and whose others have numbers."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for i, column in enumerate(columns):
        table.add_column(column, justify="right" if i else "left", no_wrap=bool(i))
    return table


def score_table(groups: Mapping[str, Sequence[Score]]) -> Table:
    """Scores with their intervals, each group below its heading, beside a baseline where any has one."""
    from rich.text import Text

    first, *others = groups
    beside = any(score.baseline is not None for scores in groups.values() for score in scores)
    table = make_table(first, "value", "95 % interval", *(["baseline"] if beside else []))
    for heading, scores in groups.items():
        if heading in others:
            table.add_section()
            table.add_row(Text(heading, style="bold"))
        for score in scores:
            name = f"{score_title(score)} ({score.why})" if score.why else score_title(score)
            baseline = [Text(number(score.baseline), style="dim")] if beside else []
            table.add_row(Text(name), Text(number(score.value), style="bold"), interval(score), *baseline)
    return table


def _class_table(report: Report) -> Table:
    from rich.text import Text

    kept, left_out = shown_classes(report.per_class, _MOST_CLASSES)
    table = make_table("label" if report.kind == "multilabel" else "class", "precision", "recall", "F1", "rows")
    for score in kept:
        table.add_row(Text(_name(score)), *map(number, (score.precision, score.recall, score.f1)), f"{score.support:,}")
    if left_out:
        table.add_row(Text(f"and {left_out} classes with a higher F1", style="dim"))
    return table


def _name(score: ClassScore) -> str:
    return f"{score.name} ({score.why})" if score.why else score.name
