"""fastText's supervised classifier.

`dim=10` as Joulin et al. (2017) use for sentiment; `lr=1.0`, `epoch=25` and `wordNgrams=2` as
fastText's own tutorial ends with for a small data set. Its text clean-up is that tutorial's.
"""

import argparse
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from harness import Part, measure

PREFIX = "__label__"


class FastText:
    """Reads training rows from a file, as the library wants; writing it is timed too."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.settings = {
            "dim": 10,
            "lr": 1.0,
            "epoch": 25,
            "wordNgrams": 2,
            "thread": os.cpu_count(),
        }

    def fit(self, train: Part, validation: Part | None) -> None:
        import fasttext

        rows = zip(train["label"], train["text"], strict=True)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "train.txt")
            lines = [f"{PREFIX}{label} {clean(text)}\n" for label, text in rows]
            file.write_text("".join(lines), encoding="utf-8")
            self.model = fasttext.train_supervised(str(file), verbose=0, **self.settings)

    def predict(self, texts: list[str]) -> Sequence[str]:
        labels, _ = self.model.predict([clean(text) for text in texts])
        return [label[0].removeprefix(PREFIX) for label in labels]

    def answer(self, text: str) -> object:
        return self.model.predict(clean(text))[0][0]

    def save(self, folder: Path) -> None:
        self.model.save_model(str(folder / "model.bin"))


def clean(text: str) -> str:
    """Returns one lower-case line with its punctuation set apart."""
    return " ".join(re.sub(r"([^\w\s])", r" \1 ", text.lower()).split())


if __name__ == "__main__":
    measure(FastText, ("fasttext",), ("fasttext-numpy2", "numpy"))
