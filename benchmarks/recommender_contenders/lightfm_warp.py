"""WARP of LightFM (Weston et al., 2011; Kula, 2015), on all cores.

The package is `rectools-lightfm`, a fork of the same code: `lightfm` 1.17 cannot be built by today's pip.
"""

import argparse
import json
import os
import pickle
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from harness import Part
from ranking import K, measure_ranking
from splits import read_log

IMPORTS = ("scipy.sparse", "lightfm")
# Settings tried on a validation cut of the training rows; what was chosen stands in `recommender.py`.
GRID = [
    {"no_components": components, "learning_rate": rate, "item_alpha": alpha, "user_alpha": alpha, "epochs": epochs}
    for components in (30, 64)
    for rate in (0.02, 0.05)
    for alpha in (0.0, 1e-5)
    for epochs in (30, 100)
]


class LightFmWarp:
    """Factors and biases of users and items; no features."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.settings = {
            "loss": "warp",
            "epochs": 30,
            "random_state": options.seed,
            **json.loads(options.settings or "{}"),
        }
        self.threads = os.cpu_count() or 1

    def fit(self, train: Part, validation: Part | None) -> None:
        from lightfm import LightFM
        from scipy.sparse import coo_matrix, csr_matrix

        self.log = log = read_log(train["file"])
        rows = coo_matrix((np.ones(len(log.users), np.float32), (log.users, log.items)), log.shape)
        self.seen = csr_matrix(rows)
        settings = dict(self.settings)
        epochs = settings.pop("epochs")
        self.model = LightFM(**settings).fit(rows, epochs=epochs, num_threads=self.threads)

    def predict(self, users: list[str]) -> Sequence[Sequence[str]]:
        numbers, (_, items) = self.log.numbers(users), self.log.shape
        scores = self.model.predict(
            np.repeat(numbers, items), np.tile(np.arange(items), len(numbers)), num_threads=self.threads
        ).reshape(-1, items)
        scores[self.seen[numbers].toarray() > 0] = -np.inf
        return self.log.item_ids[np.argsort(-scores, axis=1)[:, :K]]

    def answer(self, user: str) -> object:
        return self.predict([user])[0]

    def save(self, folder: Path) -> None:
        (folder / "model.pickle").write_bytes(pickle.dumps((self.model, self.log)))


if __name__ == "__main__":
    measure_ranking(LightFmWarp, IMPORTS, ("rectools-lightfm", "scipy", "numpy"))
