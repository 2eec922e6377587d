"""Sizes are read from headers, and boxes find their way into the square and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from sora_keras.layers.letterbox import PictureSizes, into_square, out_of_square
from sora_keras.layers.pictures import DecodePictures
from tests.pictures import encoded


def test_sizes_are_those_of_the_upright_picture() -> None:
    pixels = np.zeros((9, 20, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    contents = [
        encoded(pixels), encoded(pixels, "JPEG"), encoded(pixels, "BMP"), encoded(pixels, "GIF"),
        encoded(Image.fromarray(pixels), "JPEG", exif=exif), encoded(np.zeros((300, 70_000), np.uint8)),
    ]  # fmt: skip
    found = PictureSizes()(tf.constant(contents)).numpy()
    assert found.tolist() == [[9, 20]] * 4 + [[20, 9], [300, 70_000]]


@pytest.mark.parametrize("size", [(40, 40), (23, 71), (71, 23), (200, 311), (8, 9), (500, 12)])
def test_boxes_find_their_way_back(size: tuple[int, int]) -> None:
    height, width = size
    random = np.random.default_rng(0)
    middle = random.uniform(0, 1, (1, 20, 2))
    corners = np.sort(np.stack([middle, random.uniform(0, 1, (1, 20, 2))], axis=2), axis=2).reshape(1, 20, 4)
    corners = (corners * [width, height, width, height]).astype(np.float32)
    sizes = np.array([size], np.int32)
    assert np.allclose(out_of_square(into_square(corners, sizes, 64), sizes, 64), corners, atol=1e-2)


@pytest.mark.parametrize("size", [(48, 80), (80, 48), (64, 64), (150, 310), (33, 90)])
def test_the_square_has_a_box_where_the_picture_has_it(size: tuple[int, int]) -> None:
    height, width = size
    pixels = np.zeros((height, width, 3), np.uint8)
    left, top, right, bottom = width // 4, height // 4, width // 4 + width // 2, height // 4 + height // 2
    pixels[top:bottom, left:right] = 255
    square = DecodePictures((64, 64), fit="pad")(tf.constant([encoded(pixels)])).numpy()[0, ..., 0] > 127
    rows, columns = np.flatnonzero(square.any(axis=1)), np.flatnonzero(square.any(axis=0))
    seen = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
    expected = into_square(np.array([[[left, top, right, bottom]]]), np.array([size]), 64).numpy()[0, 0]
    assert np.abs(expected - seen).max() <= 0.75


def test_what_reaches_beyond_the_picture_is_clipped() -> None:
    found: Any = out_of_square(np.array([[[-9.0, -9.0, 99.0, 99.0]]]), np.array([[20, 40]]), 64)
    assert found.numpy()[0, 0].tolist() == [0, 0, 40, 20]
