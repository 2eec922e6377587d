"""This package's `Recommender`, with its defaults but for the encoder and the protocol that it chooses by."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness import Part
from ranking import K, measure_ranking

IMPORTS = ("tensorflow", "keras", "sora_keras")
PACKAGES = ("tensorflow", "keras", "numpy")


class RecipeContender:
    """`Recommender(encoder=…)` on the file."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.settings: dict[str, Any] = {
            "encoder": options.encoder or "auto",
            "protocol": json.loads(options.data.read_text(encoding="utf-8"))["protocol"],
            "seed": options.seed,
            "verbose": False,
        }

    def fit(self, train: Part, validation: Part | None) -> None:
        import sora_keras as sora

        self.recommender = sora.Recommender(**self.settings).fit(train["file"])
        self.settings |= facts(self.recommender)

    def predict(self, users: list[str]) -> Sequence[Sequence[str]]:
        return self.recommender.recommend_many(users, k=K)

    def answer(self, user: str) -> object:
        return self.recommender.recommend(user, k=K)

    def save(self, folder: Path) -> None:
        self.recommender.export(folder / "export")


def facts(recommender: Any) -> dict[str, Any]:
    """Returns what the recipe decided and did."""
    fitted = recommender.fitted
    return {
        "encoder_used": fitted.encoder,
        "validation_ndcg": fitted.compared,
        "linear": fitted.linear,
        "epochs_run": fitted.training.epochs,
        "seconds_per_epoch": fitted.training.seconds_per_epoch,
        "refitted": fitted.training.refitted,
    }


if __name__ == "__main__":
    measure_ranking(RecipeContender, IMPORTS, PACKAGES, ("encoder",))
