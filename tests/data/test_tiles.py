"""Tiles cover a picture, each place of it is answered for once, and boxes move along."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_keras.data import Boxes, Examples, Picture, to_picture
from sora_keras.data.boxes import make_boxes
from sora_keras.data.tiles import begins, cut, cut_examples, own_part, upright_pixels
from sora_keras.errors import DataError
from tests.pictures import encoded


@given(st.integers(1, 900), st.integers(32, 400))
def test_tiles_cover_a_side_and_overlap_by_a_quarter(length: int, tile: int) -> None:
    starts = begins(length, tile)
    assert starts[0] == 0
    assert starts[-1] == max(0, length - tile)
    steps = np.diff(starts)
    assert (steps > 0).all()
    assert (steps <= round(0.75 * tile) + 1).all()


@given(st.integers(1, 300), st.integers(1, 300), st.integers(32, 120), st.randoms(use_true_random=False))
def test_each_place_belongs_to_one_tile_that_shows_it(height: int, width: int, tile: int, random) -> None:
    y, x = random.uniform(0, height - 1e-3), random.uniform(0, width - 1e-3)
    owners = []
    for top in begins(height, tile):
        for left in begins(width, tile):
            part = own_part(left, top, tile, height, width)
            if part[0] <= x < part[2] and part[1] <= y < part[3]:
                owners.append((left, top))
    [(left, top)] = owners
    assert left <= x <= left + tile
    assert top <= y <= top + tile


def test_what_lies_beyond_the_edge_is_black() -> None:
    pixels = np.full((40, 50, 3), 9, np.uint8)
    [(left, top, tile)] = cut(pixels, 64)
    assert (left, top, tile.shape) == (0, 0, (64, 64, 3))
    assert (tile[:40, :50] == 9).all()
    assert tile[40:].sum() + tile[:, 50:].sum() == 0
    parts = [part for _, _, part in cut(np.arange(100 * 70 * 3).reshape(100, 70, 3).astype(np.uint8), 64)]
    assert len(parts) == 4


def test_boxes_follow_into_the_tiles_that_show_enough_of_them() -> None:
    pixels = np.zeros((100, 64, 3), np.uint8)
    pixels[80:96, 8:24] = 255
    boxes = Boxes(np.array([[8, 80, 24, 96]], np.float32), np.array(["a"], object), np.zeros(1, bool), (100, 64))
    tiles, rows = cut_examples(_examples([to_picture(pixels)], [boxes]), "image", 64)
    assert rows.tolist() == [0, 0]
    first, second = tiles.column("boxes")
    assert first.count == 0
    assert second.corners.tolist() == [[8, 44, 24, 60]]
    assert second.size == (64, 64)
    shown = upright_pixels(tiles.column("image")[1])
    assert (shown[44:60, 8:24] == 255).all()


def test_a_lying_picture_is_set_upright() -> None:
    from PIL import Image

    lying = Image.fromarray(np.zeros((10, 20, 3), np.uint8))
    exif = lying.getexif()
    exif[274] = 6
    assert upright_pixels(Picture(content=encoded(lying, "JPEG", exif=exif))).shape == (20, 10, 3)


def test_transparent_parts_are_white() -> None:
    from PIL import Image

    glass = Image.fromarray(np.zeros((10, 20, 4), np.uint8))
    assert (upright_pixels(Picture(content=encoded(glass))) == 255).all()


def test_pictures_are_decoded_when_their_tiles_are_read_and_one_after_the_other(monkeypatch) -> None:
    decoded = []

    def counted(picture: Picture) -> np.ndarray:
        decoded.append(picture)
        return upright_pixels(picture)

    monkeypatch.setattr("sora_keras.data.tiles.upright_pixels", counted)
    pictures = [to_picture(np.full((100, 64, 3), shade, np.uint8)) for shade in range(4)]
    sized = Boxes(np.zeros((0, 4), np.float32), np.zeros(0, object), np.zeros(0, bool), (100, 64))
    tiles, _ = cut_examples(_examples(pictures, [sized] * 4), "image", 64)
    assert decoded == []
    shades = [int(upright_pixels(one).max()) for one in tiles.column("image")]
    assert shades == [0, 0, 1, 1, 2, 2, 3, 3]
    assert decoded == pictures
    first, second = tiles.column("image")[:2]
    assert first != second
    assert first.digest != second.digest
    assert str(second).endswith("the tile at 0, 36")


def test_a_broken_picture_says_so_when_its_tile_is_read() -> None:
    broken = Picture(content=encoded(np.zeros((8, 8, 3), np.uint8))[:40])
    tiles, rows = cut_examples(_examples([broken], [make_boxes([], [])]), "image", 32)
    assert rows.tolist() == [0]
    with pytest.raises(DataError, match="cannot be"):
        tiles.column("image")[0].read()


def _examples(pictures: list[Picture], boxes: list[Boxes]) -> Examples:
    columns = {"image": np.empty(len(pictures), object), "boxes": np.empty(len(boxes), object)}
    columns["image"][:], columns["boxes"][:] = pictures, boxes
    return Examples(columns, "boxes", "test")
