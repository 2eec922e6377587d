"""Plots as SVG inside a page: text as text, in the page's own colours and fonts."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from io import StringIO
from typing import TYPE_CHECKING

from sora_keras.evaluation.plots import INK, draw, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sora_keras.evaluation.report import Report

_MANY = 7


def svg(report: Report, panel: str) -> str:
    """One panel as an `<svg>` element."""
    return drawn_svg(lambda axes: draw(axes, panel, report, report.classes), panel, _size(report, panel))


def drawn_svg(draw_on: Callable[[Axes], None], name: str, size: tuple[float, float]) -> str:
    """What is drawn on axes as an `<svg>` element.

    Args:
        name: of the plot, for who cannot see it. size: inches, which the page scales to its width.
    """
    import matplotlib
    from matplotlib.figure import Figure

    written = StringIO()
    with matplotlib.rc_context({**style(), "svg.hashsalt": name}), warnings.catch_warnings():
        # The browser has the letters that matplotlib's fonts lack; here they only measure the text.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure = Figure(figsize=size, layout="constrained")
        draw_on(figure.subplots())
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _fit_for_page(written.getvalue(), name)


def _size(report: Report, panel: str) -> tuple[float, float]:
    """Inches, which the page scales to its width."""
    if panel == "confusion" and report.kind == "multilabel":
        return 4.4, 1.6 + 0.3 * min(len(report.classes), 20)
    return panel_size(panel, len(report.classes))


def panel_size(panel: str, classes: int) -> tuple[float, float]:
    """Inches, which the page scales to its width; the confusion of many classes is larger."""
    return (7.4, 7.0) if panel == "confusion" and classes > _MANY else (4.4, 4.0)


def _fit_for_page(text: str, name: str) -> str:
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # matplotlib's style sheet would reach every element of the page; on the root it is inherited instead.
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, count=1, flags=re.DOTALL)
    text = re.sub(
        r'<svg [^>]*?viewBox="([^"]*)"[^>]*>',
        rf'<svg viewBox="\1" {_ROOT} aria-label="{name}">',
        text,
        count=1,
    )
    referred = set(re.findall(r"#([\w-]+)", text))
    text = re.sub(r' id="([\w.-]+)"', lambda found: found[0] if found[1] in referred else "", text)
    text = text.replace(INK, "currentColor")
    # The page's families for matplotlib's, which writes `font:` or, in later versions, `font-family:`.
    families = r'(style="[^"]*?(?:font-family: |font: [^;"]*?px ))[^;"]*'
    return re.sub(families, r"\1system-ui, sans-serif", text)


_ROOT = (
    'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
    'style="stroke-linejoin:round;stroke-linecap:butt"'
)
