"""The report on a detector in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sora_keras.evaluation.box_wording import ERRORS, caption, score_groups, size_of, weakest_classes
from sora_keras.evaluation.terminal import closing, make_table, score_table
from sora_keras.evaluation.wording import number

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from sora_keras.evaluation.box_report import BoxReport

_MOST_CLASSES, _MOST_PICTURES = 20, 5


def renderable(report: BoxReport) -> RenderableType:
    """The report for a rich console; names are shown as they are, not read as markup."""
    from rich.console import Group
    from rich.text import Text

    return Group(
        Text(report.title or "Report", style="bold"),
        Text(size_of(report), style="dim"),
        score_table(score_groups(report)),
        _class_table(report),
        _error_table(report),
        *([_picture_table(report)] if report.worst else []),
        *closing(report.look_at, report.notes),
    )


def _class_table(report: BoxReport) -> Table:
    from rich.text import Text

    kept, left_out = weakest_classes(report, _MOST_CLASSES)
    table = make_table("class", "mAP", "AP50", "precision", "recall", "boxes", "found")
    for one in kept:
        numbers = map(number, (one.map, one.ap50, one.precision, one.recall))
        name = f"{one.name} ({one.why})" if one.why else one.name
        table.add_row(Text(name), *numbers, f"{one.boxes:,}", f"{one.answered:,}")
    if left_out:
        table.add_row(Text(f"and {left_out} classes with a higher mAP", style="dim"))
    return table


def _error_table(report: BoxReport) -> Table:
    from rich.text import Text

    table = make_table("error", "boxes", "small", "medium", "large")
    for error in report.errors:
        title, meaning, _ = ERRORS[error.kind]
        name = Text.assemble(title, (f"  {meaning}", "dim"))
        sizes = (f"{count:,}" for count in (error.small, error.medium, error.large))
        table.add_row(name, Text(f"{error.count:,}", style="bold"), *sizes)
    return table


def _picture_table(report: BoxReport) -> Table:
    from rich.text import Text

    table = make_table("pictures with the most errors", "errors")
    for picture in report.worst[:_MOST_PICTURES]:
        told = Text.assemble(picture.name, (f"  {caption(picture.errors)}", "dim"))
        table.add_row(told, f"{sum(picture.errors.values()):,}")
    return table
