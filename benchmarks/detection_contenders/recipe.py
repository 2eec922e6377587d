"""This package's `ObjectDetector`, with its defaults but for the time it is given."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from coco_scores import Found
from detecting import THRESHOLD, limit_of, measure_detection
from harness import Part

IMPORTS = ("tensorflow", "keras", "PIL.Image", "sora_keras")
PACKAGES = ("tensorflow", "keras", "numpy", "pillow", "pycocotools")


class RecipeContender:
    """`ObjectDetector(time_limit=…)` on the COCO file."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.settings: dict[str, Any] = {"time_limit": limit_of(options), "seed": options.seed, "verbose": True}

    def fit(self, train: Part, validation: Part | None) -> None:
        import sora_keras as sora

        self.detector = sora.ObjectDetector(**self.settings).fit(train["file"])
        self.detector.use(verbose=False)
        fitted, record = self.detector.fitted, self.detector.training_
        self.settings |= {
            "encoder_used": fitted.encoder,
            "side": self.detector.model.input.shape[1],
            "parameters": self.detector.model.count_params(),
            "epochs_run": record.epochs,
            "seconds_per_epoch": record.seconds_per_epoch,
            "pictures_trained": record.epochs * fitted.rows[0],
        }

    def predict(self, pictures: np.ndarray) -> Sequence[Found]:
        found = self.detector.predict(pictures, threshold=THRESHOLD)
        return [(one.corners, one.scores, one.labels) for one in found]

    def answer(self, picture: np.ndarray) -> object:
        return self.detector(picture)

    def save(self, folder: Path) -> None:
        self.detector.export(folder / "export")


if __name__ == "__main__":
    measure_detection(RecipeContender, IMPORTS, PACKAGES)
