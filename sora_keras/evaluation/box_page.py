"""The report on a detector as HTML, from templates that use the pieces of every report."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sora_keras.evaluation.box_gallery import FOUND, TRUE
from sora_keras.evaluation.box_plots import PANELS, draw
from sora_keras.evaluation.box_wording import ERRORS, caption, score_groups, size_of, weakest_classes
from sora_keras.evaluation.page import fill

if TYPE_CHECKING:
    from sora_keras.evaluation.box_report import BoxReport

_MOST_CLASSES = 100


def page(report: BoxReport) -> str:
    """A whole page: one file that asks nothing of the network."""
    return _render("boxes.html", report)


def compact(report: BoxReport) -> str:
    """What a notebook shows: the same pieces, fewer of them; its styles reach nothing outside."""
    return _render("boxes_compact.html", report)


def _render(name: str, report: BoxReport) -> str:
    from markupsafe import Markup

    from sora_keras.evaluation.svg import drawn_svg, panel_size

    per_class, left_out = weakest_classes(report, _MOST_CLASSES)
    draws = {panel: partial(draw, panel=panel, report=report, names=report.classes) for panel in PANELS}
    return fill(
        name,
        report=report,
        subtitle=size_of(report),
        score_groups=score_groups(report),
        per_class=per_class,
        left_out=left_out,
        errors=[(*ERRORS[error.kind][:2], error) for error in report.errors],
        worst=[(picture.name, caption(picture.errors)) for picture in report.worst],
        plots={
            panel: Markup(drawn_svg(draw_on, panel, panel_size(panel, len(report.classes))))
            for panel, draw_on in draws.items()
        },
        true_ink=TRUE,
        found_ink=FOUND,
    )
