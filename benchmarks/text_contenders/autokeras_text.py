"""AutoKeras's `TextClassifier`, held to a few trials of its search.

AutoKeras keeps its tokenizer apart from the Keras model that it exports, so its own `predict`
answers here, and what is saved is both files.
"""

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from harness import Part, measure

SEARCH = {"max_trials": 3, "epochs": 15}


class AutoKerasText:
    """The public interface, and nothing mended behind its back."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.seed = options.seed
        self.settings = SEARCH | {"batch_size": 32}

    def fit(self, train: Part, validation: Part | None) -> None:
        import autokeras

        self.folder = tempfile.TemporaryDirectory()
        self.classifier = autokeras.TextClassifier(
            max_trials=SEARCH["max_trials"],
            seed=self.seed,
            directory=self.folder.name,
            overwrite=True,
        )
        held_out = self._arrays(validation) if validation else None
        self.classifier.fit(*self._arrays(train), validation_data=held_out, epochs=SEARCH["epochs"], verbose=2)

    def predict(self, texts: list[str]) -> Sequence[str]:
        return self.classifier.predict(np.array(texts), verbose=0)[:, 0]

    def answer(self, text: str) -> object:
        return self.predict([text])[0]

    def save(self, folder: Path) -> None:
        self.classifier.export_model().save(folder / "model.keras")
        pipeline = next(Path(self.folder.name).rglob("best_pipeline"))
        shutil.copy(pipeline, folder)

    @staticmethod
    def _arrays(part: Part) -> tuple[np.ndarray, np.ndarray]:
        return np.array(part["text"]), np.array(part["label"])


if __name__ == "__main__":
    measure(
        AutoKerasText,
        ("tensorflow", "keras", "autokeras"),
        ("autokeras", "keras-tuner", "keras", "tensorflow", "numpy"),
    )
