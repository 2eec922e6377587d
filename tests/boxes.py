"""Small annotated pictures, and their annotations in every format."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from sora_keras.data.boxes import Boxes, make_boxes
from sora_keras.encoders import Encoder, TrainingDefaults, register_encoder
from sora_keras.encoders.detecting import DetectorFacts, convolved
from sora_keras.layers.places import STRIDES
from tests.pictures import encoded

CLASSES = ("bar", "dot")
HEIGHT, WIDTH = 24, 40


def _tiny(pixels: Any, facts: DetectorFacts) -> list[Any]:
    """Three maps of few filters: built and traced in a fraction of the time that `compact` takes."""
    import keras

    hidden = keras.layers.AveragePooling2D(4)(keras.layers.Rescaling(1 / 255)(pixels))
    maps = []
    for _ in STRIDES:
        hidden = convolved(hidden, 16, 3, 2)
        maps.append(hidden)
    return maps


_LEARNS = TrainingDefaults(3e-2, 16, 20, 20, schedule="cosine", weight_decay=0.05, optimizer="muon")
TINY = register_encoder(Encoder("tiny", "detection", "pixels", _tiny, _LEARNS)).name


def scenes(count: int = 4, seed: int = 0) -> tuple[list[np.ndarray], list[Boxes]]:
    """Pictures (24, 40, 3) uint8 with one or two bright shapes each; the last has none."""
    random = np.random.default_rng(seed)
    pictures, boxes = [], []
    for place in range(count):
        pixels = random.integers(0, 60, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        corners, labels = [], []
        for side in range(0 if place == count - 1 else 1 + place % 2):
            tall, wide = (4, 10) if side else (8, 8)
            top, left = int(random.integers(0, HEIGHT - tall)), int(random.integers(20 * side, 20 * side + 20 - wide))
            pixels[top : top + tall, left : left + wide] = 230
            corners.append([left, top, left + wide, top + tall])
            labels.append(CLASSES[0] if side else CLASSES[1])
        pictures.append(pixels)
        boxes.append(make_boxes(corners, labels))
    return pictures, boxes


def annotated_scenes(count: int = 12, seed: int = 0) -> tuple[list[np.ndarray], list[dict[str, Any]]]:
    """The same as a detector takes them: pictures, and a dictionary for each."""
    pictures, boxes = scenes(count, seed)
    return pictures, [{"boxes": one.corners, "labels": one.labels} for one in boxes]


def write_pictures(folder: Path, pictures: list[np.ndarray]) -> list[str]:
    """The pictures as PNG; their names."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, pixels in enumerate(pictures):
        (folder / f"{place}.png").write_bytes(encoded(pixels))
    return [f"{place}.png" for place in range(len(pictures))]


def write_coco(folder: Path, pictures: list[np.ndarray], boxes: list[Boxes], **changed: Any) -> Path:
    """A COCO file beside its pictures; `changed` replaces parts of it."""
    names = write_pictures(folder, pictures)
    images = [{"id": 10 + n, "file_name": name, "height": HEIGHT, "width": WIDTH} for n, name in enumerate(names)]
    annotations: list[dict[str, Any]] = []
    for number, some in enumerate(boxes):
        for (left, top, right, bottom), label in zip(some.corners.tolist(), some.labels, strict=True):
            annotations.append({
                "id": len(annotations), "image_id": 10 + number, "category_id": 1 + CLASSES.index(label),
                "bbox": [left, top, right - left, bottom - top], "iscrowd": 0,
            })  # fmt: skip
    categories = [{"id": 1 + place, "name": name} for place, name in enumerate(CLASSES)]
    content = {"images": images, "annotations": annotations, "categories": categories, **changed}
    path = folder / "scenes.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def write_voc(folder: Path, pictures: list[np.ndarray], boxes: list[Boxes]) -> Path:
    """Pascal VOC's folders."""
    names = write_pictures(folder / "JPEGImages", pictures)
    (folder / "Annotations").mkdir()
    for name, some in zip(names, boxes, strict=True):
        things = "".join(
            f"<object><name>{label}</name><bndbox><xmin>{left}</xmin><ymin>{top}</ymin><xmax>{right}</xmax>"
            f"<ymax>{bottom}</ymax></bndbox></object>"
            for (left, top, right, bottom), label in zip(some.corners.tolist(), some.labels, strict=True)
        )
        size = f"<size><width>{WIDTH}</width><height>{HEIGHT}</height><depth>3</depth></size>"
        content = f"<annotation><filename>{name}</filename>{size}{things}</annotation>"
        (folder / "Annotations" / name).with_suffix(".xml").write_text(content, encoding="utf-8")
    return folder


def write_yolo(folder: Path, pictures: list[np.ndarray], boxes: list[Boxes], scale: bool = True) -> Path:
    """YOLO's folders; without `scale` in pixels, which is wrong."""
    names = write_pictures(folder / "images" / "train", pictures)
    (folder / "labels" / "train").mkdir(parents=True)
    sides = np.array([WIDTH, HEIGHT] * 2) if scale else np.ones(4)
    for name, some in zip(names, boxes, strict=True):
        if not some.count:
            continue
        middle, extent = (some.corners[:, :2] + some.corners[:, 2:]) / 2, some.corners[:, 2:] - some.corners[:, :2]
        rows = np.concatenate([middle, extent], axis=1) / sides
        lines = [
            " ".join([str(CLASSES.index(label)), *(f"{value:.8f}" for value in row)])
            for label, row in zip(some.labels, rows, strict=True)
        ]
        (folder / "labels" / "train" / name).with_suffix(".txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    listed = "\n".join(f"  {place}: {name}" for place, name in enumerate(CLASSES))
    (folder / "data.yaml").write_text(f"train: images/train\nnames:\n{listed}\n", encoding="utf-8")
    return folder


def rows_of(names: list[str], boxes: list[Boxes]) -> list[dict[str, Any]]:
    """A row for each box, and one for a picture of nothing."""
    rows: list[dict[str, Any]] = []
    for name, some in zip(names, boxes, strict=True):
        for (left, top, right, bottom), label in zip(some.corners.tolist(), some.labels, strict=True):
            rows.append({"path": name, "xmin": left, "ymin": top, "xmax": right, "ymax": bottom, "label": label})
        if not some.count:
            rows.append({"path": name, "xmin": None, "ymin": None, "xmax": None, "ymax": None, "label": None})
    return rows


def write_table(folder: Path, pictures: list[np.ndarray], boxes: list[Boxes]) -> Path:
    """A CSV beside its pictures."""
    rows = rows_of(write_pictures(folder, pictures), boxes)
    with (folder / "boxes.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder / "boxes.csv"
