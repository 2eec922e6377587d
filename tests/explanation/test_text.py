"""Explanations of texts: which words, how they sum, and how they look."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from rich.console import Console

import sora_keras as sora
from sora_keras.errors import ParameterError
from sora_keras.explanation import Explanation
from tests.explanation.test_integrated_gradients import TOLERANCE

TEXT = "The man saw a superb story, early in town!"


@pytest.fixture(scope="module")
def chinese() -> sora.TextClassifier:
    texts = [
        f"{start}{word}{end}"
        for start in ("这部电影", "今天的饭")
        for end in ("了", "吧", "哦")
        for word in ("好极", "糟透")
    ]
    return sora.TextClassifier(epochs=5, refit=False, verbose=False).fit(
        texts * 3, [("bad", "good")["好" in text] for text in texts] * 3
    )


def shown(explanation: Explanation) -> str:
    """The text of an explanation's HTML, without the first paragraph."""
    pieces: list[str] = []

    class Reader(HTMLParser):
        def handle_data(self, data: str) -> None:
            pieces.append(data)

    Reader().feed(explanation._repr_html_().partition("</p>")[2])
    return "".join(pieces)


def terminal(explanation: Explanation, **given) -> str:
    written = io.StringIO()
    Console(file=written, width=400, **given).print(explanation)
    return written.getvalue()


@pytest.mark.parametrize("method", ["integrated_gradients", "occlusion"])
def test_planted_word_has_the_most_influence(every, method: str) -> None:
    _, recipe = every
    for text, word, label in ((TEXT, "superb", "good"), (TEXT.replace("superb", "dreadful"), "dreadful", "bad")):
        explanation = recipe.explain(text, method=method)
        assert explanation.label == label
        assert explanation.method == method
        found, score = explanation.top(1)[0]
        assert found == word
        assert score > 0


@pytest.mark.parametrize(
    "text", [TEXT, "superb", "zebra", "", "superb " * 20], ids=["long", "one", "unknown", "empty", "cut"]
)
def test_words_and_the_rest_sum_to_output_less_baseline(every, text: str) -> None:
    name, recipe = every
    explanation = recipe.explain(text, method="integrated_gradients")
    total = explanation.scores.sum() + explanation.unassigned
    change = explanation.output - explanation.baseline
    assert total == pytest.approx(change, abs=1e-5)
    assert abs(explanation.unassigned) <= TOLERANCE[name] * max(1, abs(change))
    assert len(explanation.scores) == len(explanation.words)


def test_other_class_has_the_opposite_scores(ngram) -> None:
    for_good, for_bad = (ngram.explain(TEXT, target=label) for label in ("good", "bad"))
    assert np.allclose(for_good.scores, -for_bad.scores, atol=1e-6)
    assert for_good.output == pytest.approx(-for_bad.output)


def test_auto_takes_integrated_gradients_where_numbers_can_be_traced(ngram) -> None:
    assert ngram.explain(TEXT).method == "integrated_gradients"


def test_occlusion_is_what_the_logit_loses_without_the_word(ngram) -> None:
    explanation = ngram.explain(TEXT, target="good", method="occlusion")
    place = next(i for i, (start, end) in enumerate(explanation.words) if TEXT[start:end] == "superb")

    def logit(text: str) -> float:
        chance = ngram(text).probabilities["good"]
        return float(np.log(chance / (1 - chance)))

    assert explanation.output == pytest.approx(logit(TEXT), abs=1e-3)
    without = TEXT.replace("superb", " ")
    assert explanation.scores[place] == pytest.approx(logit(TEXT) - logit(without), abs=1e-3)
    assert explanation.baseline == pytest.approx(logit(""), abs=1e-3)


def test_occlusion_of_a_long_text_goes_by_runs_of_words(ngram) -> None:
    text = "story " * 300 + "superb " + "story " * 300
    explanation = ngram.explain(text, method="occlusion")
    assert len(explanation.scores) == 601
    best = int(np.argmax(explanation.scores))
    assert 298 <= best <= 300
    assert len(set(np.round(explanation.scores[300:303], 6))) <= 2


