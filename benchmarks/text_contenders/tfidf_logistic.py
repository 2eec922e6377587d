"""TF-IDF of n-grams and logistic regression, in scikit-learn."""

import argparse
import pickle
from collections.abc import Sequence
from pathlib import Path

from harness import Part, measure

WORDS = {"analyzer": "word", "ngram_range": (1, 2), "sublinear_tf": True, "min_df": 2}
CHARACTERS = {"analyzer": "char", "ngram_range": (1, 3), "sublinear_tf": True, "min_df": 1}
REGRESSION = {"C": 10, "max_iter": 200}


class TfidfLogistic:
    """Words in English; characters in Chinese, which puts no space between words."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.features = CHARACTERS if options.analyzer == "char" else WORDS
        self.settings = self.features | REGRESSION

    def fit(self, train: Part, validation: Part | None) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline

        self.pipeline = make_pipeline(TfidfVectorizer(**self.features), LogisticRegression(**REGRESSION))
        self.pipeline.fit(train["text"], train["label"])

    def predict(self, texts: list[str]) -> Sequence[str]:
        return self.pipeline.predict(texts)

    def answer(self, text: str) -> object:
        return self.pipeline.predict([text])[0]

    def save(self, folder: Path) -> None:
        (folder / "pipeline.pickle").write_bytes(pickle.dumps(self.pipeline))


if __name__ == "__main__":
    measure(
        TfidfLogistic,
        ("sklearn.feature_extraction.text", "sklearn.linear_model", "sklearn.pipeline"),
        ("scikit-learn", "scipy", "numpy"),
        arguments=("analyzer",),
    )
