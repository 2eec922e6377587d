"""A report as HTML, from templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sora_keras.evaluation.report import Report


def render_page(report: Report) -> str:
    """A whole page."""
    return _render("page.html", report)


def render_body(report: Report) -> str:
    """The part that a notebook shows."""
    return _render("report.html", report)


def _render(name: str, report: Report) -> str:
    from jinja2 import Environment, PackageLoader

    from sora_keras.evaluation.plots import as_data_uri
    from sora_keras.evaluation.terminal import shown

    environment = Environment(
        loader=PackageLoader("sora_keras.evaluation"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["figure"] = shown
    return environment.get_template(name).render(report=report, plots=as_data_uri(report))
