"""COCO's annotations are read where they say where something stands, and refused where they would be lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sora_keras.data import read_boxes
from sora_keras.errors import DataError
from tests.boxes import CLASSES, scenes, write_coco

RLE = {"size": [24, 40], "counts": [5, 3, 952]}


def outlined(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "image_id": 10, "category_id": 1, **more}


def written(folder: Path, *annotations: dict[str, Any]) -> Path:
    return write_coco(folder, *scenes(2), annotations=list(annotations))


def test_an_annotation_without_a_box_gets_that_around_its_polygons(tmp_path: Path) -> None:
    several = outlined(1, segmentation=[[3, 4, 9, 5, 6, 11], [20, 2, 25, 2, 25, 8, 20, 8]])
    flat = outlined(2, bbox=[], segmentation=[1, 1, 5, 1, 5, 7])
    boxed = outlined(3, bbox=[2, 2, 8, 8], segmentation=[[0, 0, 1, 0, 1, 1]])
    examples = read_boxes(written(tmp_path, several, flat, boxed))
    first, second = examples.column("boxes")
    assert first.corners.tolist() == [[3, 2, 25, 11], [1, 1, 5, 7], [2, 2, 10, 10]]
    assert first.labels.tolist() == [CLASSES[0]] * 3
    assert second.count == 0
    assert any(
        note.message == "2 annotations without a 'bbox', given the box around the polygons" for note in examples.notes
    )


def test_masks_without_a_box_are_refused(tmp_path: Path) -> None:
    boxed = outlined(1, bbox=[2, 2, 8, 8], segmentation=RLE)
    assert read_boxes(written(tmp_path / "boxed", boxed)).column("boxes")[0].count == 1
    path = written(tmp_path, boxed, outlined(7, segmentation=RLE), outlined(8, segmentation=RLE))
    with pytest.raises(DataError, match=r"2 annotations in .*scenes\.json with a mask \(RLE\) and no 'bbox'.*: 7, 8\."):
        read_boxes(path)


@pytest.mark.parametrize(
    "broken", [{"segmentation": [[1, 2, 3]]}, {"segmentation": [["a"] * 6]}, {"bbox": [1, 2, "wide", 4]}]
)
def test_a_broken_annotation_is_named_by_its_id(broken: dict[str, Any], tmp_path: Path) -> None:
    path = written(tmp_path, outlined(1, bbox=[2, 2, 8, 8]), outlined(42, **broken))
    with pytest.raises(DataError, match=r"The annotation with the id 42 in .*scenes\.json is broken"):
        read_boxes(path)


def test_an_annotation_of_nothing_is_left_out_and_its_picture_named(tmp_path: Path) -> None:
    examples = read_boxes(written(tmp_path, outlined(1, bbox=[2, 2, 8, 8]), outlined(2, segmentation=[])))
    assert examples.column("boxes")[0].count == 1
    (said,) = [note.message for note in examples.notes if note.kind == "missing"]
    assert said == "1 annotation without a 'bbox' or polygons, left out, in 0.png"
    with pytest.raises(DataError, match="Not one of the 1 annotations"):
        read_boxes(written(tmp_path, outlined(2)))


@pytest.mark.parametrize(
    ("categories", "error"),
    [
        ([{"id": 1, "name": "bar"}, {"id": 1, "name": "dot"}], "1 ids of 'categories' in .* come twice: 1"),
        ([{"name": "bar"}], "Each of 'categories' in .* needs an 'id'"),
        ([{"id": 1, "name": None}], "classes without a name: category_id 1"),
        ([{"id": 1, "name": " "}], "classes without a name: category_id 1"),
    ],
)
def test_classes_that_cannot_be_told_apart_are_refused(
    categories: list[dict[str, Any]], error: str, tmp_path: Path
) -> None:  # fmt: skip
    path = write_coco(tmp_path, *scenes(2), annotations=[outlined(1, bbox=[2, 2, 8, 8])], categories=categories)
    with pytest.raises(DataError, match=error):
        read_boxes(path)
