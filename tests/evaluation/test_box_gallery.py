"""The pictures with the most errors: which boxes are drawn, how, and what stands beside them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sora_keras.data.boxes import Boxes, make_boxes
from sora_keras.errors import ParameterError, SaveError
from sora_keras.evaluation import BoxGallery, Found
from sora_keras.evaluation.box_gallery import DrawnBox
from tests.evaluation.test_box_report import evaluated
from tests.evaluation.test_box_scores import made
from tests.evaluation.test_page import Tags


def drawn(truth: Boxes, found: Found, size: tuple[int, int] = (640, 480)) -> BoxGallery:
    gallery = evaluated([truth], [found], picture=lambda row: Image.new("L", size)).gallery
    assert gallery is not None
    return gallery


def told(*some: tuple[list[float], str, float]) -> Found:
    return Found(
        np.array([one[0] for one in some], float).reshape(-1, 4),
        np.array([one[2] for one in some]),
        np.array([one[1] for one in some], object),
    )  # fmt: skip


def labels(boxes: tuple[DrawnBox, ...]) -> dict[str, tuple[bool, bool]]:
    return {box.label: (box.true, box.wrong) for box in boxes if box.label}


def test_errors_are_thick_and_named_and_what_is_right_is_not() -> None:
    truth = make_boxes([[0, 0, 200, 200], [400, 200, 600, 400], [0, 300, 100, 400]], ["cat", "dog", "owl"],
                       [False, False, True])  # fmt: skip
    found = told(([0, 0, 200, 200], "cat", 0.9), ([300, 20, 380, 90], "dog", 0.5), ([0, 300, 50, 350], "owl", 0.8))
    (picture,) = drawn(truth, found).pictures
    assert labels(picture.boxes) == {"dog 50 %": (False, True), "dog": (True, True), "crowd of owl": (True, False)}
    assert (picture.title, picture.note) == ("0", "1 where nothing is, 1 missed")
    assert sorted(box.wrong for box in picture.boxes) == [box.wrong for box in picture.boxes]
    assert (picture.width, picture.height) == (320, 240)


@pytest.mark.parametrize("size", [(640, 480), (320, 240), (64, 48)])
def test_boxes_keep_their_place_on_smaller_copies_of_a_picture(size: tuple[int, int]) -> None:
    made_ = make_boxes([[320, 240, 640, 480]], ["cat"])
    truth = Boxes(made_.corners, made_.labels, made_.crowd, size=(480, 640))
    (box,) = drawn(truth, told(), size).pictures[0].boxes
    assert (box.left, box.top, box.width, box.height) == (160, 120, 160, 120)


def test_boxes_that_reach_out_of_the_picture_end_at_its_edge() -> None:
    (box,) = drawn(make_boxes([], []), told(([-50, 100, 700, 200], "cat", 0.9))).pictures[0].boxes
    assert (box.left, box.width) == (0, 320)


def test_labels_cover_neither_each_other_nor_small_errors() -> None:
    rng = np.random.default_rng(0)
    begin = rng.uniform(0, 400, (60, 2))
    truth = make_boxes(np.concatenate([begin, begin + rng.uniform(10, 60, (60, 1))], axis=1), ["cat"] * 60)
    (picture,) = drawn(truth, told()).pictures
    chips = [(b.at[0], b.at[1], b.at[0] + b.label_width, b.at[1] + 14.0) for b in picture.boxes if b.label]
    small = [(b.left, b.top, b.left + b.width, b.top + b.height) for b in picture.boxes if b.height < 28]
    assert 5 < len(chips) < 60
    for place, one in enumerate(chips):
        assert 0 <= one[0] <= one[2] <= 320
        assert 0 <= one[1] <= one[3] <= 240
        for other in (*chips[:place], *small):
            assert not (one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3])


def test_long_names_are_cut_but_scores_are_not() -> None:
    found = told(([100, 100, 300, 300], "cat", 0.9))
    long = "traffic light of the left lane"
    found = Found(found.corners, found.scores, np.array([long], object))
    gallery = evaluated([make_boxes([], [])], [found], classes=[long], picture=lambda row: Image.new("L", (640, 480)))
    assert gallery.gallery is not None
    assert [box.label for box in gallery.gallery.pictures[0].boxes] == ["traffic light of the le… 90 %"]


def test_a_page_holds_photographs_of_twice_the_size_it_shows() -> None:
    (picture,) = drawn(make_boxes([[0, 0, 9, 9]], ["cat"]), told(), (3000, 1500)).pictures
    with Image.open(io.BytesIO(picture.jpeg)) as image:
        assert (image.format, image.size, image.mode) == ("JPEG", (640, 320), "RGB")


def test_a_gallery_shows_and_saves_itself(tmp_path: Path) -> None:
    names: Any = ["<b>", "猫 $x$", "long " * 30]
    gallery = evaluated(
        *made(4), picture=lambda row: Image.new("RGB", (240, 240)), names=lambda row: names[row % 3]
    ).gallery
    assert gallery is not None
    assert repr(gallery) == "BoxGallery(4 pictures)"
    html = gallery._repr_html_()
    assert Tags(html).open == []
    assert "&lt;b&gt;" in html
    assert html.count("<image ") == len(gallery) == 4
    with Image.open(io.BytesIO(gallery.save(tmp_path / "worst.png").read_bytes())) as image:
        assert image.width > 800
    assert gallery._repr_png_() == gallery.to_png()
    with pytest.raises(SaveError):
        gallery.save(tmp_path / "worst.png")
    with pytest.raises(ParameterError, match=r"must end in \.png"):
        gallery.save(tmp_path / "worst.jpg")
    assert BoxGallery(()).to_png().startswith(b"\x89PNG")
