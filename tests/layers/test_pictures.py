"""Every kind of encoded picture, in the graph."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from sora_keras.layers.pictures import DecodePictures
from tests.pictures import encoded


@pytest.fixture
def colours() -> np.ndarray:
    """(24, 36, 3): four quarters of different colours, so that every turn shows."""
    pixels = np.zeros((24, 36, 3), np.uint8)
    pixels[:12, :18], pixels[:12, 18:] = (250, 10, 10), (10, 250, 10)
    pixels[12:, :18], pixels[12:, 18:] = (10, 10, 250), (240, 240, 240)
    return pixels


def decoded(content: bytes, size: tuple[int, int], channels: int = 3, fit: str = "crop") -> np.ndarray:
    layer = DecodePictures(size, channels, fit=fit)
    traced = tf.function(layer.call, input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    return traced(tf.constant([content])).numpy()[0]


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "WEBP", "JPEG"])
def test_every_format_gives_its_pixels(colours: np.ndarray, kind: str) -> None:
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100, "subsampling": 0}}.get(kind, {})
    found = decoded(encoded(colours, kind, **options), (24, 36))
    assert np.abs(found.astype(int) - colours).max() <= (6 if kind in ("JPEG", "GIF") else 0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(colours: np.ndarray, orientation: int) -> None:
    # What a camera stores that was held so that `colours` is upright.
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    image = Image.fromarray(colours)
    stored = image if orientation == 1 else image.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x010F] = "A camera with a long name that moves the tags"
    exif[0x0112] = orientation
    found = decoded(encoded(stored, "JPEG", quality=100, subsampling=0, exif=exif.tobytes()), (24, 36))
    assert np.abs(found.astype(int) - colours).max() <= 8


@pytest.mark.parametrize("before", ["xmp", "icc", "comment", "jfif and icc", "jfif with thumbnail"])
def test_exif_is_found_behind_other_headers(colours: np.ndarray, before: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    stored = Image.fromarray(np.ascontiguousarray(colours[::-1, ::-1]))
    plain = encoded(stored, "JPEG", quality=100, subsampling=0)
    tagged = encoded(stored, "JPEG", quality=100, subsampling=0, exif=exif.tobytes())
    assert plain[2:4] == b"\xff\xe0"
    at = tagged.index(b"Exif") - 4
    app1 = tagged[at : at + 2 + int.from_bytes(tagged[at + 2 : at + 4], "big")]
    jfif, rest = plain[2:20], plain[20:]

    def segment(marker: int, content: bytes) -> bytes:
        return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content

    xmp = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + b"<x/>" * 9000)
    icc = segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(3000))
    headers = {
        "xmp": xmp,
        "icc": icc,
        "comment": segment(0xFE, b"made by hand"),
        "jfif and icc": jfif + icc,
        "jfif with thumbnail": segment(0xE0, jfif[4:16] + b"\2\2" + bytes(12)),
    }[before]
    found = decoded(plain[:2] + headers + app1 + rest, (24, 36))
    assert np.abs(found.astype(int) - colours).max() <= 8
    without = decoded(plain[:2] + headers + rest, (24, 36))
    assert np.abs(without.astype(int) - colours[::-1, ::-1]).max() <= 8


@pytest.mark.parametrize("colour_count", [2, 4, 16, 200])
def test_transparent_colours_of_a_palette_become_white(colours: np.ndarray, colour_count: int) -> None:
    palette = Image.fromarray(colours).quantize(colour_count)
    shown = np.asarray(palette.convert("RGB"))
    clear = np.asarray(palette) == np.asarray(palette)[0, 0]
    found = decoded(encoded(palette, transparency=int(np.asarray(palette)[0, 0])), (24, 36))
    assert (found[clear] == 255).all()
    assert np.array_equal(found[~clear], shown[~clear])
    assert np.array_equal(decoded(encoded(palette), (24, 36)), shown)


def test_a_transparent_grey_or_colour_becomes_white(colours: np.ndarray) -> None:
    found = decoded(encoded(colours, transparency=tuple(colours[0, 0].tolist())), (24, 36))
    assert (found[:12, :18] == 255).all()
    assert np.array_equal(found[12:], colours[12:])
    bits = Image.fromarray(colours[..., 0] > 100)
    found = decoded(encoded(bits, transparency=0), (24, 36), 1)
    assert (found == 255).all()


def test_a_large_jpeg_is_the_same_picture_small(colours: np.ndarray) -> None:
    large = np.asarray(Image.fromarray(colours).resize((360, 240), Image.Resampling.NEAREST))
    found = decoded(encoded(large, "JPEG", quality=95), (24, 36))
    assert np.abs(found.astype(int) - colours).mean() < 4


def test_what_is_transparent_becomes_white(colours: np.ndarray) -> None:
    alpha = np.full((24, 36, 1), 255, np.uint8)
    alpha[:12] = 0
    found = decoded(encoded(np.concatenate([colours, alpha], axis=-1)), (24, 36))
    assert (found[:12] == 255).all()
    assert np.array_equal(found[12:], colours[12:])


def test_sixteen_bits_palettes_and_cmyk_become_eight_bits_of_colour(colours: np.ndarray) -> None:
    grey = np.arange(24 * 36, dtype=np.uint16).reshape(24, 36) * 70
    found = decoded(encoded(grey), (24, 36), 1)
    assert np.array_equal(found[..., 0], grey >> 8)
    palette = Image.fromarray(colours).quantize(8)
    assert np.abs(decoded(encoded(palette), (24, 36)).astype(int) - colours).max() <= 8
    cmyk = Image.fromarray(colours).convert("CMYK")
    found = decoded(encoded(cmyk, "JPEG", quality=100, subsampling=0), (24, 36))
    assert np.abs(found.astype(int) - colours).mean() < 12


def test_grey_and_colour_become_each_other(colours: np.ndarray) -> None:
    grey = decoded(encoded(colours), (24, 36), 1)
    assert np.abs(grey[..., 0].astype(int) - np.asarray(Image.fromarray(colours).convert("L"))).max() <= 1
    back = decoded(encoded(grey[..., 0]), (24, 36), 3)
    assert np.array_equal(back, grey.repeat(3, axis=-1))


def test_fit_crops_pads_or_stretches() -> None:
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, 20:40] = 255
    content = encoded(wide)
    assert (decoded(content, (20, 20), fit="crop") == 255).all()
    padded = decoded(content, (30, 30), fit="pad")
    assert not padded[:9].any()
    assert not padded[-9:].any()
    stretched = decoded(content, (20, 20), fit="stretch")
    assert 0.25 < (stretched > 128).mean() < 0.42


def test_a_batch_of_mixed_sizes_and_formats_has_one_shape(colours: np.ndarray) -> None:
    layer = DecodePictures((8, 8), 3)
    contents = [encoded(colours), encoded(colours[:5, :7], "JPEG"), encoded(colours[:1, :1], "BMP")]
    assert layer(tf.constant(contents)).shape == (3, 8, 8, 3)


def test_a_saved_layer_decodes_alike(colours: np.ndarray, tmp_path) -> None:
    raw = keras.Input((), dtype="string")
    model = keras.Model(raw, DecodePictures((8, 12), 1, fit="pad")(raw))
    model.save(tmp_path / "m.keras")
    content = tf.constant([encoded(colours)])
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert np.array_equal(loaded(content), model(content))
    assert loaded.output_shape == (None, 8, 12, 1)
