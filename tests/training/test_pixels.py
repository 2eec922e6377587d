"""Decoding once, in memory or on disk, and what cannot be decoded."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from sora_keras.data.picture import Picture, to_picture
from sora_keras.errors import DataError
from sora_keras.layers.pictures import DecodePictures
from sora_keras.training import Feed, decode_pictures
from sora_keras.training.pixels import PixelCache
from tests.pictures import encoded, shapes


def pictures(count: int = 150) -> np.ndarray:
    made = np.empty(count, object)
    made[:] = [to_picture(encoded(one)) for one in shapes(count)[0]]
    return made


@pytest.mark.parametrize("budget", [0, 2**30])
def test_every_picture_stands_in_its_row(budget: int) -> None:
    cache = decode_pictures(DecodePictures((16, 16)), pictures(), budget=budget)
    assert cache.on_disk == (budget == 0)
    assert np.array_equal(np.asarray(cache.pixels), shapes(150)[0])
    rows = tf.constant([7, 3, 149], tf.int64)
    assert np.array_equal(cache.gather()(rows).numpy(), shapes(150)[0][[7, 3, 149]].astype(np.float32))


def test_broken_pictures_are_left_out_and_listed(tmp_path) -> None:
    items = pictures()
    whole = items[70].read()
    (tmp_path / "cut.jpg").write_bytes(encoded(shapes(1)[0][0], "JPEG")[:40])
    (tmp_path / "text.png").write_text("this is no picture")
    items[3], items[70], items[149] = (
        Picture(str(tmp_path / "cut.jpg")), Picture(content=whole[:60]), Picture(str(tmp_path / "text.png")),
    )  # fmt: skip
    said: list[str] = []
    cache = decode_pictures(DecodePictures((16, 16)), items, budget=2**30, say=said.append)
    kept = np.setdiff1d(np.arange(150), [3, 70, 149])
    assert np.array_equal(cache.rows, kept)
    assert np.array_equal(cache.pixels, shapes(150)[0][kept])
    assert cache.findings[0].rows == (3, 70, 149)
    assert "cut.jpg" in said[0]
    assert "text.png" in said[0]
    assert "{{node" not in said[0]


def test_many_broken_pictures_are_an_error() -> None:
    items = pictures(40)
    items[:3] = [Picture(content=b"nothing")] * 3
    with pytest.raises(DataError, match="3 of 40 pictures cannot be decoded"):
        decode_pictures(DecodePictures((16, 16)), items, budget=2**30)


def test_a_feed_gives_every_picture_once_an_epoch() -> None:
    cache = decode_pictures(DecodePictures((16, 16)), pictures(50), budget=0)
    feed = Feed(cache, np.arange(50), None, 16, seed=1)
    seen = [(int(t), x) for pixels, targets in feed.dataset() for x, t in zip(pixels, targets, strict=True)]
    assert sorted(target for target, _ in seen) == list(range(50))
    assert all(np.array_equal(x, cache.pixels[target]) for target, x in seen)


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_the_quick_way_gives_what_the_graph_gives(fit: str) -> None:
    random = np.random.default_rng(0)
    sizes = [(9, 9), (16, 16), (16, 40), (33, 20), (70, 31), (150, 200), (400, 90), (37, 51), (51, 38)]
    contents = [encoded(random.integers(0, 256, (*size, 3), dtype=np.uint8), "JPEG") for size in sizes]
    contents.append(encoded(random.integers(0, 256, (40, 40), dtype=np.uint8), "JPEG"))
    contents.append(encoded(random.integers(0, 256, (40, 40, 3), dtype=np.uint8)))
    decoder = DecodePictures((16, 11), fit=fit)
    plans = [decoder.plan_of(content) for content in contents]
    assert plans[-1] is None
    assert len({plan and plan[:2] for plan in plans}) > 3
    pictures = np.array([to_picture(content) for content in contents], object)
    quick = decode_pictures(decoder, pictures, budget=10**9)
    # As a graph: run eagerly, TensorFlow's resize_with_pad rounds otherwise.
    whole = tf.function(decoder.call, autograph=False)(tf.constant(contents))
    assert np.array_equal(quick.pixels, whole)


def test_pixels_stand_in_memory_once() -> None:
    cache = decode_pictures(DecodePictures((16, 16)), pictures(50), budget=10**9)
    read = cache.gather()
    cache.pixels[7] = 9  # written after the tensor was made: seen, where both are the same memory
    assert set(np.unique(read(tf.constant([7], tf.int64)))) == {9}


@pytest.mark.parametrize("pixels", [np.zeros((9, 4, 4, 3), np.uint8)[1:], np.zeros((3, 4, 4, 8), np.uint8)[..., ::2]])
def test_pixels_from_anywhere_in_memory_are_read(pixels: np.ndarray) -> None:
    pixels[2] = 5
    read = PixelCache(pixels, np.arange(len(pixels))).gather()
    assert np.array_equal(read(tf.constant([2, 0], tf.int64)), pixels[[2, 0]])
