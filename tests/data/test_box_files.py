"""Which files a part of Pascal VOC and YOLO is made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from sora_keras.data import read_boxes
from sora_keras.data.box_reading import has_part
from sora_keras.errors import DataError, NotFoundError
from tests.boxes import CLASSES, scenes, write_voc, write_yolo


def listed(folder: Path, **parts: str) -> Path:
    """Pascal VOC's folders with lists of the parts."""
    write_voc(folder, *scenes())
    (folder / "ImageSets" / "Main").mkdir(parents=True)
    for part, names in parts.items():
        (folder / "ImageSets" / "Main" / f"{part}.txt").write_text("\n".join(names), encoding="utf-8")
    return folder


def names_of(data: Path, part: str) -> list[str]:
    return [Path(one.path).stem for one in read_boxes(data, part=part).column("image")]


def test_the_validation_of_pascal_voc_stands_in_for_a_test(tmp_path: Path) -> None:
    folder = listed(tmp_path / "two", train="01", val="2")
    assert [names_of(folder, part) for part in ("train", "val", "test")] == [["0", "1"], ["2"], ["2"]]
    assert [has_part(folder, part) for part in ("val", "test")] == [True, False]
    folder = listed(tmp_path / "three", train="0", val="1", test="2")
    assert names_of(folder, "test") == ["2"]
    assert has_part(folder, "test")


def test_a_part_that_pascal_voc_does_not_list_is_refused(tmp_path: Path) -> None:
    folder = listed(tmp_path, trainval="01")
    assert names_of(folder, "train") == ["0", "1"]
    for part in ("val", "test"):
        assert not has_part(folder, part)
        with pytest.raises(DataError, match=rf"Main lists no part '{part}', but trainval\. Add a file {part}\.txt"):
            read_boxes(folder, part=part)


def test_pascal_voc_without_lists_is_read_whole(tmp_path: Path) -> None:
    folder = write_voc(tmp_path, *scenes())
    assert names_of(folder, "test") == ["0", "1", "2", "3"]
    assert not has_part(folder, "test")


def test_a_class_without_a_name_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    folder = write_voc(tmp_path / "voc", *scenes())
    file = folder / "Annotations" / "0.xml"
    file.write_text(file.read_text(encoding="utf-8").replace("<name>dot<", "<name> <"), encoding="utf-8")
    with pytest.raises(DataError, match=r"0\.xml has a box without a <name>"):
        read_boxes(folder)
    folder = write_yolo(tmp_path / "yolo", *scenes())
    (folder / "data.yaml").write_text("train: images/train\nnames: [bar, null]\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"Line 1 of .*0\.txt has class 1, for which 'names' has no name"):
        read_boxes(folder)


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("lists/train.txt", "./0.png"),
        ("lists/train.txt", "0.png"),
        ("lists/train.txt", "images/train/0.png"),
        ("train.txt", "./images/train/0.png"),
        ("train.txt", "images/train/0.png"),
        ("train.txt", "{whole}/images/train/0.png"),
    ],
)
def test_a_list_of_yolo_is_read_as_ultralytics_reads_it(place: str, line: str, tmp_path: Path) -> None:
    """Beside the list; in the dataset's root, which is another folder than that of `data.yaml`."""
    pytest.importorskip("yaml")
    root = write_yolo(tmp_path / "data", *scenes())
    (tmp_path / "config").mkdir()
    (root / "lists").mkdir()
    if "/" not in line.removeprefix("./"):
        (root / "images" / "train" / "0.png").rename(root / "lists" / "0.png")
        (root / "labels" / "train" / "0.txt").rename(root / "lists" / "0.txt")
    (root / place).write_text(line.format(whole=root) + "\n\n", encoding="utf-8")
    config = tmp_path / "config" / "data.yaml"
    names = ", ".join(CLASSES)
    config.write_text(f"path: ../data\ntrain: {place}\nnames: [{names}]\n", encoding="utf-8")
    examples = read_boxes(config)
    assert len(examples) == 1
    assert examples.column("boxes")[0].labels.tolist() == ["dot"]


def test_a_line_that_begins_with_a_dot_lies_beside_the_list_alone(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    root = write_yolo(tmp_path, *scenes())
    (root / "lists").mkdir()
    (root / "lists" / "train.txt").write_text("./images/train/0.png\n", encoding="utf-8")
    (root / "data.yaml").write_text(f"train: lists/train.txt\nnames: [{', '.join(CLASSES)}]\n", encoding="utf-8")
    with pytest.raises(NotFoundError, match=r"1 of 1 pictures of .* are missing: .*lists/images/train/0\.png"):
        read_boxes(root)
