"""How every detector is measured: trained from the same files, and asked for the boxes of the same test pictures."""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from coco_scores import coco_scores
from harness import Contender, clock, measure

THRESHOLD = 0.001  # the lowest score that counts for mAP, as is usual
QUICK_LIMIT = 8.0


def measure_detection(
    make: Callable[[argparse.Namespace], Contender], imports: Sequence[str], packages: Sequence[str]
) -> None:
    """Imports, trains, scores and times a detector, and prints the figures; see `harness.measure`.

    `fit` gets the COCO file of the training pictures as `train["file"]`, and leaves in `settings["pictures_trained"]`
    how many pictures it trained on, one seen twice counted twice; `predict` returns a `coco_scores.Found` for each
    picture (height, width) uint8, with scores down to `THRESHOLD`; `answer` answers one.
    """
    measure(make, imports, packages, ("limit", "settings"), read=read_scenes, train_and_score=train_and_find)


def read_scenes(path: Path) -> list[dict[str, Any]]:
    """Returns the one fold that `make_data.py` wrote: the training file, and the test file with its pictures."""
    files = {part: Path(file) for part, file in json.loads(path.read_text(encoding="utf-8")).items()}
    test = {"file": files["test"], "picture": read_pictures(files["test"])}
    return [{"train": {"file": files["train"]}, "validation": None, "test": test}]


def read_pictures(file: Path) -> np.ndarray:
    """Returns the pictures (rows, height, width) uint8 of a COCO file of grey scenes."""
    from PIL import Image

    return np.stack([np.asarray(Image.open(path)) for path in picture_paths(file)])


def picture_paths(file: Path) -> list[Path]:
    """Returns where the pictures of a COCO file lie."""
    return [file.parent / image["file_name"] for image in json.loads(file.read_text(encoding="utf-8"))["images"]]


def class_names(file: Path) -> list[str]:
    """Returns the classes of a COCO file, in its order."""
    return [one["name"] for one in json.loads(file.read_text(encoding="utf-8"))["categories"]]


def read_boxes(file: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Returns for each picture of a COCO file corners (boxes, 4) float32 in pixels, and classes (boxes,) from 0."""
    content = json.loads(file.read_text(encoding="utf-8"))
    numbers = {one["id"]: number for number, one in enumerate(content["categories"])}
    held: dict[int, list] = {image["id"]: [] for image in content["images"]}
    for one in content["annotations"]:
        held[one["image_id"]].append((*one["bbox"], numbers[one["category_id"]]))
    boxes = []
    for rows in held.values():
        table = np.array(rows, np.float32).reshape(-1, 5)
        corners = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:4]], axis=1)
        boxes.append((corners, table[:, 4].astype(np.int32)))
    return boxes


def train_and_find(contender: Contender, folds: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns time and scores of the one fold."""
    (fold,) = folds
    before = clock()
    contender.fit(fold["train"], None)
    after = clock()
    seconds = after[0] - before[0]
    test = fold["test"]
    return {
        **coco_scores(test["file"], contender.predict(test["picture"])),
        "train_seconds": seconds,
        "train_cpu_seconds": after[1] - before[1],
        "train_pictures_per_second": contender.settings["pictures_trained"] / seconds,
        "folds": 1,
    }


def limit_of(options: argparse.Namespace) -> float:
    """Returns the seconds that training may take."""
    return QUICK_LIMIT if options.quick else float(options.limit)
