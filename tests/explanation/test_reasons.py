"""Which past items pulled a recommended one up."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from sora_keras.encoders import linear_core
from sora_keras.errors import ParameterError, SaveError
from sora_keras.explanation import Reasons, explain_history
from sora_keras.tasks.ranker import Ranker

NAMES = np.array([f"i{number}" for number in range(6)], object)
TITLES = np.array(["Tea", "Milk & <b>more</b>", "Cake", "Jam", "Bread", "Salt"], object)
REASONS = Reasons("i0", 1.25, ("i1", "i2", "i3"), (0.5, -1.0, 0.25), ("Tea", "Milk & <b>more</b>", "Cake", "Jam"))


def by_weights(weights: np.ndarray) -> Any:
    """Scores as a linear model gives them."""

    def scores(histories: list[np.ndarray], items: np.ndarray) -> np.ndarray:
        return np.array([[weights[had, item].sum()] for had, (item,) in zip(histories, items, strict=True)])

    return scores


def test_of_a_linear_model_the_contributions_are_its_weights_and_sum_to_the_score() -> None:
    weights = np.random.default_rng(0).normal(size=(6, 6)).astype(np.float32)
    ranker, history = Ranker(linear_core(weights), length=9), np.array([4, 0, 2], np.int32)
    reasons = explain_history(3, history, scores=ranker.scores, names=NAMES, titles=TITLES)
    assert reasons.contributions == pytest.approx(weights[history, 3].tolist(), abs=1e-5)
    assert sum(reasons.contributions) == pytest.approx(reasons.score, abs=1e-5)
    assert (reasons.item, reasons.past) == ("i3", ("i4", "i0", "i2"))
    assert reasons.titles == ("Jam", "Bread", "Tea", "Cake")


def test_each_past_item_is_left_out_in_turn_and_the_others_keep_their_order() -> None:
    asked: list[list[int]] = []

    def scores(histories: list[np.ndarray], items: np.ndarray) -> np.ndarray:
        asked.extend(history.tolist() for history in histories)
        assert (items == 5).all()
        return np.array([[{3: 10.0}.get(len(history), history[-1])] for history in histories])

    reasons = explain_history(5, np.array([1, 4, 2]), scores=scores, names=NAMES, titles=None)
    assert asked == [[1, 4, 2], [4, 2], [1, 2], [1, 4]]
    assert reasons.contributions == (8.0, 8.0, 6.0)
    assert reasons.titles == ("i5", "i1", "i4", "i2")


def test_a_history_of_one_is_compared_with_nothing() -> None:
    weights = np.arange(36.0).reshape(6, 6)
    reasons = explain_history(2, np.array([1]), scores=by_weights(weights), names=NAMES, titles=None)
    assert reasons.contributions == (8.0,)


def test_without_past_items_nothing_is_explained() -> None:
    with pytest.raises(ParameterError, match="nothing to explain"):
        explain_history(2, np.zeros(0, int), scores=None, names=NAMES, titles=None)


def test_what_speaks_for_it_comes_first_and_then_what_speaks_against() -> None:
    assert REASONS.top() == [("Milk & <b>more</b>", 0.5), ("Jam", 0.25), ("Cake", -1.0)]
    assert REASONS.top(1) == [("Milk & <b>more</b>", 0.5)]
    assert str(REASONS) == "Tea (1.25): Milk & <b>more</b> +0.50, Jam +0.25, Cake -1.00"


def test_as_plain_values() -> None:
    plain = REASONS.to_dict()
    assert plain["past"][1] == {"item": "i2", "title": "Cake", "contribution": -1.0}
    assert (plain["item"], plain["title"], plain["score"]) == ("i0", "Tea", 1.25)
    assert json.loads(REASONS.to_json()) == plain


def test_the_page_shows_titles_as_text_and_needs_no_network() -> None:
    page = REASONS.to_html()
    assert "<title>Why Tea" in page
    assert "Milk &amp; &lt;b&gt;more" in page
    assert "<b>more" not in page
    assert "http" not in page
    assert page.index("Milk") < page.index("Cake")
    assert "-1.00" in page
    assert "+0.25" in page
    many = Reasons("a", 1.0, tuple("bcdefghijklmno"), (0.0,) * 14, tuple("abcdefghijklmno"))
    assert "And 4 more past items" in many._repr_html_()


@pytest.mark.parametrize("ending", [".html", ".json"])
def test_it_is_written_as_the_path_ends_and_nothing_is_overwritten(ending: str, tmp_path) -> None:
    path = tmp_path / f"why{ending}"
    REASONS.save(path)
    assert path.read_text(encoding="utf-8") == (REASONS.to_html() if ending == ".html" else REASONS.to_json())
    with pytest.raises(SaveError, match="exists"):
        REASONS.save(path)
    with pytest.raises(ParameterError, match=r"\.html or \.json"):
        REASONS.save(tmp_path / "why.txt")
