"""The ranking report as a value: built from arrays, read, shown and saved."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from rich.console import Console

from sora_keras.errors import ParameterError, SaveError
from sora_keras.evaluation import RankedAnswers, RankingReport, difference, find_hits, score_ranking
from tests.evaluation.rankings import Made, lists_of
from tests.evaluation.test_page import CHROMIUM, Tags

HOSTILE = "[red]<script>alert(1)</script> 模型 $x$"


@pytest.fixture(scope="module")
def report() -> RankingReport:
    made = Made()
    linear = RankedAnswers(HOSTILE, made.model.recommended[:, ::-1])
    return made.report(
        contenders=[made.popularity, linear], title="<i>Recommender</i> 报告", notes=("a note",),
        noticed=("12 users have one interaction",),
    )  # fmt: skip


def test_scores_are_read_by_name_and_a_wrong_name_gets_the_nearest(report: RankingReport) -> None:
    assert report["ndcg@10"] == next(score.value for score in report.scores if score.name == "ndcg@10")
    with pytest.raises(ParameterError, match="Did you mean 'ndcg@10'"):
        report["ndcg10"]


def test_scores_and_gaps_are_those_of_the_functions_on_their_own() -> None:
    made = Made()
    report = made.report()
    ours, theirs = (find_hits(some.recommended, made.truth) for some in (made.model, made.popularity))
    (popularity,) = report.contenders
    assert popularity.scores == score_ranking(theirs, resamples=200)
    assert [(s.name, s.value, s.low, s.high) for s in report.scores] == [
        (s.name, s.value, s.low, s.high) for s in score_ranking(ours, resamples=200)
    ]
    alone = difference(ours, theirs, "ndcg", 10, resamples=200)
    gap = popularity.gap("ndcg@10")
    assert (gap.value, gap.low, gap.high) == pytest.approx((alone.value, alone.low, alone.high))


def test_baseline_is_the_first_contender(report: RankingReport) -> None:
    first = report.contenders[0]
    assert {s.name: s.baseline for s in report.scores} == {s.name: s.value for s in first.scores}
    assert all(score.baseline is None for score in Made().report(contenders=[]).scores)


def test_light_and_heavy_users_part_at_the_median_and_share_everybody() -> None:
    made = Made()
    light, heavy = made.report().model.groups
    assert (light.name, heavy.name) == ("light users", "heavy users")
    assert light.users + heavy.users == 300
    assert light.most == np.median(made.history.lengths) < heavy.fewest
    mean = sum((group.score("ndcg@10").value or 0) * group.users for group in (light, heavy)) / 300
    assert mean == pytest.approx(made.report()["ndcg@10"])


def test_groups_are_made_where_most_users_have_the_longest_history_and_left_out_where_all_have() -> None:
    def groups(lengths: list[int]) -> list[tuple[int, int]]:
        history = lists_of([range(50, 50 + length) for length in lengths])
        lists = RankedAnswers("m", np.tile(np.arange(20), (len(lengths), 1)))
        found = Made().report(
            model=lists,
            contenders=[],
            truth=lists_of([[1]] * len(lengths)),
            history=history,
            counts=np.ones(60),
            n_users=9,
        )
        return [(group.fewest, group.most) for group in found.model.groups]

    assert groups([1, 3, 3, 3]) == [(1, 1), (3, 3)]
    assert groups([2, 2, 2]) == []


def test_curves_run_from_one_to_the_largest_k_and_hold_the_scores(report: RankingReport) -> None:
    ndcg, recall = report.model.curves
    assert (ndcg.name, recall.name) == ("ndcg", "recall")
    assert ndcg.x == recall.x == tuple(range(1, 21))
    assert [ndcg.y[k - 1] for k in (5, 10, 20)] == pytest.approx([report[f"ndcg@{k}"] for k in (5, 10, 20)])
    assert list(recall.y) == sorted(recall.y)


def test_protocol_names_the_split_the_candidates_and_what_is_left_out(report: RankingReport) -> None:
    assert report.protocol == (
        "To find: each user's last interaction. Ranked among all 60 items, without sampled negatives; "
        "what a user had in training is left out."
    )
    assert "may return" in Made().report(seen_excluded=False).protocol


def test_what_was_noticed_stands_first(report: RankingReport) -> None:
    assert report.look_at[0] == "12 users have one interaction."
    assert report.notes[0] == "a note"


def test_a_catalogue_smaller_than_the_largest_k_is_scored() -> None:
    lists = RankedAnswers("m", np.array([[0, 1, 2], [2, 1, -1]]))
    report = Made().report(
        model=lists,
        contenders=[],
        truth=lists_of([[1], [0]]),
        history=lists_of([[], [0]]),
        counts=np.ones(3),
        n_users=2,
    )
    assert report["hit_rate@20"] == 0.5
    assert report.items == 3


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"k": 7}, "k must be one of ks"),
        ({"model": RankedAnswers("m", np.zeros((300, 20), int) + 60)}, "must be from -1 to 59"),
        ({"model": RankedAnswers("m", np.zeros((300, 1), int))}, "must have 20 places"),
        ({"history": lists_of([[60]] * 300)}, "history must have numbers below 60"),
        ({"model": RankedAnswers("m", np.zeros((300, 20)))}, "must be item numbers"),
        ({"model": RankedAnswers("popularity", Made().model.recommended)}, "a name of its own"),
    ],
)
def test_what_does_not_fit_is_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        Made().report(**settings)


def test_lists_with_seen_items_are_refused_where_these_should_be_left_out() -> None:
    made = Made()
    lists = made.model.recommended.copy()
    lists[5, 19] = made.history.items[made.history.starts[5]]
    with pytest.raises(ParameterError, match="stand in history"):
        made.report(model=RankedAnswers("m", lists))
    assert made.report(model=RankedAnswers("m", lists), seen_excluded=False).users == 300


def test_json_has_everything_and_no_nan(report: RankingReport, tmp_path: Path) -> None:
    data = json.loads(report.save(tmp_path / "r.json").read_text(encoding="utf-8"))
    assert data == json.loads(report.to_json()) == json.loads(json.dumps(report.to_dict()))
    assert (data["users"], data["items"], data["k"], data["seen_excluded"]) == (300, 60, 10, True)
    assert [some["name"] for some in data["contenders"]] == ["popularity", HOSTILE]
    assert data["model"]["scores"][0]["name"] == "hit_rate@5"
    assert set(data["model"]["beyond"]) >= {"coverage", "novelty", "popularity_ratio", "gini"}


def test_saving_refuses_to_overwrite_and_unknown_endings(report: RankingReport, tmp_path: Path) -> None:
    path = report.save(tmp_path / "r.html")
    assert path.read_text(encoding="utf-8") == report.to_html()
    with pytest.raises(SaveError, match="overwrite=True"):
        report.to_html(path)
    with pytest.raises(ParameterError, match=r"\.html or \.json"):
        report.save(tmp_path / "r.pdf")


def test_text_shows_every_part_without_colours(report: RankingReport) -> None:
    text = str(report)
    assert f"{report['ndcg@10']:.3f}" in text
    for part in ("300 users, 300 items to find", "NDCG@10 behind sequence by", "coverage", "Gini", "Look at", "a note"):
        assert part in text
    assert "recall@10" not in text
    assert "\x1b" not in text


def test_recall_and_map_are_shown_where_users_have_several_items_to_find() -> None:
    made = Made()
    truth = lists_of([[item, (item + 1) % 60] for item in made.truth.items])
    text = str(made.report(truth=truth))
    assert "recall@10" in text
    assert "MAP@10" in text


def test_rich_shows_names_in_brackets_as_they_are(report: RankingReport) -> None:
    written = StringIO()
    Console(file=written, force_terminal=True, width=200).print(report)
    assert "[red]<script>" in written.getvalue()


def test_repr_is_one_line(report: RankingReport) -> None:
    assert repr(report) == f"RankingReport('<i>Recommender</i> 报告', users=300, ndcg@10={report['ndcg@10']:.4f})"


@pytest.mark.parametrize("form", ["to_html", "_repr_html_"])
def test_html_is_well_formed_and_asks_nothing_of_the_network(report: RankingReport, form: str) -> None:
    html = getattr(report, form)()
    tags = Tags(html)
    assert tags.open == []
    assert not {"script", "iframe", "link", "img"} & set(tags.seen)
    assert "&lt;script&gt;alert(" in html
    addresses = set(re.findall(r"https?://[^\s\"'<)]+", html))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert html.count("<svg") == 3
    assert ("<body" in html) == (form == "to_html")


def test_page_shows_every_part(report: RankingReport) -> None:
    html = report.to_html()
    for heading in ("Look at", "Scores", "Plots", "Light and heavy users", "Beyond accuracy, of the first 10"):
        assert f"<h2>{heading}</h2>" in html
    assert "<title>&lt;i&gt;Recommender&lt;/i&gt; 报告</title>" in html
    assert "prefers-color-scheme: dark" in html


def test_figure_draws_every_model_and_changes_nothing_global(report: RankingReport) -> None:
    before = dict(matplotlib.rcParams)
    figure = report.plot()
    figure.savefig(BytesIO(), format="png", dpi=40)
    assert [axes.get_title() for axes in figure.axes] == ["NDCG over k", "Recall over k", "Light and heavy users"]
    assert [len(axes.get_legend().get_texts()) for axes in figure.axes] == [3, 3, 3]
    assert dict(matplotlib.rcParams) == before
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or pyplot.get_fignums() == []


def test_one_user_alone_has_a_report_without_intervals_or_groups() -> None:
    report = Made(users=1).report()
    assert report.model.groups == ()
    assert "One user gives no interval." in report.notes
    assert report.to_html().count("<svg") == 2
    assert "–" in str(report)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_a_browser_shows_the_page(report: RankingReport, tmp_path: Path) -> None:
    path = report.save(tmp_path / "report.html")
    assert CHROMIUM is not None
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
        f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=2000", "--dump-dom", path.as_uri(),
    ]  # fmt: skip
    dom = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120, check=True).stdout
    assert dom.count("<svg") == 3
    assert "<script" not in dom
