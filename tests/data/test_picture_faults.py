"""Pictures that are broken, hostile or odd: each is named with what to do, and nothing is lost."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import sora_keras as sora
from sora_keras.data import read_pictures, to_picture
from sora_keras.data.picture_header import MOST_PIXELS, claimed_size
from sora_keras.errors import DataError, NotFoundError, ParameterError
from tests.pictures import class_folder, encoded, shapes, small


@pytest.fixture(scope="module")
def fitted() -> sora.ImageClassifier:
    return sora.ImageClassifier(encoder=small, epochs=1, refit=False, verbose=False).fit(*shapes(40))


def noise(height: int = 40, width: int = 60) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of one pixel whose header claims more."""
    content = encoded(noise(1, 1))
    header = b"IHDR" + struct.pack(">II", width, height) + content[24:29]
    return content[:12] + header + struct.pack(">I", zlib.crc32(header)) + content[33:]


def claiming(kind: str) -> bytes:
    """A small file of 20,000 by 10,000 pixels, by its header."""
    content = bytearray(encoded(noise(), kind))
    if kind == "PNG":
        return png_claiming(20_000, 10_000)
    if kind == "JPEG":
        at = content.index(b"\xff\xc0") + 5
        content[at : at + 4] = struct.pack(">HH", 10_000, 20_000)
    elif kind == "GIF":
        content[6:10] = struct.pack("<HH", 20_000, 10_000)
    elif kind == "BMP":
        content[18:26] = struct.pack("<ii", 20_000, -10_000)
    else:
        content[26:30] = struct.pack("<HH", 16_000, 16_000)
    return bytes(content)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
def test_a_decompression_bomb_is_refused_by_its_header(fitted, tmp_path: Path, kind: str) -> None:
    content = claiming(kind)
    assert len(content) < 10_000
    with pytest.raises(DataError, match=f"At most {MOST_PIXELS:,} are decoded"):
        fitted(content)
    path = tmp_path / f"bomb.{kind.lower()}"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"bomb\.\w+ claims [\d,]+ × [\d,]+ pixels.*Shrink it"):
        fitted.predict([str(path)])


def test_a_bomb_in_a_format_of_pillow_is_refused(fitted, tmp_path: Path) -> None:
    path = tmp_path / "bomb.tif"
    path.write_bytes(encoded(Image.new("1", (9_990, 8_950)), "TIFF", compression="group4"))
    with pytest.raises(DataError, match=r"bomb\.tif claims 9,990 × 8,950 pixels"):
        fitted(path)
    path.write_bytes(encoded(Image.new("1", (10_000, 10_000)), "TIFF", compression="group4"))
    with pytest.raises(DataError, match=r"bomb\.tif.*pixels"):
        fitted(path)


