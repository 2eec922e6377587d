"""Popularity and EASE in NumPy.

EASE (Steck, 2019, "Embarrassingly Shallow Autoencoders for Sparse Data"): the closed-form model of items on items.
"""

import argparse
import pickle
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from harness import Part
from ranking import K, measure_ranking
from splits import Log, read_log

REGULARIZATION = 500.0  # usual for this model on MovieLens


class Popularity:
    """Recommends what most rows have."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.settings = {"regularization": REGULARIZATION} if options.model == "ease" else {}

    def fit(self, train: Part, validation: Part | None) -> None:
        self.log = read_log(train["file"])
        self.seen = matrix(self.log)
        self.learn()

    def learn(self) -> None:
        self.counts = self.seen.sum(axis=0)

    def scores(self, users: np.ndarray) -> np.ndarray:
        return np.tile(self.counts, (len(users), 1))

    def predict(self, users: list[str]) -> Sequence[Sequence[str]]:
        numbers = self.log.numbers(users)
        scores = np.where(self.seen[numbers] > 0, -np.inf, self.scores(numbers))
        return self.log.item_ids[np.argsort(-scores, axis=1, kind="stable")[:, :K]]

    def answer(self, user: str) -> object:
        return self.predict([user])[0]

    def save(self, folder: Path) -> None:
        (folder / "model.pickle").write_bytes(pickle.dumps((self.log, self.counts)))


class Ease(Popularity):
    """Scores a user's items through the weights between items."""

    def learn(self) -> None:
        gram = self.seen.T @ self.seen
        gram[np.diag_indices_from(gram)] += self.settings["regularization"]
        inverse = np.linalg.inv(gram)
        self.weights = -inverse / np.diag(inverse)
        np.fill_diagonal(self.weights, 0)

    def scores(self, users: np.ndarray) -> np.ndarray:
        return self.seen[users] @ self.weights

    def save(self, folder: Path) -> None:
        (folder / "model.pickle").write_bytes(pickle.dumps((self.log, self.weights)))


def matrix(log: Log) -> np.ndarray:
    """Returns which user (users, items) has which item."""
    dense = np.zeros(log.shape, np.float32)
    dense[log.users, log.items] = 1
    return dense


def make(options: argparse.Namespace) -> Popularity:
    """Returns the one that is asked for."""
    return {"popularity": Popularity, "ease": Ease}[options.model](options)


if __name__ == "__main__":
    measure_ranking(make, ("numpy",), ("numpy",), ("model",))
