"""The report as HTML, from one template."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sora_keras.evaluation.plots import panels_of
from sora_keras.evaluation.results import Score
from sora_keras.evaluation.wording import interval, number, score_title, shown_classes, subtitle

if TYPE_CHECKING:
    from sora_keras.evaluation.report import Report

_MOST_CLASSES = 100


def page(report: Report) -> str:
    """A whole page: one file that asks nothing of the network."""
    return _render("page.html", report)


def compact(report: Report) -> str:
    """What a notebook shows: the same pieces, fewer of them; its styles reach nothing outside."""
    return _render("compact.html", report)


def _render(name: str, report: Report) -> str:
    from markupsafe import Markup

    from sora_keras.evaluation.svg import svg

    per_class, left_out = shown_classes(report.per_class, _MOST_CLASSES)
    return fill(
        name,
        report=report,
        subtitle=subtitle(report),
        per_class=per_class,
        left_out=left_out,
        plots={panel: Markup(svg(report, panel)) for panel in panels_of(report)},
    )


def fill(template: str, **values: Any) -> str:
    """Fill in a template of this room, which may use the pieces in `macros.html`."""
    from sora_keras.pages import render

    filters: dict[str, Callable[..., Any]] = {
        "number": number,
        "interval": interval,
        "score_title": score_title,
        "bar": _bar,
    }
    return render("evaluation", template, filters=filters, **values)


def _bar(score: Score) -> dict[str, Any] | None:
    """Where interval, value and baseline lie on a line from 0 to 100; None for a score with no upper end."""
    if score.value is None or score.name == "log_loss":
        return None
    most = 2.0 if score.name == "brier" else 1.0
    places = {"value": score.value, "low": score.low, "high": score.high, "baseline": score.baseline}
    return {name: None if at is None else round(100 * min(at / most, 1), 2) for name, at in places.items()}
