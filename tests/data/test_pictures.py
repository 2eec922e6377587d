"""Whatever people hold pictures in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from PIL import Image

from sora_keras import data
from sora_keras.data.picture import Picture, as_bytes_of_pixels, encode, to_picture
from sora_keras.errors import ArgumentTypeError, DataError, NotFoundError, SoraError
from tests.pictures import class_folder, encoded, shapes


def pixels_of(picture: Picture) -> np.ndarray:
    return tf.io.decode_image(picture.read(), expand_animations=False).numpy()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return class_folder(tmp_path / "photos", 12)


def test_a_folder_with_a_sub_folder_a_class(folder: Path) -> None:
    examples = data.read_pictures(str(folder))
    assert examples.names == ("image", "label")
    assert sorted(set(examples.column("label"))) == ["across", "upright"]
    assert all(str(one).endswith(".png") for one in examples.column("image"))


def test_a_folder_with_parts_gives_the_part_that_is_asked_for(tmp_path: Path) -> None:
    for part, count in (("train", 12), ("val", 6), ("test", 4)):
        class_folder(tmp_path / part, count)
    sizes = [len(data.read_pictures(tmp_path, part=part)) for part in ("train", "val", "test")]
    assert sizes == [12, 6, 4]


def test_a_folder_that_is_answered_stands_for_all_pictures_in_it(folder: Path) -> None:
    one = next(folder.rglob("*.png"))
    (folder / "a.png").write_bytes(one.read_bytes())
    (folder / "notes").mkdir()
    examples = data.read_pictures(folder, answer_required=False, by_class=False)
    assert examples.names == ("image",)
    assert [str(one) for one in examples.column("image")] == [str(one) for one in sorted(folder.rglob("*.png"))]
    for part, count in (("train", 12), ("test", 4)):
        class_folder(folder / part, count)
    assert len(data.read_pictures(folder, part="test", answer_required=False, by_class=False)) == 4


def test_a_glob_stands_for_the_pictures_that_it_finds(folder: Path) -> None:
    (folder / "across" / "notes.txt").write_text("none")
    examples = data.read_pictures(str(folder / "across" / "*"), answer_required=False)
    assert [str(one) for one in examples.column("image")] == sorted(map(str, (folder / "across").glob("*.png")))
    with pytest.raises(NotFoundError, match="no file"):
        data.read_pictures(str(folder / "*.jpg"), answer_required=False)


def test_a_table_of_paths_relative_to_its_file(folder: Path) -> None:
    rows = [(str(path.relative_to(folder)), path.parent.name) for path in sorted(folder.rglob("*.png"))]
    pd.DataFrame(rows, columns=["path", "kind"]).to_csv(folder / "table.csv", index=False)
    examples = data.read_pictures(folder / "table.csv", "kind")
    assert pixels_of(examples.column("path")[0]).shape == (16, 16, 3)
    frame = pd.DataFrame([(str(folder / path), kind) for path, kind in rows], columns=["where", "label"])
    assert len(data.read_pictures(frame).column("where")) == 12


def test_missing_files_of_a_table_are_named(folder: Path) -> None:
    frame = pd.DataFrame({"path": [str(folder / f"no{n}.png") for n in range(12)], "label": ["a", "b"] * 6})
    with pytest.raises(NotFoundError, match=r"12 of 12 files of column 'path' are missing: .*no0\.png.*no9\.png, …"):
        data.read_pictures(frame)


@pytest.mark.parametrize("make", [list, np.asarray, lambda x: [Image.fromarray(one) for one in x]])
def test_arrays_and_pillow_images(make) -> None:
    pixels, labels = shapes(6)
    examples = data.read_pictures(make(pixels), labels)
    assert examples.answer == "label"
    assert all(np.array_equal(pixels_of(one), p) for one, p in zip(examples.column("image"), pixels, strict=True))


def test_encoded_bytes_and_pairs() -> None:
    pixels, labels = shapes(4)
    contents = [encoded(one) for one in pixels]
    examples = data.read_pictures((contents, labels))
    assert [one.read() for one in examples.column("image")] == contents


@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize("as_bytes", [True, False])
def test_a_tf_dataset(batched: bool, as_bytes: bool) -> None:
    pixels, _ = shapes(6)
    items = [encoded(one) for one in pixels] if as_bytes else pixels
    dataset = tf.data.Dataset.from_tensor_slices((items, [0, 1] * 3))
    examples = data.read_pictures(dataset.batch(4) if batched else dataset)
    assert np.array_equal(pixels_of(examples.column("image")[5]), pixels[5])
    assert examples.column("label").tolist() == [0, 1] * 3


@pytest.mark.parametrize(
    ("values", "expected", "said"),
    [
        (np.array([[[0.0, 0.5, 1.0]]]), [0, 128, 255], "0 to 1"),
        (np.array([[[0.0, 127.6, 255.0]]]), [0, 128, 255], "0 to 255"),
        (np.array([[[0, 257, 65535]]], np.uint16), [0, 1, 255], "0 to 65,535"),
        (np.array([[[False, True, True]]]), [0, 255, 255], "black and white"),
        (np.array([[[0, 3, 255]]], np.int64), [0, 3, 255], "0 to 255"),
    ],
    ids=str,
)
def test_the_range_of_pixels_is_found(values: np.ndarray, expected: list[int], said: str) -> None:
    pixels, found = as_bytes_of_pixels(values)
    assert pixels.dtype == np.uint8
    assert (pixels.ravel().tolist(), found) == (expected, said)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((2, 0, 4, 3)), "at least one pixel"),
        (np.zeros((2, 4, 4, 5)), "1, 3 or 4 channels"),
        (np.full((2, 4, 4), np.nan), "Picture 0 has pixels that are not finite"),
        (np.full((2, 4, 4), -1.0), "must lie from 0 to 1"),
        (np.full((2, 4, 4), 300.0), "Received: 300 to 300"),
        (np.zeros((2, 4, 4), complex), "must be numbers"),
    ],
    ids=str,
)
def test_arrays_that_are_no_pictures_are_refused(values: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        data.read_pictures(values, ["a", "b"])


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("width", [1, 2, 3, 7])
def test_encoding_loses_nothing(channels: int, width: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, width, channels), dtype=np.uint8)
    if channels == 4:
        pixels[..., 3] = 255
    assert np.array_equal(tf.io.decode_bmp(encode(pixels)).numpy(), pixels[..., :3])


def test_formats_that_tensorflow_does_not_know_are_opened(tmp_path: Path) -> None:
    pixels = shapes(1)[0][0]
    for suffix, kind in ((".tif", "TIFF"), (".ppm", "PPM"), (".tga", "TGA")):
        path = tmp_path / f"one{suffix}"
        path.write_bytes(encoded(pixels, kind))
        assert np.array_equal(pixels_of(to_picture(str(path))), pixels)
    palette = Image.fromarray(pixels).quantize(16)
    shown = pixels_of(to_picture(encoded(palette, "BMP")))
    assert np.array_equal(shown, np.asarray(palette.convert("RGB")))


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.tif").write_text("no picture")
    with pytest.raises(DataError, match=r"text\.tif is no picture"):
        to_picture(tmp_path / "text.tif").read()
    with pytest.raises(DataError, match="could not be read"):
        to_picture(tmp_path / "missing.png").read()
    for wrong in (3, None, {"a": 1}):
        with pytest.raises(ArgumentTypeError, match="A picture is a path"):
            to_picture(wrong)


def test_folders_without_pictures_are_named(tmp_path: Path) -> None:
    (tmp_path / "cats").mkdir()
    with pytest.raises(DataError, match="holds no pictures"):
        data.read_pictures(tmp_path)
    class_folder(tmp_path, 4)
    with pytest.raises(DataError, match="class folders without a picture: cats"):
        data.read_pictures(tmp_path)
    with pytest.raises(NotFoundError):
        data.read_pictures(tmp_path / "nothing")
    with pytest.raises(SoraError):
        data.read_pictures([], [])


def test_the_usual_shape_is_the_median_and_shrinks_in_proportion() -> None:
    def of(*sizes: tuple[int, int], mode: str = "RGB") -> list[Picture]:
        return [to_picture(Image.new(mode, (width, height))) for height, width in sizes]

    assert data.usual_shape(of((20, 30), (22, 30), (200, 30)), most=128) == ((22, 30), 3)
    assert data.usual_shape(of((400, 200)), most=128) == ((128, 64), 3)
    assert data.usual_shape(of((8, 8), mode="L"), most=128)[1] == 1
    with pytest.raises(DataError, match="Not one"):
        data.usual_shape([Picture(content=b"nothing")], most=128)
