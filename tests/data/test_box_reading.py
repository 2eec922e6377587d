"""Annotated pictures in every format give the same examples; what is wrong is said and mended, or refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sora_keras.data import check, read_boxes
from sora_keras.data.box_reading import has_part
from sora_keras.data.boxes import Boxes
from sora_keras.errors import ArgumentTypeError, DataError, MissingExtraError, NotFoundError
from tests.boxes import (
    CLASSES,
    HEIGHT,
    WIDTH,
    rows_of,
    scenes,
    write_coco,
    write_pictures,
    write_table,
    write_voc,
    write_yolo,
)  # fmt: skip

SQUARE = {"xmin": 1, "ymin": 1, "xmax": 9, "ymax": 9}


def boxes_of(examples: Any) -> list[Boxes]:
    assert examples.answer == "boxes"
    return list(examples.column("boxes"))


def close(found: list[Boxes], expected: list[Boxes]) -> bool:
    return len(found) == len(expected) and all(
        one.labels.tolist() == other.labels.tolist() and np.allclose(one.corners, other.corners, atol=1e-3)
        for one, other in zip(found, expected, strict=True)
    )


@pytest.mark.parametrize("write", [write_coco, write_voc, write_yolo, write_table])
def test_every_format_says_the_same(write: Any, tmp_path: Path) -> None:
    if write is write_yolo:
        pytest.importorskip("yaml")
    pictures, boxes = scenes()
    examples = read_boxes(write(tmp_path, pictures, boxes))
    assert close(boxes_of(examples), boxes)
    assert [Path(one.path).name for one in examples.column("image")] == ["0.png", "1.png", "2.png", "3.png"]
    assert [note.message for note in examples.notes] == ["1 picture of 4 without boxes, kept as background"]
    rare, bare = check(examples, item="image")
    assert rare.message == "2 classes with too few examples to learn or to score well: 'bar' (1), 'dot' (3)"
    assert bare.rows == (3,)


def test_pictures_and_their_boxes_in_memory_say_the_same() -> None:
    pictures, boxes = scenes()
    records = [{"boxes": one.corners.tolist(), "labels": one.labels.tolist()} for one in boxes]
    pairs = [(one.corners, one.labels) for one in boxes]
    for X, y in ((np.stack(pictures), records), (pictures, pairs), ((pictures, boxes), None)):
        assert close(boxes_of(read_boxes(X, y)), boxes)


def test_a_data_frame_and_records_say_the_same(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pictures, boxes = scenes()
    rows = rows_of(write_pictures(tmp_path, pictures), boxes)
    assert close(boxes_of(read_boxes(rows, images=tmp_path)), boxes)
    assert close(boxes_of(read_boxes(pandas.DataFrame(rows), images=tmp_path)), boxes)
    extent = [
        {"filename": row["path"], "x": row["xmin"], "y": row["ymin"], "w": row["xmax"] - row["xmin"],
         "h": row["ymax"] - row["ymin"], "class": row["label"]}
        for row in rows if row["label"]
    ]  # fmt: skip
    assert close(boxes_of(read_boxes(extent, images=tmp_path)), boxes[:-1])


def test_the_size_of_the_picture_in_a_table_is_not_taken_for_that_of_a_box(tmp_path: Path) -> None:
    write_pictures(tmp_path, scenes()[0])
    beside = {"image": "0.png", "width": WIDTH, "height": HEIGHT, "label": "a"}
    for names in (
        ("bbox_x", "bbox_y", "bbox_w", "bbox_h"),
        ("bbox_x", "bbox_y", "bbox_width", "bbox_height"),
        ("box x", "box y", "box width", "box height"),
        ("x", "y", "w", "h"),
    ):
        rows = [{**beside, **dict(zip(names, (3, 4, 10, 5), strict=True))}]
        (found,) = boxes_of(read_boxes(rows, images=tmp_path))
        assert found.corners.tolist() == [[3, 4, 13, 9]]


def test_fingerprints_tell_boxes_apart(tmp_path: Path) -> None:
    pictures, boxes = scenes()
    path = write_coco(tmp_path, pictures, boxes)
    first = read_boxes(path)
    assert first.fingerprint() == read_boxes(path).fingerprint()
    assert first.take([0, 1]).fingerprint() != first.take([0, 2]).fingerprint()


def test_the_part_of_cocos_own_folders_is_found(tmp_path: Path) -> None:
    pictures, boxes = scenes()
    for part in ("train", "val"):
        path = write_coco(tmp_path / f"{part}2017", pictures, boxes[::-1] if part == "val" else boxes)
        (tmp_path / "annotations").mkdir(exist_ok=True)
        path.rename(tmp_path / "annotations" / f"instances_{part}2017.json")
    assert close(boxes_of(read_boxes(tmp_path)), boxes)
    assert close(boxes_of(read_boxes(tmp_path, part="val")), boxes[::-1])
    assert has_part(tmp_path, "val")
    assert not has_part(tmp_path, "test")
    with pytest.raises(DataError, match="several COCO files: instances_train2017.json, instances_val2017.json"):
        read_boxes(tmp_path, part="test")
    captions = (tmp_path / "annotations" / "instances_val2017.json").read_text(encoding="utf-8")
    (tmp_path / "annotations" / "captions_val2017.json").write_text(captions, encoding="utf-8")
    assert has_part(tmp_path, "val")
    assert close(boxes_of(read_boxes(tmp_path, part="val")), boxes[::-1])


def test_a_data_set_has_the_parts_that_are_read_apart_from_its_training(tmp_path: Path) -> None:
    pictures, boxes = scenes()
    whole = write_coco(tmp_path / "whole", pictures, boxes)
    for part in ("train", "valid"):
        write_coco(tmp_path / "parts" / part, pictures, boxes)
        # Pictures in folders of their own, and what stands in all of them in one file.
        write_pictures(tmp_path / "joined" / part, pictures)
    write_coco(tmp_path / "joined", pictures, boxes)
    write_voc(tmp_path / "voc" / "train", pictures, boxes)
    write_voc(tmp_path / "voc" / "test", pictures, boxes)
    having = {("parts", "val"), ("voc", "test")}
    for name in ("whole", "parts", "joined", "voc"):
        assert {part for part in ("val", "test") if has_part(tmp_path / name, part)} == {
            part for one, part in having if one == name
        }
    assert not has_part(whole, "val")
    assert not has_part(tmp_path / "nowhere", "val")


@pytest.mark.parametrize("places", ["beside", "images", "named"])
def test_the_pictures_of_a_coco_file_are_found(places: str, tmp_path: Path) -> None:
    pictures, boxes = scenes()
    path = write_coco(tmp_path / "all", pictures, boxes)
    folder = {"beside": "all", "images": "all/images", "named": "train2017"}[places]
    moved = tmp_path / "all" / ("instances_train2017.json" if places == "named" else "scenes.json")
    path.rename(moved)
    (tmp_path / folder).mkdir(exist_ok=True)
    for file in (tmp_path / "all").glob("*.png"):
        file.rename(tmp_path / folder / file.name)
    assert close(boxes_of(read_boxes(moved)), boxes)
    assert close(boxes_of(read_boxes(moved, images=tmp_path / folder)), boxes)


def test_parts_of_a_folder_are_read_by_their_names(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    pictures, boxes = scenes()
    write_coco(tmp_path / "coco" / "train", pictures[:2], boxes[:2])
    write_coco(tmp_path / "coco" / "valid", pictures[2:], boxes[2:])
    assert len(read_boxes(tmp_path / "coco")) == 2
    assert close(boxes_of(read_boxes(tmp_path / "coco", part="val")), boxes[2:])
    voc = write_voc(tmp_path / "voc", pictures, boxes)
    (voc / "ImageSets" / "Main").mkdir(parents=True)
    (voc / "ImageSets" / "Main" / "test.txt").write_text("1\n2 -1\n", encoding="utf-8")
    assert close(boxes_of(read_boxes(voc, part="test")), boxes[1:3])
    with pytest.raises(DataError, match="lists no part 'train', but test"):
        read_boxes(voc, part="train")
    yolo = write_yolo(tmp_path / "yolo", pictures, boxes)
    assert close(boxes_of(read_boxes(yolo / "data.yaml")), boxes)
    with pytest.raises(DataError, match="names no part 'test'"):
        read_boxes(yolo, part="test")
    (voc / "ImageSets" / "Main" / "val.txt").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="'val' is empty"):
        read_boxes(voc, part="val")


def faulty(tmp_path: Path, *boxes: list[float]) -> Path:
    """A COCO file of two pictures, the first with these boxes (x, y, width, height)."""
    annotations = [{"id": n, "image_id": 10, "category_id": 1, "bbox": one} for n, one in enumerate(boxes)]
    annotations.append({"id": 99, "image_id": 11, "category_id": 2, "bbox": [2, 2, 8, 8]})
    return write_coco(tmp_path, *scenes(2), annotations=annotations)


@pytest.mark.parametrize(
    ("box", "said", "left"),
    [
        ([-6, 2, 12, 8], "1 box that reached out of the picture, clipped, in 0.png", 2),
        ([50, 2, 12, 8], "1 box wholly outside of the picture, left out, in 0.png", 1),
        ([5, 2, 0, 8], "1 box without area, left out, in 0.png", 1),
        ([15, 12, -10, -8], "1 box with swapped corners, put right, in 0.png", 2),
    ],
)
def test_faults_are_mended_and_listed_by_file(box: list[float], said: str, left: int, tmp_path: Path) -> None:
    examples = read_boxes(faulty(tmp_path, box))
    (note,) = [note for note in examples.notes if note.kind == "box"]
    assert note.message == said
    assert note.rows == (0,)
    assert sum(one.count for one in boxes_of(examples)) == left


def test_boxes_that_are_shares_where_pixels_are_declared_are_scaled(tmp_path: Path) -> None:
    pictures, boxes = scenes()
    rows = rows_of(write_pictures(tmp_path, pictures), boxes)
    for row in rows:
        for side, whole in (("xmin", WIDTH), ("xmax", WIDTH), ("ymin", HEIGHT), ("ymax", HEIGHT)):
            row[side] = None if row[side] is None else row[side] / whole
    examples = read_boxes(rows, images=tmp_path)
    assert close(boxes_of(examples), boxes)
    assert any("taken for shares of the sides" in note.message for note in examples.notes)


def test_boxes_in_pixels_where_shares_are_declared_stay_as_they_are(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    pictures, boxes = scenes()
    examples = read_boxes(write_yolo(tmp_path, pictures, boxes, scale=False))
    assert close(boxes_of(examples), boxes)
    assert any("taken for pixels" in note.message for note in examples.notes)


def test_polygons_of_yolo_become_boxes_around_them(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    folder = write_yolo(tmp_path, *scenes(2))
    (folder / "labels" / "train" / "0.txt").write_text("1 0.1 0.5 0.3 0.25 0.2 0.75\n", encoding="utf-8")
    (one, _) = boxes_of(read_boxes(folder))
    assert np.allclose(one.corners, [[0.1 * WIDTH, 0.25 * HEIGHT, 0.3 * WIDTH, 0.75 * HEIGHT]], atol=1e-3)
    assert one.labels.tolist() == [CLASSES[1]]


def test_crowds_are_kept_apart(tmp_path: Path) -> None:
    path = faulty(tmp_path, [2, 2, 8, 8])
    content = json.loads(path.read_text(encoding="utf-8"))
    content["annotations"][0]["iscrowd"] = 1
    path.write_text(json.dumps(content), encoding="utf-8")
    assert [one.crowd.tolist() for one in boxes_of(read_boxes(path))] == [[True], [False]]


def test_a_picture_listed_twice_is_named(tmp_path: Path) -> None:
    images = [{"id": n, "file_name": "0.png", "height": HEIGHT, "width": WIDTH} for n in (10, 11)]
    examples = read_boxes(write_coco(tmp_path, *scenes(3), images=images, annotations=[
        {"id": 1, "image_id": 10, "category_id": 1, "bbox": [2, 2, 8, 8]}]))  # fmt: skip
    assert any("1 picture listed a second time" in note.message for note in examples.notes)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"categories": []}, "classes without a name: category_id 1, 2"),
        ({"images": [{"id": 10, "file_name": "0.png"}] * 2}, "1 ids of 'images'.*come twice: 10"),
        ({"annotations": [{"id": 1, "image_id": 77, "category_id": 1, "bbox": [1, 1, 2, 2]}]}, "of pictures that"),
        ({"annotations": [{"id": 1, "image_id": 10, "category_id": 1, "bbox": [1, 1, 2, 2]}] * 2}, "come twice"),
        ({"annotations": []}, "has no boxes"),
        ({"images": "none"}, "needs the lists 'images' and 'annotations'"),
        ({"images": [{"file_name": "0.png"}]}, "needs an 'id'"),
    ],
)
def test_broken_coco_files_are_refused(changed: dict[str, Any], error: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=error):
        read_boxes(write_coco(tmp_path, *scenes(), **changed))


def test_missing_pictures_are_named(tmp_path: Path) -> None:
    path = write_coco(tmp_path, *scenes())
    (tmp_path / "1.png").unlink()
    with pytest.raises(NotFoundError, match=r"1 of 4 pictures of scenes.json are missing: .*1\.png"):
        read_boxes(path)
    voc = write_voc(tmp_path / "voc", *scenes())
    (voc / "JPEGImages" / "2.png").unlink()
    with pytest.raises(NotFoundError, match=r"1 of 4 pictures annotated in .* are missing: 2\.png"):
        read_boxes(voc)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("0 a b c d", "holds no numbers"),
        ("0 0.1 0.2 0.3", "needs a class and four numbers"),
        ("7 0.1 0.2 0.3 0.1", "class 7"),
    ],
)
def test_broken_lines_of_yolo_are_named(line: str, error: str, tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    folder = write_yolo(tmp_path, *scenes())
    (folder / "labels" / "train" / "1.txt").write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=f"Line 2 of .*1.txt.*{error}"):
        read_boxes(folder)


def test_yolo_needs_yaml_and_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("yaml")
    folder = write_yolo(tmp_path, *scenes())
    (folder / "data.yaml").write_text("train: images/train\n", encoding="utf-8")
    with pytest.raises(DataError, match="needs 'names'"):
        read_boxes(folder)
    (folder / "data.yaml").write_text("train: elsewhere\nnames: [a, b]\n", encoding="utf-8")
    with pytest.raises(NotFoundError, match="There is no elsewhere"):
        read_boxes(folder)
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)
    with pytest.raises(MissingExtraError, match=r"sora-keras\[detect\]"):
        read_boxes(folder)


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ([{"path": "0.png", "label": "a"}], "hold the boxes"),
        ([{"path": "0.png", "xmin": 1, "ymin": 1, "xmax": 2, "ymax": 2}], "holds the classes"),
        ([{"path": "0.png", **SQUARE, "label": label} for label in ("a", "", None, " ")], "in these rows: 1, 2, 3"),
        ([{"path": "0.png", **SQUARE, "label": label} for label in (1, float("nan"), 2)], "in these rows: 1"),
        ([{"path": name, **SQUARE, "label": "a"} for name in ("0.png", " ")], "Row 1 of .* names no picture"),
        ([{"path": "0.png", "xmin": "wide", "ymin": 1, "xmax": 2, "ymax": 2, "label": "a"}], "must hold numbers"),
    ],
)
def test_broken_tables_are_refused(rows: list[dict[str, Any]], error: str, tmp_path: Path) -> None:
    write_pictures(tmp_path, scenes()[0])
    with pytest.raises(DataError, match=error):
        read_boxes(rows, images=tmp_path)


def test_what_holds_no_boxes_is_refused(tmp_path: Path) -> None:
    pictures, boxes = scenes()
    write_pictures(tmp_path / "bare", pictures)
    with pytest.raises(DataError, match="have no annotations"):
        read_boxes(tmp_path / "bare")
    assert len(read_boxes(tmp_path / "bare", boxes_required=False)) == 4
    with pytest.raises(NotFoundError, match="There is no"):
        read_boxes(tmp_path / "nowhere.json")
    with pytest.raises(DataError, match="4 pictures and 3 in y"):
        read_boxes(pictures, boxes[:3])
    with pytest.raises(ArgumentTypeError, match="boxes of each picture"):
        read_boxes(pictures, "boxes")
    for label in (None, float("nan"), "", "  "):
        with pytest.raises(DataError, match=r"Item 1 of y: Each box needs a label. Received: 1 empty, .* box 1"):
            read_boxes(pictures[:2], [([], []), ([[1, 2, 3, 4]] * 2, ["a", label])])
    with pytest.raises(DataError, match=r"Item 0 of y: .*labels of the boxes"):
        read_boxes(pictures[:1], [{"boxes": [[1, 2, 3, 4]]}])
    (tmp_path / "one.xml").write_text("<annotation/>", encoding="utf-8")
    with pytest.raises(DataError, match="Give the folder"):
        read_boxes(tmp_path / "one.xml")
    (tmp_path / "one.xml").write_text("<annotation", encoding="utf-8")
    with pytest.raises(DataError, match="no annotation of Pascal VOC"):
        read_boxes(tmp_path)
