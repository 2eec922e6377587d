"""This package's `TextClassifier`, with its defaults but for the encoder."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from harness import Part, measure

IMPORTS = ("tensorflow", "keras", "pyarrow", "sklearn.metrics", "sora_keras")
PACKAGES = ("tensorflow", "keras", "numpy")


class RecipeContender:
    """`TextClassifier(encoder=…)` on lists of strings."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.parameters = {"seed": options.seed, "verbose": False}
        if options.encoder:
            self.parameters["encoder"] = options.encoder
        self.settings = dict(self.parameters)

    def fit(self, train: Part, validation: Part | None) -> None:
        import sora_keras as sora

        held_out = (validation["text"], validation["label"]) if validation else None
        self.classifier = sora.TextClassifier(**self.parameters)
        self.classifier.fit(train["text"], train["label"], validation=held_out)
        self.settings["epochs_run"] = self.classifier.training_.epochs
        self.settings["seconds_per_epoch"] = self.classifier.training_.seconds_per_epoch

    def predict(self, texts: list[str]) -> Sequence[str]:
        return self.classifier.predict(texts)

    def answer(self, text: str) -> object:
        return self.classifier(text)

    def save(self, folder: Path) -> None:
        self.classifier.export(folder / "export")


if __name__ == "__main__":
    measure(RecipeContender, IMPORTS, PACKAGES, arguments=("encoder",))