def test_the_frames_of_a_gif_count_together() -> None:
    frames = [Image.fromarray(noise()[::step]).resize((60, 40)).quantize(32) for step in (1, -1)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert claimed_size(content) == (80, 60)


@pytest.mark.parametrize("options", [{"kind": "WEBP", "lossless": True}, {"kind": "WEBP", "exif": b"Exif\0\0"}])
def test_sizes_are_read_of_every_kind_of_webp(options: dict[str, object]) -> None:
    assert claimed_size(encoded(noise(), **options)) == (40, 60)


def test_headers_that_are_cut_short_claim_nothing_absurd() -> None:
    for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP"):
        content = encoded(noise(), kind)
        assert claimed_size(content) == (40, 60)
        for length in range(min(len(content), 60)):
            height, width = claimed_size(content[:length])
            assert height <= 40
            assert width <= 60


def broken_files() -> dict[str, bytes]:
    """What is wrong with a file, and the file."""
    jpeg, png = encoded(noise(), "JPEG"), encoded(noise())
    return {
        "a JPEG cut short": jpeg[: len(jpeg) // 2],
        "a PNG cut short": png[: len(png) // 2],
        "text": b"this is a text, not a picture",
        "nothing": b"",
        "no pixels": png_claiming(0, 0),
    }


def test_broken_files_are_left_out_of_training_and_of_scores_and_named(tmp_path: Path) -> None:
    class_folder(tmp_path, 100)
    broken = {f"{fault}.jpg": content for fault, content in broken_files().items()}
    for name, content in broken.items():
        (tmp_path / "across" / name).write_bytes(content)
    recipe = sora.ImageClassifier(encoder=small, epochs=1, refit=False, verbose=False).fit(tmp_path)
    assert sum(recipe.fitted.rows) == 100
    said = " ".join(finding.message for finding in recipe.findings_ if finding.kind == "unreadable")
    report = recipe.evaluate(tmp_path)
    assert report.rows == 100
    assert report.look_at[0].startswith("5 of 105 items cannot be read")
    assert recipe.score(tmp_path) == report["accuracy"]
    for name in broken:
        assert name in report.look_at[0]
        with pytest.raises(DataError, match=f"1 of 1 items cannot be read .*{name}.*Mend them or leave them out"):
            recipe(str(tmp_path / "across" / name))
        assert name in said
    assert "Graph execution" not in said + report.look_at[0]
    with pytest.raises(DataError, match=r"5 of 105 items cannot be read .*text\.jpg"):
        recipe.predict(tmp_path)


def test_many_broken_files_are_an_error_in_scores_as_in_training(fitted, tmp_path: Path) -> None:
    class_folder(tmp_path, 20)
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "across" / name).write_bytes(broken_files()["a JPEG cut short"])
    for verb in (fitted.evaluate, fitted.score, sora.ImageClassifier(verbose=False).fit):
        with pytest.raises(
            DataError, match=r"2 of 2\d (items cannot be read|pictures cannot be decoded) .*a\.jpg.*Mend them"
        ):
            verb(tmp_path)


def wrong_data(folder: Path) -> dict[str, tuple[object, type[Exception], str]]:
    """Data that no classifier learns from, and what is said."""
    (folder / "one" / "cats").mkdir(parents=True)
    (folder / "one" / "cats" / "a.png").write_bytes(encoded(noise()))
    (folder / "empty" / "dogs").mkdir(parents=True)
    class_folder(folder / "empty", 4)
    (folder / "bare").mkdir()
    table = pd.DataFrame({"path": [str(folder / f"no{n}.png") for n in range(12)], "label": ["a", "b"] * 6})
    addresses = pd.DataFrame({"path": ["https://example.org/a.png"] * 4, "label": ["a", "b"] * 2})
    nan = shapes(4)[0] / 255.0
    nan[2, 0, 0] = np.nan
    labels = ["a", "b"] * 2
    return {
        "no such folder": (folder / "nowhere", NotFoundError, "nowhere"),
        "a folder without pictures": (folder / "bare", DataError, "holds no pictures"),
        "an empty class folder": (folder / "empty", DataError, "without a picture: dogs"),
        "one class": (folder / "one", DataError, "cats"),
        "missing files": (table, NotFoundError, r"12 of 12 files .*no0\.png.*no9\.png, …"),
        "an address": ("https://example.org/photos", DataError, "not fetched from a network"),
        "a column of addresses": (addresses, DataError, "https://example.org/a.png is an address"),
        "NaN pixels": ((nan, labels), DataError, "Picture 2 has pixels that are not finite"),
        "NaN pixels in a list": ((list(nan), labels), DataError, "Item 2: The picture has pixels that are not"),
        "no pixels": ((np.zeros((4, 0, 8, 3)), labels), DataError, "at least one pixel"),
        "two channels": ((np.zeros((4, 8, 8, 2)), labels), DataError, "1, 3 or 4 channels"),
        "below 0": ((np.full((4, 8, 8), -1.0), labels), DataError, "must lie from 0 to 1"),
    }


@pytest.mark.parametrize("fault", [
    "no such folder", "a folder without pictures", "an empty class folder", "one class", "missing files", "an address",
    "a column of addresses", "NaN pixels", "NaN pixels in a list", "no pixels", "two channels", "below 0",
])  # fmt: skip
def test_wrong_data_is_explained_and_nothing_is_lost(fitted, tmp_path: Path, fault: str) -> None:
    data, error, message = wrong_data(tmp_path)[fault]
    before = fitted.fitted
    with pytest.raises(error, match=message):
        fitted.fit(data)
    assert fitted.fitted is before


def test_one_pixel_is_a_picture(fitted) -> None:
    assert fitted(np.zeros((1, 1), np.uint8)).label in ("across", "upright")
    assert fitted(encoded(noise(1, 1), "JPEG")).label in ("across", "upright")
    with pytest.raises(DataError, match="at least one pixel"):
        fitted(np.zeros((0, 4, 3), np.uint8))


def test_mixed_channels_sizes_and_depths_train_together() -> None:
    pixels, labels = shapes(40)
    alpha = np.full((16, 16, 1), 255, np.uint8)
    mixed = [
        [one, one[..., 0], np.concatenate([one, alpha], axis=-1), one[..., 1].astype(np.uint16) * 257][place % 4]
        for place, one in enumerate(pixels)
    ]
    mixed[8] = np.asarray(Image.fromarray(pixels[8]).resize((30, 50)))
    recipe = sora.ImageClassifier(encoder=small, epochs=1, refit=False, verbose=False).fit(mixed, labels)
    assert recipe.model.input_shape[-1] == 3
    assert len(recipe.predict(mixed)) == 40


@pytest.mark.parametrize(("scale", "said"), [(1 / 255, "from 0 to 1, and scaled"), (1.0, "from 0 to 255, and rounded")])
def test_the_range_of_floats_is_found_and_said(scale: float, said: str, capsys) -> None:
    pixels, labels = shapes(40)
    recipe = sora.ImageClassifier(encoder=small, epochs=1, refit=False).fit(pixels * scale, labels)
    assert said in capsys.readouterr().out
    assert said in next(finding.message for finding in recipe.findings_ if finding.kind == "pixel_range")
    assert np.allclose(recipe.predict_proba(pixels), recipe.predict_proba(pixels * scale), atol=1e-6)


def test_a_dark_picture_among_floats_up_to_255_stays_dark() -> None:
    examples = read_pictures([np.full((2, 2), 1.0), np.full((2, 2), 255.0)], ["a", "b"])
    dark, light = examples.column("image")
    assert dark == to_picture(np.full((2, 2), 1, np.uint8))
    assert light == to_picture(np.full((2, 2), 255, np.uint8))


def test_an_encoder_without_a_spatial_map_says_why_grad_cam_cannot() -> None:
    flat = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(4)])
    recipe = sora.ImageClassifier(encoder=flat, epochs=1, refit=False, verbose=False).fit(*shapes(40))
    with pytest.raises(ParameterError, match="flatten or pool before it. Use method='integrated_gradients'"):
        recipe.explain(shapes(1)[0][0], method="grad_cam")
    assert recipe.explain(shapes(1)[0][0]).method == "integrated_gradients"


def test_pictures_that_fit_has_seen_are_named_in_the_report(fitted) -> None:
    pixels, labels = shapes(20, seed=3)
    assert not any("that fit was given" in sentence for sentence in fitted.evaluate(pixels, labels).look_at)
    known = fitted.evaluate(np.concatenate([pixels, shapes(40)[0][:2]]), [*labels, *shapes(40)[1][:2]])
    assert known.look_at[0].startswith("2 rows of the 22 scored are also in the data that fit was given")


def test_the_same_file_in_train_and_val_is_reported(tmp_path: Path) -> None:
    class_folder(tmp_path / "train", 40)
    for name in ("across/001.png", "upright/002.png"):
        (tmp_path / "val" / name).parent.mkdir(parents=True)
        (tmp_path / "val" / name).write_bytes((tmp_path / "train" / name).read_bytes())
    recipe = sora.ImageClassifier(encoder=small, epochs=1, refit=False, verbose=False).fit(tmp_path)
    leak = next(finding for finding in recipe.findings_ if finding.kind == "leak")
    assert leak.message.startswith("2 rows of the 2 for validation also in the training data")
