"""Answers as a person reads them, in a terminal and in a notebook."""

from __future__ import annotations

import base64
import io
import pickle
import re

import numpy as np
from PIL import Image

from sora_keras.data import Picture, to_picture
from sora_keras.prediction import Prediction, Predictions
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
