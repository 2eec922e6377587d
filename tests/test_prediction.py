"""Answers as a person reads them, in a terminal and in a notebook."""

from __future__ import annotations

import base64
import io
import pickle
import re

import numpy as np
from PIL import Image

from sora_keras.data import Picture, to_picture
from sora_keras.prediction import Prediction, Predictions, Recommendation, Recommendations
from tests.pictures import encoded, shapes


def of_picture(label: str = "cat", side: int = 200) -> Prediction:
    pixels = np.random.default_rng(0).integers(0, 256, (side, side // 2, 3), dtype=np.uint8)
    return Prediction(label, 0.93, {label: 0.93, "dog": 0.07}, to_picture(pixels))


def pictures_in(page: str) -> list[Image.Image]:
    found = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    return [Image.open(io.BytesIO(base64.b64decode(content))) for content in found]


def test_a_picture_is_shown_small_and_without_the_network() -> None:
    page = of_picture("<cat>")._repr_html_()
    (picture,) = pictures_in(page)
    assert picture.size == (48, 96)
    assert "&lt;cat&gt;" in page
    assert "93%" in page
    assert "http" not in page


def test_the_terminal_shows_the_same_with_and_without_a_picture() -> None:
    with_picture, without = of_picture(), Prediction("cat", 0.93, {"cat": 0.93, "dog": 0.07})
    assert repr(with_picture) == repr(without)
    assert str(with_picture) == "cat (93%)"
    assert with_picture == without
    assert "img" not in without._repr_html_()


def test_several_are_a_list_that_shows_as_pictures_or_as_a_table() -> None:
    answers = Predictions([of_picture(str(number)) for number in range(70)])
    page = answers._repr_html_()
    assert len(pictures_in(page)) == 60
    assert "And 10 more" in page
    assert answers == list(answers)
    assert repr(answers[:2]) == repr(list(answers)[:2])
    plain = Predictions([Prediction("a <b>", 0.5, {}), Prediction((), 0.9, {})])._repr_html_()
    assert "<table>" in plain
    assert "a &lt;b&gt;" in plain
    assert "(none)" in plain
    assert "<table>" in Predictions()._repr_html_()


def test_a_picture_that_is_gone_leaves_the_answer(tmp_path) -> None:
    answer = Prediction("cat", 0.9, {}, Picture(str(tmp_path / "gone.png")))
    assert answer._repr_html_() == "<b>cat</b> (90%)"


def test_thumbnails_are_upright_and_white_where_transparent() -> None:
    pixels = np.full((40, 20, 3), 30, np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Prediction("a", 1.0, {}, to_picture(encoded(pixels, "JPEG", exif=exif.tobytes())))
    assert pictures_in(turned._repr_html_())[0].size == (40, 20)
    clear = np.concatenate([pixels, np.zeros((40, 20, 1), np.uint8)], axis=-1)
    (shown,) = pictures_in(Prediction("a", 1.0, {}, to_picture(encoded(clear)))._repr_html_())
    assert (np.asarray(shown) == 255).all()
    deep = np.full((40, 20), 40_000, np.uint16)
    (shown,) = pictures_in(Prediction("a", 1.0, {}, to_picture(encoded(deep)))._repr_html_())
    assert (np.asarray(shown) == 40_000 >> 8).all()


def test_it_is_pickled_with_its_picture() -> None:
    answer = Prediction("across", 1.0, {"across": 1.0}, to_picture(shapes(1)[0][0]))
    assert pickle.loads(pickle.dumps(answer))._repr_html_() == answer._repr_html_()


RANKED = (Recommendation("i7", 1.23456789, "Tea & <b>milk</b>"), Recommendation("i2", -0.5))


def test_recommendations_are_read_as_a_list_of_ids_and_scores() -> None:
    answer = Recommendations(RANKED, "ann")
    assert answer.items == ["i7", "i2"]
    assert answer.scores == [1.23456789, -0.5]
    assert len(answer) == 2
    assert list(answer) == [answer[0], answer[1]] == list(RANKED)
    assert [item.score for item in answer[:1]] == [1.23456789]
    assert answer == Recommendations(RANKED, "ann")
    assert answer.to_dict() == {"user": "ann", "items": ["i7", "i2"], "scores": [1.234568, -0.5]}


def test_recommendations_are_named_by_title_where_one_is_known_and_say_why() -> None:
    assert str(RANKED[0]) == "Tea & <b>milk</b>"
    assert str(RANKED[1]) == "i2"
    assert str(Recommendations(RANKED)) == "Tea & <b>milk</b>, i2"
    assert str(Recommendations(RANKED[1:], why="the popular items")) == "i2 (the popular items)"
    assert str(Recommendations(())) == ""


def test_the_table_of_recommendations_shows_titles_as_text_and_ids_beside_them() -> None:
    page = Recommendations(RANKED, why="like <i>tea</i>")._repr_html_()
    assert "Tea &amp; &lt;b&gt;milk" in page
    assert "like &lt;i&gt;tea" in page
    assert page.count("<tr>") == 2
    assert page.count("<td") == 8
    assert page.index("i7") < page.index("i2")
    assert "1.23" in page
    assert "http" not in page
    untitled = Recommendations(RANKED[1:])._repr_html_()
    assert untitled.count("<td") == 3
    assert "<p" not in untitled
