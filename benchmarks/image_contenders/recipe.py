"""This package's `ImageClassifier`, with its defaults but for the time it is given."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from harness import Part, measure
from reading import read_fashion

IMPORTS = ("tensorflow", "keras", "sklearn.metrics", "PIL.Image", "sora_keras")
PACKAGES = ("tensorflow", "keras", "numpy", "pillow")


class RecipeContender:
    """`ImageClassifier(time_limit=…)` on arrays."""

    def __init__(self, options: argparse.Namespace) -> None:
        limit = 8.0 if options.quick else float(options.limit)
        self.settings = {"seed": options.seed, "verbose": True, "time_limit": limit}

    def fit(self, train: Part, validation: Part | None) -> None:
        import sora_keras as sora

        self.classifier = sora.ImageClassifier(**self.settings).fit(train["picture"], train["label"])
        self.classifier.use(verbose=False)
        record = self.classifier.training_
        self.settings |= {
            "encoder_used": self.classifier.fitted.encoder,
            "parameters": self.classifier.model.count_params(),
            "epochs_run": record.epochs,
            "seconds_per_epoch": record.seconds_per_epoch,
        }

    def predict(self, pictures: np.ndarray) -> Sequence[str]:
        return self.classifier.predict(pictures)

    def answer(self, picture: np.ndarray) -> object:
        return self.classifier(picture)

    def save(self, folder: Path) -> None:
        self.classifier.export(folder / "export")


if __name__ == "__main__":
    measure(RecipeContender, IMPORTS, PACKAGES, arguments=("limit",), read=read_fashion)
