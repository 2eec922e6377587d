"""The page: one file, no network, nobody's text run as code, and nothing that leaks into a notebook."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sora_keras.evaluation import Report

KINDS = ("binary", "multiclass", "multilabel")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_VOID = {"meta", "br", "img", "hr", "link", "input"}


class Tags(HTMLParser):
    """Every tag that is opened, and those not closed in turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["to_html", "_repr_html_"])
def test_html_is_well_formed_and_runs_nobodys_text(reports: dict[str, Report], kind: str, form: str) -> None:
    html = getattr(reports[kind], form)()
    tags = Tags(html)
    assert tags.open == []
    assert not {"script", "iframe", "link", "img"} & set(tags.seen)
    assert "&lt;script&gt;alert(" in html
    assert f"&lt;i&gt;{kind}&lt;/i&gt; 报告" in html


@pytest.mark.parametrize("kind", KINDS)
def test_page_asks_nothing_of_the_network(reports: dict[str, Report], kind: str) -> None:
    html = reports[kind].to_html()
    addresses = set(re.findall(r"https?://[^\s\"'<)]+", html))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)


def test_page_shows_every_part(reports: dict[str, Report]) -> None:
    report = reports["multiclass"]
    html = report.to_html()
    assert html.startswith("<!doctype html>")
    assert html.count("<svg") == 4
    assert "prefers-color-scheme: dark" in html
    assert "a note" in html
    for heading in ("Look at", "Scores", "Plots", "Classes", "The most confident mistakes"):
        assert f"<h2>{heading}</h2>" in html
    assert all(f">{name}" in html for name in report.classes)


def test_compact_form_styles_only_its_own_class(reports: dict[str, Report]) -> None:
    html = reports["binary"]._repr_html_()
    assert "<html" not in html
    assert "<body" not in html
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    selectors = [part.strip() for rule in re.findall(r"([^{}]+)\{", style) for part in rule.split(",")]
    assert selectors
    assert all(selector.startswith(".sora-report") for selector in selectors)


def test_plots_have_no_ids_that_another_report_in_the_notebook_would_share(
    reports: dict[str, Report],
) -> None:
    html = reports["binary"]._repr_html_()
    assert not re.search(r'id="(figure|axes|patch|text)_\d', html)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_a_browser_shows_the_page(reports: dict[str, Report], tmp_path: Path) -> None:
    path = reports["multiclass"].save(tmp_path / "report.html")
    assert CHROMIUM is not None
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
        f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=2000", "--dump-dom", path.as_uri(),
    ]  # fmt: skip
    dom = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120, check=True).stdout
    assert dom.count("<svg") == 4
    assert "<script" not in dom
    scores = dom[dom.index('class="sora-scores"') : dom.index('class="sora-classes"')]
    assert scores.count("<tr>") == 11
    assert "政治" in dom
    assert "&lt;script&gt;alert(" in dom
