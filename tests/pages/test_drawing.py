"""Boxes and their labels on a picture."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageChops

from sora_keras.pages import LabelledBox, draw_boxes, fonts
from sora_keras.pages.drawing import COLOURS, _ink

GREY = (128, 128, 128)


def drawn(boxes: list[LabelledBox], width: int = 200, height: int = 120) -> Image.Image:
    image = Image.new("RGB", (width, height), GREY)
    draw_boxes(image, boxes)
    return image


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))


def extent(image: Image.Image, colour: str) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what has this colour."""
    rows, columns = np.nonzero((np.asarray(image) == rgb(colour)).all(axis=-1))
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def test_lines_run_along_the_inside_of_the_box() -> None:
    image = drawn([LabelledBox((20, 30, 90, 100))])
    assert extent(image, COLOURS[0]) == (20, 30, 90, 100)
    assert image.getpixel((55, 65)) == GREY
    assert image.getpixel((19, 29)) == (0, 0, 0)
    assert image.getpixel((18, 28)) == GREY


def test_a_class_has_its_colour_and_an_eighth_begins_anew() -> None:
    assert len(set(COLOURS)) == 7
    for place in (0, 3, 8):
        assert extent(drawn([LabelledBox((20, 30, 90, 100), place=place)]), COLOURS[place % 7]) == (20, 30, 90, 100)


@pytest.mark.parametrize(
    "corners",
    [(0, 0, 40, 30), (160, 0, 200, 30), (0, 90, 40, 120), (160, 90, 200, 120), (0, 0, 200, 120), (-9, -9, 230, 140)],
)
def test_a_label_stays_inside_of_the_picture(corners) -> None:
    wide = drawn([LabelledBox(corners, "traffic light", "(97%)")], 600, 360)
    label = drawn([LabelledBox((200, 100, 300, 200), "traffic light", "(97%)")], 600, 360)
    shape = np.subtract(extent(label, COLOURS[0])[2:], extent(label, COLOURS[0])[:2])
    assert shape[0] >= 100
    image = drawn([LabelledBox(corners, "traffic light", "(97%)")])
    # As many dark pixels of letters as where there is room.
    inside = [(np.asarray(one) < 60).all(axis=-1).sum() for one in (image, drawn([LabelledBox(corners)]))]
    assert inside[0] - inside[1] > 100
    assert wide.size == (600, 360)


def test_a_label_that_has_no_room_is_cut_and_then_left_out() -> None:
    box = LabelledBox((2, 20, 50, 50), "an uncommonly long name", "(97%)")
    image = drawn([box], 60, 60)
    assert ImageChops.difference(image, drawn([LabelledBox(box.corners)], 60, 60)).getbbox() is not None
    tiny = LabelledBox((1, 1, 7, 7), "name", "(97%)")
    assert ImageChops.difference(drawn([tiny], 8, 8), drawn([LabelledBox(tiny.corners)], 8, 8)).getbbox() is None


def test_labels_do_not_cover_one_another() -> None:
    places = range(7)
    boxes = [LabelledBox((60 + place, 40 + place, 120 + place, 90 + place), "car", "(90%)", place) for place in places]
    image = drawn(boxes)
    alone = drawn(boxes[:1])
    left, top, right, bottom = extent(alone, COLOURS[0])
    # The label of the first, above its box, is whole.
    area = (left, top, right, top + 12)
    assert ImageChops.difference(image.crop(area), alone.crop(area)).getbbox() is None
    assert bottom > top + 40


def test_many_boxes_are_counted_in_the_emptiest_corner() -> None:
    boxes = [LabelledBox((x, y, x + 8, y + 8), "tree", "(90%)", 4) for x in range(0, 300, 10) for y in (0, 10, 80)]
    image = drawn([*boxes, LabelledBox((0, 180, 9, 189), "house", "(80%)", 5)], 320, 200)
    assert image.getpixel((318, 175)) == rgb(COLOURS[4])
    assert image.getpixel((318, 198)) == rgb(COLOURS[5])
    # No label stands at a box.
    assert image.getpixel((14, 4)) == image.getpixel((14, 84)) == GREY


def test_boxes_without_area_or_outside_are_drawn_without_a_word() -> None:
    for corners in ((50, 50, 50, 50), (50, 50, 50.4, 90), (300, 300, 320, 320), (-20, -20, -10, -10)):
        assert drawn([LabelledBox(corners, "car", "(90%)")]).size == (200, 120)
    assert drawn([]).getcolors() == [(200 * 120, GREY)]
    assert drawn([LabelledBox((0, 0, 1, 1), "car")], 1, 1).size == (1, 1)


def test_letters_are_read_on_every_colour() -> None:
    assert [_ink(colour) for colour in COLOURS] == ["black"] * 4 + ["white"] + ["black"] * 2


def test_names_are_written_where_a_font_has_the_letters_and_numbered_where_none_has(monkeypatch) -> None:
    monkeypatch.setattr(fonts, "families", lambda: ("DejaVu Sans",))
    chinese, number = (
        LabelledBox((40, 40, 90, 90), "自行车", "(90%)", 2),
        LabelledBox((40, 40, 90, 90), "#3", "(90%)", 2),
    )
    assert drawn([chinese]).tobytes() == drawn([number]).tobytes()
    umlaut, plain = LabelledBox((40, 40, 90, 90), "Ähre", "(90%)"), LabelledBox((40, 40, 90, 90), "Ahre", "(90%)")
    assert drawn([umlaut]).tobytes() != drawn([plain]).tobytes()


def test_a_font_is_chosen_by_the_letters(monkeypatch) -> None:
    letters = {"DejaVu Sans": frozenset(map(ord, "abc")), "DejaVu Serif": frozenset(map(ord, "abc中文"))}
    monkeypatch.setattr(fonts, "families", lambda: tuple(letters))
    monkeypatch.setattr(fonts, "letters_of", letters.__getitem__)
    assert fonts.pillow_font("abc", 12).getname()[0] == "DejaVu Sans"
    assert fonts.pillow_font("中文a", 12).getname()[0] == "DejaVu Serif"
    assert fonts.pillow_font("中文a", 12).size == 12
    assert fonts.pillow_font("日本", 12) is None


def test_without_any_font_pillow_writes_with_its_own(monkeypatch) -> None:
    monkeypatch.setattr(fonts, "families", tuple)
    image = drawn([LabelledBox((40, 40, 90, 90), "自行车", "(90%)", 2)])
    assert ImageChops.difference(image, drawn([LabelledBox((40, 40, 90, 90), place=2)])).getbbox() is not None


def test_lines_in_a_name_become_one() -> None:
    broken, plain = LabelledBox((40, 40, 90, 90), "traffic\n light"), LabelledBox((40, 40, 90, 90), "traffic light")
    assert drawn([broken]).tobytes() == drawn([plain]).tobytes()
