"""Peak memory of training on a CSV ten times as large ÷ on the CSV itself, memory="64MB".

The large file holds every review ten times; in copy N its first word is replaced by `copyN`, so
that no two rows are equal. Each training is one epoch of the default recipe in a process of its
own. Most of the peak is TensorFlow itself, so what training adds to it is reported as well.
"""

import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from figure import figure_options, first_fold, print_figures
from measures import peak_memory_mb

BUDGET = "64MB"
COPIES = 10


def main() -> None:
    """Writes both files and trains on each; or, as the child, trains on one."""
    options = figure_options("csv")
    if options.csv:
        train(Path(options.csv), options.seed)
        return
    fold = first_fold(options)
    small = large = None
    with tempfile.TemporaryDirectory() as folder:
        for copies in (1, COPIES):
            file = Path(folder, f"reviews-{copies}.csv")
            write(file, fold, copies)
            small, large = large, run_child(file, options.seed)
    print_figures(
        budget=BUDGET,
        copies=COPIES,
        small=small,
        large=large,
        ratio=large["peak_mb"] / small["peak_mb"],
        ratio_above_imports=(large["peak_mb"] - large["imports_mb"]) / (small["peak_mb"] - small["imports_mb"]),
    )


def write(file: Path, fold: dict, copies: int) -> None:
    """Writes every row of the fold `copies` times."""
    rows = [row for part in fold.values() for row in zip(part["text"], part["label"], strict=True)]
    with file.open("w", newline="", encoding="utf-8") as output:
        writer = csv.writer(output)
        writer.writerow(("text", "label"))
        writer.writerows(rows)
        for copy in range(1, copies):
            writer.writerows((changed(text, copy), label) for text, label in rows)


def changed(text: str, copy: int) -> str:
    """Returns the text with its first word replaced."""
    return f"copy{copy} {text.partition(' ')[2]}"


def run_child(file: Path, seed: int) -> dict[str, float]:
    """Trains on `file` in a fresh process and returns what it prints."""
    command = [sys.executable, __file__, "--csv", str(file), "--seed", str(seed)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def train(file: Path, seed: int) -> None:
    """Trains for one epoch and prints the peak memory before and after."""
    import keras  # noqa: F401
    import pyarrow.csv  # noqa: F401
    import sklearn.model_selection  # noqa: F401
    import tensorflow  # noqa: F401

    import sora_keras as sora

    imports = peak_memory_mb()
    classifier = sora.TextClassifier(epochs=1, memory=BUDGET, seed=seed, verbose=False)
    classifier.fit(file, y="label")
    print_figures(
        imports_mb=imports,
        peak_mb=peak_memory_mb(),
        file_mb=file.stat().st_size / 2**20,
        rows=sum(classifier.fitted.rows),
        seconds=classifier.training_.seconds,
    )


if __name__ == "__main__":
    main()
