"""How every recommender is scored: ten items a user, among all items but those of the user's training rows.

Plain NumPy. Users without test rows are left out; an item that no training row has cannot be found, and counts.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness import Contender, Part, clock, measure

K, RESAMPLES = 10, 1_000


def measure_ranking(
    make: Callable[[argparse.Namespace], Contender],
    imports: Sequence[str],
    packages: Sequence[str],
    arguments: Sequence[str] = (),
) -> None:
    """Imports, trains, scores and times a recommender, and prints the figures; see `harness.measure`.

    `fit` gets the training file as `train["file"]`; `predict` returns ten ids for each of many users, `answer` those
    of one.
    """
    measure(make, imports, packages, ("settings", *arguments), read=read_split, train_and_score=train_and_rank)


def read_split(path: Path) -> list[dict[str, Any]]:
    """Returns the one fold that `make_data.py` wrote."""
    files = json.loads(path.read_text(encoding="utf-8"))
    test = json.loads(Path(files["test"]).read_text(encoding="utf-8"))
    return [{"train": {"file": Path(files["train"])}, "validation": None, "test": test}]


def train_and_rank(contender: Contender, folds: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns time and scores of the one fold."""
    (fold,) = folds
    before = clock()
    contender.fit(fold["train"], None)
    after = clock()
    test = fold["test"]
    recommended = contender.predict(test["user"])
    check(recommended, test["user"], fold["train"])
    return {
        **ranking_figures(recommended, test["relevant"]),
        "train_seconds": after[0] - before[0],
        "train_cpu_seconds": after[1] - before[1],
        "folds": 1,
    }


def check(recommended: Sequence[Sequence[str]], users: Sequence[str], train: Part) -> None:
    """Raises if a user gets an item twice, one seen in training, or not ten of them."""
    from splits import read_rows

    seen = {tuple(row) for row in read_rows(train["file"])[:, :2].tolist()}
    for user, items in zip(users, recommended, strict=True):
        assert len(items) == K, f"{len(items)} items for user {user}"
        assert len({str(item) for item in items}) == K, f"an item twice for user {user}"
        assert not any((user, str(item)) in seen for item in items), f"a seen item for user {user}"


def ranking_figures(recommended: Sequence[Sequence[str]], relevant: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Returns HR, NDCG and recall at ten, each with its 95 % bootstrap interval over users.

    NDCG has binary gains, and its ideal has as many of them as there are relevant items, ten at most.
    """
    import numpy as np

    found = np.array(
        [[str(item) in set(right) for item in items] for items, right in zip(recommended, relevant, strict=True)]
    )
    rows = np.array([len(set(right)) for right in relevant])
    gains = 1 / np.log2(np.arange(K) + 2)
    ideal = np.cumsum(gains)[np.minimum(rows, K) - 1]
    by_user = {"hr": found.any(1).astype(float), "ndcg": found @ gains / ideal, "recall": found.sum(1) / rows}
    draws = np.random.default_rng(0).integers(0, len(rows), (RESAMPLES, len(rows)))
    figures: dict[str, Any] = {"test_rows": int(rows.sum()), "test_users": len(rows)}
    for name, values in by_user.items():
        low, high = np.percentile(values[draws].mean(1), [2.5, 97.5])
        figures |= {name: float(values.mean()), f"{name}_low": float(low), f"{name}_high": float(high)}
    return figures
