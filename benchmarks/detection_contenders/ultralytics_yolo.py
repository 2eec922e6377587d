"""The smallest of Ultralytics' current YOLO, from scratch, for as long as it is given.

`yolo26n.yaml` names the network, so that no weights are read; the environment forbids it the network altogether. Its
own augmentation, loss and optimizer; it answers without non-maximum suppression. What it sets by passes is shortened,
since some ten fit into ten minutes here: one to warm up and two without mosaic instead of three and ten. By default it
leaves one core idle; it gets all.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from coco_scores import Found
from detecting import THRESHOLD, class_names, limit_of, measure_detection, picture_paths, read_boxes
from harness import Part

IMPORTS = ("torch", "ultralytics")
PACKAGES = ("ultralytics", "torch", "numpy", "pycocotools")
NETWORK, SIDE, BATCH = "yolo26n.yaml", 128, 64
HELD_OUT = 0.05  # of the training pictures, the last: it wants some to score its weights on
os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count()))
os.environ["YOLO_OFFLINE"] = "true"
os.environ["YOLO_CONFIG_DIR"] = tempfile.mkdtemp()
# Settings tried on a validation cut of the training pictures; what was chosen stands in `detection.py`.
GRID = [
    {"optimizer": "AdamW", "lr0": rate, "batch": batch, "nbs": batch}
    for batch in (16, 32)
    for rate in (1e-3, 2e-3, 4e-3)
]


class UltralyticsYolo:
    """Trains until the time is over, and takes what its trainer keeps."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.settings: dict[str, Any] = {
            "limit": limit_of(options),
            "network": NETWORK,
            "warmup_epochs": 1,
            "close_mosaic": 2,
            "seed": options.seed,
            **json.loads(options.settings or "{}"),
        }

    def fit(self, train: Part, validation: Part | None) -> None:
        from ultralytics import YOLO
        from ultralytics.utils import torch_utils

        torch_utils.NUM_THREADS = os.cpu_count()  # it leaves one core idle, and sets PyTorch so for all that it does
        began, told = time.perf_counter(), dict(self.settings)
        limit, self.classes = told.pop("limit"), class_names(train["file"])
        self.model = YOLO(told.pop("network"), task="detect")
        counted = count_and_stop(self.model, began, limit)
        with tempfile.TemporaryDirectory() as folder:
            data = write_yolo(train["file"], Path(folder), self.classes)
            self.model.train(
                data=str(data), time=limit / 3600, imgsz=SIDE, pretrained=False, device="cpu", cache="ram", plots=False,
                val=False, verbose=False, project=folder, name="run", **told,
            )  # fmt: skip
        self.settings |= {
            "parameters": sum(weights.numel() for weights in self.model.model.parameters()),
            "pictures_trained": counted["pictures"],
            "epochs_run": counted["pictures"] / trained_on(len(picture_paths(train["file"]))),
        }

    def predict(self, pictures: np.ndarray) -> Sequence[Found]:
        names, found = np.array(self.classes, object), []
        for begin in range(0, len(pictures), BATCH):  # it takes all that it is given at once
            some = coloured(pictures[begin : begin + BATCH])
            for one in self.model.predict(some, imgsz=SIDE, conf=THRESHOLD, device="cpu", verbose=False):
                boxes = one.boxes.numpy()
                found.append((boxes.xyxy, boxes.conf, names[boxes.cls.astype(int)]))
        return found

    def answer(self, picture: np.ndarray) -> object:
        return self.model.predict(coloured(picture[None]), imgsz=SIDE, device="cpu", verbose=False)

    def save(self, folder: Path) -> None:
        self.model.save(folder / "model.pt")


def count_and_stop(model: Any, began: float, limit: float) -> dict[str, int]:
    """Returns where the pictures that are trained on are counted; what was spent before training is taken off."""
    counted = {"pictures": 0}

    def start(trainer: Any) -> None:
        trainer.args.time = max(limit - (time.perf_counter() - began), 1.0) / 3600

    def count(trainer: Any) -> None:
        counted["pictures"] += trainer.batch_size

    model.add_callback("on_train_start", start)
    model.add_callback("on_train_batch_start", count)
    return counted


def write_yolo(file: Path, folder: Path, classes: list[str]) -> Path:
    """Returns a data file with the pictures and boxes of a COCO file; the pictures are links."""
    paths, boxes = picture_paths(file), read_boxes(file)
    for number, (path, (corners, kinds)) in enumerate(zip(paths, boxes, strict=True)):
        part = "train" if number < trained_on(len(paths)) else "val"
        for kind in ("images", "labels"):
            (folder / kind / part).mkdir(parents=True, exist_ok=True)
        (folder / "images" / part / path.name).symlink_to(path)
        middle, extent = (corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]
        rows = np.concatenate([middle, extent], axis=1) / SIDE
        lines = [" ".join(map(str, (kind, *row))) for kind, row in zip(kinds.tolist(), rows.tolist(), strict=True)]
        (folder / "labels" / part / f"{path.stem}.txt").write_text("\n".join(lines), encoding="utf-8")
    content = {"path": str(folder), "train": "images/train", "val": "images/val", "names": dict(enumerate(classes))}
    data = folder / "data.yaml"
    data.write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML
    return data


def trained_on(pictures: int) -> int:
    """Returns how many of so many pictures are trained on."""
    return pictures - round(HELD_OUT * pictures)


def coloured(pictures: np.ndarray) -> list[np.ndarray]:
    """Returns grey pictures (rows, height, width) as it takes them, with three channels each."""
    return list(np.repeat(pictures[..., None], 3, axis=-1))


if __name__ == "__main__":
    measure_detection(UltralyticsYolo, IMPORTS, PACKAGES)
