"""Plots that stand apart from pyplot and draw any class name."""

from __future__ import annotations

import sys
from io import BytesIO

import matplotlib
import numpy as np
import pytest

from sora_keras.evaluation import Report, fonts
from sora_keras.evaluation.plots import overview
from sora_keras.evaluation.svg import svg
from tests.evaluation.conftest import answered, evaluate

KINDS = ("binary", "multiclass", "multilabel")


@pytest.mark.parametrize("kind", KINDS)
def test_figure_has_four_panels_and_changes_nothing_global(reports: dict[str, Report], kind: str) -> None:
    before = dict(matplotlib.rcParams)
    figure = reports[kind].plot()
    figure.savefig(BytesIO(), format="png", dpi=40)
    assert [axes.get_title().split(" (")[0] for axes in figure.axes] == [
        "Labels" if kind == "multilabel" else "Confusion", "ROC", "Precision and recall", "Reliability",
    ]  # fmt: skip
    assert dict(matplotlib.rcParams) == before
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or pyplot.get_fignums() == []


def test_confusion_panel_shows_the_counts(reports: dict[str, Report]) -> None:
    panel = overview(reports["binary"]).axes[0]
    assert sorted(text.get_text() for text in panel.texts) == sorted(map(str, reports["binary"].confusion.ravel()))


def test_names_without_a_font_become_numbers(reports: dict[str, Report], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_letters", lambda: frozenset(map(ord, "abc ")))
    assert fonts.drawable(["abc", "政治", "c a"]) == ["abc", "#2", "c a"]
    figure = overview(reports["multiclass"])
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()][:2] == ["#1", "#2"]


def test_fonts_are_among_those_installed() -> None:
    assert fonts.families()[0] == "DejaVu Sans"
    assert fonts.can_draw("Zürich ↓")


def test_svg_has_class_names_as_text_and_no_style_of_its_own(reports: dict[str, Report]) -> None:
    drawn = svg(reports["multiclass"], "confusion")
    assert all(f">{name}</text>" in drawn for name in reports["multiclass"].classes)
    assert "<style" not in drawn
    assert "currentColor" in drawn
    assert "DejaVu" not in drawn
    assert drawn == svg(reports["multiclass"], "confusion")


def test_svg_escapes_class_names_and_reads_no_formula(reports: dict[str, Report]) -> None:
    drawn = svg(reports["binary"], "confusion")
    assert "bad &lt;b&gt;" in drawn
    assert "good &amp; $x$" in drawn


def test_very_many_classes_show_the_most_mistaken() -> None:
    truth, chances = answered(300, 40)
    report = evaluate(truth, chances, resamples=2)
    panel = overview(report).axes[0]
    assert panel.get_title() == "Confusion (20 of 40 classes, most mistaken)"


def test_curves_that_are_undefined_say_so() -> None:
    report = evaluate(np.zeros(5, int), np.tile([0.7, 0.3], (5, 1)))
    assert "undefined" in overview(report).axes[1].texts[0].get_text()
