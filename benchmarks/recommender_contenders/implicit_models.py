"""ALS (Hu, Koren & Volinsky, 2008) and BPR (Rendle et al., 2009) of the package implicit, on all cores."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from harness import Part
from ranking import K, measure_ranking
from splits import read_log

IMPORTS = ("scipy.sparse", "threadpoolctl", "implicit.als", "implicit.bpr")
# Settings tried on a validation cut of the training rows; what was chosen stands in `recommender.py`.
GRID = {
    "als": [
        {"factors": factors, "regularization": regularization}
        for factors in (16, 32, 64, 100)
        for regularization in (0.01, 1.0, 10.0, 30.0, 100.0)
    ],
    "bpr": [
        {"factors": factors, "regularization": regularization, "iterations": iterations}
        for factors in (32, 64, 100)
        for regularization in (0.01, 0.05)
        for iterations in (30, 100, 300)
    ],
}


class ImplicitModel:
    """A model of the package, with its own call for many users and for one."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.kind = options.model
        self.settings = {"random_state": options.seed, **json.loads(options.settings or "{}")}

    def fit(self, train: Part, validation: Part | None) -> None:
        from implicit.als import AlternatingLeastSquares
        from implicit.bpr import BayesianPersonalizedRanking
        from scipy.sparse import csr_matrix
        from threadpoolctl import threadpool_limits

        threadpool_limits(1, "blas")  # as the package asks: its own threads and those of BLAS disturb each other
        self.log = log = read_log(train["file"])
        self.seen = csr_matrix((np.ones(len(log.users), np.float32), (log.users, log.items)), log.shape)
        kinds = {"als": AlternatingLeastSquares, "bpr": BayesianPersonalizedRanking}
        self.model = kinds[self.kind](**self.settings)
        self.model.fit(self.seen, show_progress=False)

    def predict(self, users: list[str]) -> Sequence[Sequence[str]]:
        numbers = self.log.numbers(users)
        items, _ = self.model.recommend(numbers, self.seen[numbers], N=K)
        return self.log.item_ids[items]

    def answer(self, user: str) -> object:
        number = self.log.numbers([user])[0]
        items, _ = self.model.recommend(number, self.seen[number], N=K)
        return self.log.item_ids[items]

    def save(self, folder: Path) -> None:
        self.model.save(str(folder / "model.npz"))
        np.savez(folder / "log.npz", **vars(self.log))


if __name__ == "__main__":
    measure_ranking(ImplicitModel, IMPORTS, ("implicit", "scipy", "numpy"), ("model",))
