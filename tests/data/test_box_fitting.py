"""Boxes end in pixels of the pictures as they are, whatever unit and size were declared for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sora_keras.data import read_boxes
from sora_keras.data.boxes import Boxes, make_boxes
from sora_keras.data.picture import Picture
from sora_keras.data.tiles import upright_pixels
from sora_keras.errors import DataError
from tests.boxes import HEIGHT, WIDTH, rows_of, scenes, write_coco, write_pictures, write_voc, write_yolo
from tests.pictures import encoded


def alike(found: Any, expected: list[Boxes]) -> bool:
    return len(found) == len(expected) and all(
        one.labels.tolist() == other.labels.tolist() and np.allclose(one.corners, other.corners, atol=1e-3)
        for one, other in zip(found, expected, strict=True)
    )


def messages(examples: Any, kind: str) -> list[str]:
    return [note.message for note in examples.notes if note.kind == kind]


def larger(boxes: list[Boxes], times: float) -> list[Boxes]:
    return [make_boxes(one.corners * times, one.labels) for one in boxes]


# The unit.


def test_one_bad_line_does_not_make_pixels_of_shares(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    pictures, boxes = scenes(30)
    folder = write_yolo(tmp_path, pictures, boxes)
    with (folder / "labels" / "train" / "0.txt").open("a", encoding="utf-8") as file:
        file.write("0 0.5 0.5 3.2 0.4\n0 120 80 30 20\n")
    examples = read_boxes(folder)
    by_name = {Path(one.path).stem: some for one, some in zip(*examples.columns.values(), strict=True)}
    first, *others = (by_name[str(place)] for place in range(30))
    assert alike(others, boxes[1:])
    assert np.allclose(first.corners[-1], [0, 0.3 * HEIGHT, WIDTH, 0.7 * HEIGHT], atol=1e-3)
    assert messages(examples, "box") == [
        "1 box wholly outside of the picture, left out, in 0.png",
        "1 box that reached out of the picture, clipped, in 0.png",
    ]
    assert not messages(examples, "box_unit")


def shares_table(folder: Path, count: int) -> tuple[list[dict[str, Any]], list[Boxes]]:
    """Rows with shares where pixels are usual."""
    pictures, boxes = scenes(count)
    rows = rows_of(write_pictures(folder, pictures), boxes)
    for row in rows:
        for side, whole in (("xmin", WIDTH), ("xmax", WIDTH), ("ymin", HEIGHT), ("ymax", HEIGHT)):
            row[side] = None if row[side] is None else row[side] / whole
    return rows, boxes


def test_shares_that_reach_out_a_little_are_still_shares(tmp_path: Path) -> None:
    rows, boxes = shares_table(tmp_path, 6)
    rows[0]["xmax"] = 1.002
    boxes[0].corners[0, 2] = WIDTH
    examples = read_boxes(rows, images=tmp_path)
    assert alike(examples.column("boxes"), boxes)
    (said,) = messages(examples, "box_unit")
    assert said == "7 of 7 boxes of the list lie within 0 to 1: taken for shares of the sides, and scaled to pixels"


def test_a_box_in_pixels_among_shares_is_a_fault_of_its_own(tmp_path: Path) -> None:
    rows, boxes = shares_table(tmp_path, 40)
    rows[0].update({"xmin": 5, "ymin": 5, "xmax": 20, "ymax": 20})
    examples = read_boxes(rows, images=tmp_path)
    assert examples.column("boxes")[0].count == 0
    assert alike(examples.column("boxes")[1:], boxes[1:])
    assert messages(examples, "box") == ["1 box wholly outside of the picture, left out, in 0.png"]


def test_a_box_like_shares_among_pixels_stays_and_is_named(tmp_path: Path) -> None:
    pictures, boxes = scenes()
    boxes[1] = make_boxes([*boxes[1].corners, [0.1, 0.1, 0.9, 0.8]], [*boxes[1].labels, "dot"])
    examples = read_boxes(write_coco(tmp_path, pictures, boxes))
    assert alike(examples.column("boxes"), boxes)
    (said,) = messages(examples, "box_unit")
    assert said.startswith("1 of 5 boxes of scenes.json lie within 0 to 1")
    assert said.endswith("taken for pixels as the others, in 1.png")


def test_pictures_of_a_few_pixels_have_small_boxes() -> None:
    corners = [[0, 0, 1, 1]]
    examples = read_boxes(np.zeros((2, 3, 3, 3), np.uint8), [{"boxes": corners, "labels": ["a"]}] * 2)
    assert [one.corners.tolist() for one in examples.column("boxes")] == [corners] * 2
    assert not messages(examples, "box_unit")


# The size that is declared.


def entries(height: int, width: int, count: int = 4) -> list[dict[str, Any]]:
    return [{"id": 10 + n, "file_name": f"{n}.png", "height": height, "width": width} for n in range(count)]


def test_boxes_of_pictures_that_were_scaled_are_scaled(tmp_path: Path) -> None:
    pictures, boxes = scenes()
    images = entries(2 * HEIGHT, 2 * WIDTH)
    examples = read_boxes(write_coco(tmp_path, pictures, larger(boxes, 2), images=images))
    assert alike(examples.column("boxes"), boxes)
    assert {one.size for one in examples.column("boxes")} == {(HEIGHT, WIDTH)}
    (said,) = messages(examples, "box")
    assert said.startswith(
        "4 pictures larger or smaller than declared, whose boxes are scaled: 0.png (declared 80 × 48,"
    )
    assert "is 40 × 24), 1.png" in said


def test_the_size_in_a_file_of_pascal_voc_is_compared_too(tmp_path: Path) -> None:
    pictures, boxes = scenes()
    folder = write_voc(tmp_path, pictures, larger(boxes, 3))
    for file in (folder / "Annotations").glob("*.xml"):
        said = file.read_text(encoding="utf-8").replace(f"<width>{WIDTH}<", f"<width>{3 * WIDTH}<")
        file.write_text(said.replace(f"<height>{HEIGHT}<", f"<height>{3 * HEIGHT}<"), encoding="utf-8")
    examples = read_boxes(folder)
    assert alike(examples.column("boxes"), boxes)
    assert "declared 120 × 72, is 40 × 24" in messages(examples, "box")[0]


@pytest.mark.parametrize(("height", "width"), [(WIDTH, HEIGHT), (HEIGHT, 100)])
def test_another_size_than_declared_is_named_and_boxes_are_clipped(height: int, width: int, tmp_path: Path) -> None:
    pictures, boxes = scenes()
    boxes[0] = make_boxes([[2, 2, 12, 90]], ["dot"])
    images = [*entries(height, width, 1), *entries(HEIGHT, WIDTH)[1:]]
    examples = read_boxes(write_coco(tmp_path, pictures, boxes, images=images))
    first, *others = examples.column("boxes")
    assert first.corners.tolist() == [[2, 2, 12, HEIGHT]]
    assert alike(others, boxes[1:])
    assert messages(examples, "box") == [
        "1 picture of another size than declared, whose boxes are left as they are: "
        f"0.png (declared {width} × {height}, is 40 × 24)",
        "1 box that reached out of the picture, clipped, in 0.png",
    ]


def write_turned(folder: Path, orientation: int, corners: list[float], declared: tuple[int, int]) -> Path:
    """A COCO file of a JPEG that EXIF turns, with a bright shape at (6, 3) to (16, 9) as it is stored."""
    pixels = np.full((HEIGHT, WIDTH, 3), 20, np.uint8)
    pixels[3:9, 6:16] = 230
    facts = Image.Exif()
    facts[274] = orientation
    folder.mkdir(exist_ok=True)
    (folder / "a.jpg").write_bytes(encoded(pixels, "JPEG", exif=facts, quality=95))
    left, top, right, bottom = corners
    content = {
        "images": [{"id": 1, "file_name": "a.jpg", "height": declared[0], "width": declared[1]}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [left, top, right - left, bottom - top]}
        ],
        "categories": [{"id": 1, "name": "bar"}],
    }  # fmt: skip
    (folder / "a.json").write_text(json.dumps(content), encoding="utf-8")
    return folder / "a.json"


def bright_in(examples: Any) -> bool:
    """Whether the pixels in the box are the bright ones."""
    (boxes,), (picture,) = examples.column("boxes"), examples.column("image")
    pixels = upright_pixels(picture).mean(axis=-1)
    assert boxes.size == pixels.shape == (WIDTH, HEIGHT)
    left, top, right, bottom = boxes.corners[0].astype(int)
    inside = np.zeros(pixels.shape, bool)
    inside[top:bottom, left:right] = True
    assert inside.sum() == 60
    return bool(pixels[inside].min() > 125 > pixels[~inside].max())


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_boxes_of_a_picture_annotated_before_its_turn_are_turned(orientation: int, tmp_path: Path) -> None:
    examples = read_boxes(write_turned(tmp_path, orientation, [6, 3, 16, 9], (HEIGHT, WIDTH)))
    assert bright_in(examples)
    (said,) = messages(examples, "box")
    assert said == (
        "1 picture annotated as stored, before the turn that EXIF asks for, whose boxes are turned too: "
        "a.jpg (declared 40 × 24, is 24 × 40)"
    )


def test_boxes_of_a_picture_annotated_upright_stay(tmp_path: Path) -> None:
    # Orientation 6 is a quarter to the right: what was at (6, 3) to (16, 9) of 24 rows is at (15, 6) to (21, 16).
    examples = read_boxes(write_turned(tmp_path, 6, [15, 6, 21, 16], (WIDTH, HEIGHT)))
    assert bright_in(examples)
    assert not examples.notes


# What cannot be read, and what is read.


def test_no_picture_is_read_whole_for_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("yaml")
    pictures, boxes = scenes()
    folder = write_yolo(tmp_path, pictures, boxes)

    def refused(self: Picture) -> bytes:
        raise AssertionError(f"{self} was read")

    monkeypatch.setattr(Picture, "read", refused)
    assert alike(read_boxes(folder).column("boxes"), boxes)


def test_a_broken_picture_keeps_what_is_said_of_it(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    pictures, boxes = scenes()
    folder = write_yolo(tmp_path / "yolo", pictures, boxes)
    (folder / "images" / "train" / "1.png").write_bytes(b"no picture")
    coco = write_coco(tmp_path / "coco", pictures, boxes)
    (tmp_path / "coco" / "1.png").write_bytes(b"no picture")
    for data in (folder, coco):
        examples = read_boxes(data)
        assert [one.count for one in examples.column("boxes")] == [one.count for one in boxes]
        assert [one.size for one in examples.column("boxes")] == [(HEIGHT, WIDTH), (0, 0), *[(HEIGHT, WIDTH)] * 2]
        assert [note.message for note in examples.notes] == ["1 picture of 4 without boxes, kept as background"]


# Nothing to learn from.


def test_boxes_that_are_all_lost_are_no_training_data(tmp_path: Path) -> None:
    pictures, _ = scenes(2)
    empty = [{"id": n, "image_id": 10, "category_id": 1, "bbox": [0, 0, 0, 0]} for n in range(2)]
    path = write_coco(tmp_path / "coco", pictures, [], annotations=empty)
    said = (
        r"has no boxes that can be used: there is nothing to learn from\. .*2 boxes without area, left out, in 0\.png"
    )
    with pytest.raises(DataError, match=said):
        read_boxes(path)
    assert [one.count for one in read_boxes(path, part="test").column("boxes")] == [0, 0]
    voc = write_voc(tmp_path / "voc", *scenes(2))
    for file in (voc / "Annotations").glob("*.xml"):
        file.write_text(file.read_text(encoding="utf-8").replace("bndbox", "polygon"), encoding="utf-8")
    with pytest.raises(DataError, match=r"1 box with corners that are no numbers, left out, in 0\.png"):
        read_boxes(voc)


def test_crowds_alone_are_no_training_data(tmp_path: Path) -> None:
    crowd = [{"id": 1, "image_id": 10, "category_id": 1, "bbox": [1, 1, 9, 9], "iscrowd": 1}]
    path = write_coco(tmp_path, scenes(2)[0], [], annotations=crowd)
    with pytest.raises(DataError, match="has no boxes but those around crowds: there is nothing to learn from"):
        read_boxes(path)
    assert read_boxes(path, part="val").column("boxes")[0].crowd.tolist() == [True]


def test_pictures_of_nothing_alone_can_be_tested_on(tmp_path: Path) -> None:
    pictures, _ = scenes(3)
    nothing = [{"boxes": [], "labels": []}] * 3
    with pytest.raises(DataError, match="y has no boxes: there is nothing to learn from"):
        read_boxes(pictures, nothing)
    assert len(read_boxes(pictures, nothing, part="test")) == 3
