"""The report on a detector as a value: built from boxes, read, shown and saved."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from sora_keras.data.boxes import Boxes, make_boxes
from sora_keras.errors import DataError, ParameterError, SaveError
from sora_keras.evaluation import BoxReport, Found, evaluate_boxes
from sora_keras.evaluation.box_errors import KINDS
from sora_keras.evaluation.box_scores import intervals, score_boxes
from tests.evaluation.test_box_scores import CLASSES, by_hand, made
from tests.evaluation.test_page import CHROMIUM, Tags

HOSTILE = "[red]<script>alert(1)</script> 猫 $x$"
NONE = Found(np.zeros((0, 4)), np.zeros(0), np.zeros(0, object))


def evaluated(truth: Sequence[Boxes], found: Sequence[Found], **settings: Any) -> BoxReport:
    """A report, with what the test does not care for filled in."""
    return evaluate_boxes(truth, found, settings.pop("classes", CLASSES), **{"threshold": 0.25, **settings})


def picture(row: int) -> Image.Image:
    return Image.new("RGB", (240, 220), (40, 5 * row, 90))


def renamed(labels: np.ndarray) -> np.ndarray:
    return np.array([HOSTILE if label == "cat" else label for label in labels], object)


@pytest.fixture(scope="module")
def report() -> BoxReport:
    truth, found = made(30)
    return evaluated(
        [Boxes(one.corners, renamed(one.labels), one.crowd) for one in truth],
        [Found(one.corners, one.scores, renamed(one.labels)) for one in found],
        classes=[HOSTILE, "dog", "owl"], picture=picture, names=lambda row: f"<b>{row}</b>.jpg",
        title="<i>Detector</i> 报告", notes=("a note",), noticed=("3 boxes without area, left out",),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_scores_are_the_evaluators(seed: int) -> None:
    truth, found = made(seed=seed)
    report, stats = evaluated(truth, found), by_hand(truth, found)
    names = ("map", "ap50", "ap75", "map_small", "map_medium", "map_large")
    assert [report[name] for name in names] == stats[:6].tolist()
    assert report["average_recall"] == stats[8]


def test_intervals_are_those_of_the_scores() -> None:
    truth, found = made()
    report, ranges = evaluated(truth, found, seed=3), intervals(score_boxes(truth, found, CLASSES), seed=3)
    known = {score.name: (score.low, score.high) for score in report.scores if score.low is not None}
    assert {name: known[name] for name in ranges} == ranges
    for name in ("precision", "recall", "f1"):
        assert known[name][0] <= report[name] <= known[name][1]
    assert set(known) == {*ranges, "precision", "recall", "f1"}


def test_precision_recall_and_f1_count_all_boxes_at_the_threshold() -> None:
    box, other = [0, 0, 50, 50], [100, 100, 150, 150]
    truth = [make_boxes([box, other], ["cat", "dog"]), make_boxes([box, other], ["cat", "cat"])]
    found = [
        Found(np.array([box, other]), np.array([0.9, 0.2]), np.array(["cat", "dog"], object)),
        Found(np.array([box]), np.array([0.8]), np.array(["dog"], object)),
    ]
    report = evaluated(truth, found)
    assert (report["precision"], report["recall"]) == (1 / 2, 1 / 4)
    assert report["f1"] == pytest.approx(2 * 1 / (2 + 4))
    assert report.boxes == 4
    cat, dog, _ = report.per_class
    assert (cat.boxes, cat.answered, cat.precision, cat.recall) == (3, 1, 1.0, pytest.approx(1 / 3))
    assert (dog.boxes, dog.answered, dog.precision, dog.recall) == (1, 1, 0.0, 0.0)
    assert {error.kind: error.count for error in report.errors if error.count} == {"confused": 1, "missed": 2}
    assert evaluated(truth, found, threshold=0.1)["recall"] == 1 / 2


def test_a_class_without_boxes_is_undefined_and_shown_as_a_dash(report: BoxReport) -> None:
    owl = report.per_class[2]
    assert (owl.boxes, owl.map, owl.ap50, owl.recall) == (0, None, None, None)
    assert re.search(r"owl \(no box in these pictures\)\s+–\s+–", str(report))
    assert "No picture has 'owl': nothing is known about it." in evaluated(*made(30)).look_at


def test_scores_of_sizes_that_do_not_occur_are_undefined_and_say_why() -> None:
    report = evaluated([make_boxes([[0, 0, 50, 50]], ["cat"])] * 2, [NONE] * 2)
    small = next(score for score in report.scores if score.name == "map_small")
    assert np.isnan(report["map_small"])
    assert (small.value, small.why) == (None, "no small box in these pictures")
    assert (report["map"], report["map_medium"], report["recall"], report["f1"]) == (0, 0, 0, 0)
    assert np.isnan(report["precision"])
    assert report.look_at[0] == "Nothing is found: no box has a score of 0.25 or more."
    assert "–" in report.to_html()


def test_pictures_without_any_box_have_a_report() -> None:
    empty = make_boxes([], [])
    report = evaluated([empty] * 3, [NONE, made()[1][0], NONE], threshold=0.0)
    assert np.isnan(report["map"])
    assert report.boxes == 0
    assert report.curves.mean50.x == ()
    assert report.look_at[0].startswith("No picture has a box")
    assert all(error.kind == "background" for error in report.mistakes)
    for shown in (report.to_html(), str(report), report.to_json()):
        assert shown
    report.plot().savefig(BytesIO(), dpi=20)
    assert evaluated([empty], [NONE]).worst == ()


def test_one_picture_alone_has_a_report_without_intervals() -> None:
    report = evaluated(*made(1, seed=1))
    assert all(score.low is None for score in report.scores)
    assert "One picture gives no interval." in report.notes
    assert "With 1 picture and" in "".join(report.look_at)


def test_a_few_pictures_of_which_some_have_no_box_have_intervals() -> None:
    box = make_boxes([[0, 0, 50, 50]], ["cat"])
    right = Found(box.corners, np.ones(1), box.labels)
    report = evaluated([box, make_boxes([], []), make_boxes([], [])], [right, NONE, NONE])
    score = next(score for score in report.scores if score.name == "map")
    assert (score.value, score.low, score.high) == pytest.approx((1, 1, 1))


def test_a_single_class_has_one_curve_and_a_small_confusion() -> None:
    truth, found = made()
    report = evaluated(truth, found, classes=["cat"])
    assert report.confusion.shape == (2, 2)
    assert report.classes == ("cat",)
    (curve,) = report.curves.pr50
    assert curve.area == pytest.approx(report["ap50"])
    assert report.per_class[0].boxes == sum(int(((b.labels == "cat") & ~b.crowd).sum()) for b in truth)
    figure = report.plot()
    assert [text.get_text() for text in figure.axes[2].get_legend().get_texts()] == [f"cat {curve.area:.2f}"]


def test_curves_have_the_areas_of_the_classes_and_their_mean(report: BoxReport) -> None:
    for curves, mean, name in (
        (report.curves.pr50, report.curves.mean50, "ap50"), (report.curves.pr75, report.curves.mean75, "ap75"),
    ):  # fmt: skip
        assert [curve.name for curve in curves] == [HOSTILE, "dog"]
        assert mean.area == pytest.approx(report[name]) == pytest.approx(np.mean([curve.area for curve in curves]))
    assert [curve.area for curve in report.curves.pr50] == pytest.approx([one.ap50 for one in report.per_class[:2]])


def test_curves_over_the_threshold_hold_the_scores_at_it(report: BoxReport) -> None:
    for curve in report.curves.thresholds:
        assert curve.y[curve.x.index(0.25)] == pytest.approx(report[curve.name], abs=1e-4)


def test_mistakes_are_those_counted_and_lead_to_their_pictures(report: BoxReport) -> None:
    assert [error.kind for error in report.errors] == list(KINDS)
    for error in report.errors:
        assert error.count == sum(one.kind == error.kind for one in report.mistakes)
        assert error.count == error.small + error.medium + error.large
    worst = report.worst[0]
    assert sum(worst.errors.values()) == sum(one.picture == worst.row for one in report.mistakes)
    assert len(report.worst) == 12


def test_scores_are_read_by_name_and_a_wrong_name_gets_the_nearest(report: BoxReport) -> None:
    assert report["ap50"] == report.scores[1].value
    with pytest.raises(ParameterError, match="Did you mean 'ap50'"):
        report["ap_50"]


@pytest.mark.parametrize(
    ("pictures", "found", "error", "said"),
    [(2, 1, ParameterError, "one for each of 2 pictures. Received: 1"), (0, 0, DataError, "no picture to score")],
)
def test_what_does_not_fit_is_refused(pictures: int, found: int, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        evaluated([make_boxes([], [])] * pictures, [NONE] * found)


def test_what_was_noticed_stands_first(report: BoxReport) -> None:
    assert report.look_at[0] == "3 boxes without area, left out."
    assert report.notes[0] == "a note"


def test_crowds_are_named_in_the_notes(report: BoxReport) -> None:
    crowds = sum(int(one.crowd.sum()) for one in made(30)[0])
    assert f"{crowds} boxes around crowds are not scored" in " ".join(report.notes)


def test_json_has_everything_but_pictures_and_no_nan(report: BoxReport, tmp_path: Path) -> None:
    data = json.loads(report.save(tmp_path / "r.json").read_text(encoding="utf-8"))
    assert data == json.loads(report.to_json()) == json.loads(json.dumps(report.to_dict()))
    assert (data["rows"], data["boxes"], data["threshold"]) == (30, report.boxes, 0.25)
    assert data["scores"][0] == {
        "name": "map", "value": report["map"], "low": report.scores[0].low, "high": report.scores[0].high,
        "baseline": None, "why": "",
    }  # fmt: skip
    assert np.array(data["confusion"]).shape == (4, 4)
    assert set(data) >= {"per_class", "curves", "errors", "worst", "look_at", "notes"}
    assert not {"gallery", "mistakes"} & set(data)


def test_saving_refuses_to_overwrite_and_unknown_endings(report: BoxReport, tmp_path: Path) -> None:
    path = report.save(tmp_path / "r.html")
    assert path.read_text(encoding="utf-8") == report.to_html()
    with pytest.raises(SaveError, match="overwrite=True"):
        report.to_html(path)
    with pytest.raises(ParameterError, match=r"\.html or \.json"):
        report.save(tmp_path / "r.pdf")


def test_text_shows_every_part_without_colours(report: BoxReport) -> None:
    text = str(report)
    assert f"{report['map']:.3f}" in text
    for part in (
        f"30 pictures, {report.boxes} boxes, 3 classes", "mAP of small boxes", "at the threshold 0.25", "AP50",
        "badly placed", "pictures with the most errors", "Look at", "a note",
    ):  # fmt: skip
        assert part in text
    assert "baseline" not in text
    assert "\x1b" not in text


def test_rich_shows_names_in_brackets_as_they_are(report: BoxReport) -> None:
    written = StringIO()
    Console(file=written, force_terminal=True, width=200).print(report)
    assert "[red]<script>" in written.getvalue()


def test_many_classes_are_listed_by_weakness_and_few_lines_are_named() -> None:
    truth, found = made(10)
    classes = [*CLASSES, *(f"class {number}" for number in range(120))]
    report = evaluated(truth, found, classes=classes)
    assert "and 103 classes with a higher mAP" in str(report)
    assert "And 23 classes with a higher mAP." in report.to_html()
    assert len(report.curves.pr50) == 2
    assert report.plot().axes[0].get_title() == "Confusion (19 of 123 classes, most mistaken)"


def test_repr_is_one_line(report: BoxReport) -> None:
    start = f"BoxReport('<i>Detector</i> 报告', rows=30, boxes={report.boxes}, map="
    assert repr(report) == f"{start}{report['map']:.4f})"


@pytest.mark.parametrize("form", ["to_html", "_repr_html_"])
def test_html_is_well_formed_and_asks_nothing_of_the_network(report: BoxReport, form: str) -> None:
    html = getattr(report, form)()
    tags = Tags(html)
    assert tags.open == []
    assert not {"script", "iframe", "link", "img"} & set(tags.seen)
    assert "&lt;script&gt;alert(" in html
    assert "&lt;b&gt;" in html
    addresses = set(re.findall(r"https?://[^\s\"'<)]+", html))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert html.count("data:image/jpeg;base64,") == 12
    assert ("<body" in html) == (form == "to_html")


def test_page_shows_every_part(report: BoxReport) -> None:
    html = report.to_html()
    for heading in (
        "Look at", "Scores", "Errors at the threshold 0.25", "Plots", "Classes", "The pictures with the most errors",
    ):  # fmt: skip
        assert f"<h2>{heading}</h2>" in html
    assert "<title>&lt;i&gt;Detector&lt;/i&gt; 报告</title>" in html
    assert "<th>baseline</th>" not in html
    assert "prefers-color-scheme: dark" in html


def test_without_pictures_their_names_are_listed() -> None:
    report = evaluated(*made(5), names=lambda row: f"folder/{row}.jpg")
    assert report.gallery is None
    html = report.to_html()
    assert "folder/0.jpg" in html
    assert "data:image" not in html
    assert "folder/0.jpg" in str(report)


def test_figure_has_every_panel_and_changes_nothing_global(report: BoxReport) -> None:
    before = dict(matplotlib.rcParams)
    figure = report.plot()
    figure.savefig(BytesIO(), format="png", dpi=40)
    assert [axes.get_title() for axes in figure.axes[:5]] == [
        "Confusion", "Errors by size", "Precision and recall, IoU 0.5", "Precision and recall, IoU 0.75",
        "Choice of the threshold",
    ]  # fmt: skip
    counts = {text.get_text() for text in figure.axes[0].texts}
    assert counts == {f"{count:,}" for count in report.confusion.ravel() if count}
    assert figure.axes[2].get_legend().get_texts()[0].get_text() == f"mean {report['ap50']:.2f}"
    assert dict(matplotlib.rcParams) == before
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or pyplot.get_fignums() == []


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_a_browser_shows_the_page(report: BoxReport, tmp_path: Path) -> None:
    path = report.save(tmp_path / "report.html")
    assert CHROMIUM is not None
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
        f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=2000", "--dump-dom", path.as_uri(),
    ]  # fmt: skip
    dom = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120, check=True).stdout
    assert dom.count("<image ") == 12
    assert "<script" not in dom
    scores = dom[dom.index('class="sora-scores"') : dom.index('class="sora-errors"')]
    assert scores.count("<tr>") == 12
