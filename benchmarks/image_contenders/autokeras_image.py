"""AutoKeras's `ImageClassifier`, one trial."""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from harness import Part, measure
from reading import read_fashion


class AutoKerasImage:
    """The public interface, and nothing mended behind its back."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.seed = options.seed
        self.settings = {"max_trials": 1, "epochs": 1 if options.quick else 15}

    def fit(self, train: Part, validation: Part | None) -> None:
        import autokeras

        self.folder = tempfile.TemporaryDirectory()
        self.classifier = autokeras.ImageClassifier(
            max_trials=1, seed=self.seed, directory=self.folder.name, overwrite=True
        )
        labels = np.array(train["label"])
        self.classifier.fit(train["picture"][..., None], labels, epochs=self.settings["epochs"], verbose=2)

    def predict(self, pictures: np.ndarray) -> Sequence[str]:
        return self.classifier.predict(pictures[..., None], verbose=0)[:, 0]

    def answer(self, picture: np.ndarray) -> object:
        return self.predict(picture[None])[0]

    def save(self, folder: Path) -> None:
        self.classifier.export_model().save(folder / "model.keras")


if __name__ == "__main__":
    measure(
        AutoKerasImage, ("tensorflow", "keras", "autokeras"),
        ("autokeras", "keras-tuner", "keras", "tensorflow", "numpy"), read=read_fashion,
    )  # fmt: skip