def test_occlusion_of_no_word_at_all(ngram) -> None:
    explanation = ngram.explain("  ", method="occlusion")
    assert explanation.words == ()
    assert explanation.output == explanation.baseline


@pytest.mark.parametrize("method", ["integrated_gradients", "occlusion"])
def test_chinese_is_explained_character_by_character(chinese: sora.TextClassifier, method: str) -> None:
    text = "今天的电影好极了。"
    explanation = chinese.explain(text, method=method)
    assert [text[start:end] for start, end in explanation.words] == list(text)
    assert {word for word, _ in explanation.top(2)} == {"好", "极"}
    assert explanation.label == "good"
    assert shown(explanation).strip() == text


@pytest.mark.parametrize("method", ["gradients", "", "Occlusion"])
def test_unknown_method_lists_the_known(ngram, method: str) -> None:
    with pytest.raises(ParameterError, match=f"auto, integrated_gradients, occlusion. Received: {method!r}"):
        ngram.explain(TEXT, method=method)


def test_html_escapes_the_text_and_the_label() -> None:
    text = 'superb <script>alert("x")</script> & more'
    words = tuple(match.span() for match in re.finditer(r"\w+", text))
    scores = np.linspace(-1, 1, len(words))
    explanation = Explanation(text, "<b>good</b>", words, scores, 1.0, 0.0, "occlusion")
    for page in (explanation._repr_html_(), explanation.to_html()):
        assert "<script" not in page
        assert "<b>good</b>" not in page
        assert "&lt;b&gt;good" in page
    assert shown(explanation).strip() == text


def test_it_is_saved_as_its_path_ends(ngram, tmp_path) -> None:
    explanation = ngram.explain(TEXT)
    assert explanation.save(tmp_path / "why.htm").read_text("utf-8") == explanation.to_html()
    assert json.loads(explanation.save(tmp_path / "why.json").read_text("utf-8")) == explanation.to_dict()
    with pytest.raises(ParameterError, match=r"must end in \.html or \.json. Received: .*why\.png"):
        explanation.save(tmp_path / "why.png")


def test_html_page_is_whole_and_needs_no_network(ngram) -> None:
    page = ngram.explain(TEXT).to_html()
    assert page.startswith("<!doctype html>")
    assert "http" not in page
    assert "<title>Why good</title>" in page


def test_colours_follow_sign_and_strength() -> None:
    explanation = Explanation(
        "up down flat", "x", ((0, 2), (3, 7), (8, 12)), np.array([2.0, -1.0, 0.0]), 1, 0, "occlusion"
    )
    page = explanation._repr_html_()
    assert 'rgba(0,114,178,0.60);border-radius:3px" title="+1.00">up<' in page
    assert 'rgba(213,94,0,0.30);border-radius:3px" title="-0.50">down<' in page
    assert ">flat<" not in page


def test_terminal_shows_the_text_as_it_is_with_colours_where_there_are_some(ngram) -> None:
    text = TEXT + " [bold]no markup[/bold]"
    explanation = ngram.explain(text)
    assert terminal(explanation).strip() == f"good: {text}"
    coloured = terminal(explanation, force_terminal=True, color_system="truecolor")
    assert re.search(r"\x1b\[[\d;]*48;2;0;114;178m\s*superb", coloured)
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured).strip() == f"good: {text}"


def test_plain_text_names_the_words_with_their_scores() -> None:
    explanation = Explanation("up down", "good", ((0, 2), (3, 7)), np.array([0.5, -2.0]), 1, 0, "occlusion")
    assert str(explanation) == "good: down -2.00, up +0.50"
    assert explanation.top(1) == [("down", -2.0)]


def test_dictionary_can_be_written_as_json(ngram) -> None:
    explanation = ngram.explain(TEXT)
    plain = json.loads(json.dumps(explanation.to_dict()))
    assert (plain["text"], plain["label"], plain["method"]) == (TEXT, "good", "integrated_gradients")
    assert [TEXT[word["start"] : word["end"]] for word in plain["words"]] == [word["word"] for word in plain["words"]]
    total = sum(word["score"] for word in plain["words"])
    assert total == pytest.approx(plain["output"] - plain["baseline"], abs=1e-4)
