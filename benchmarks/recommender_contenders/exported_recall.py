"""Recall of the exported top-10 against brute force in NumPy, for each encoder that has vectors.

Brute force sorts the scores of all items but those seen in training. An exported item counts as found if its score is
not below the tenth best but for rounding, since items of equal score may come in either order.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from figure import figure_options, print_figures
from ranking import K
from splits import read_log

ENCODERS = ("linear", "two_tower", "sequence")
ROUNDING = 1e-5
BATCH = 64


def main() -> None:
    """Trains, exports and compares, one encoder after another."""
    options = figure_options()
    files = json.loads(options.data.read_text(encoding="utf-8"))
    users = json.loads(Path(files["test"]).read_text(encoding="utf-8"))["user"]
    recalls = {}
    for encoder in ENCODERS:
        recommender = fit_recommender(Path(files["train"]), encoder, options.seed)
        with tempfile.TemporaryDirectory() as folder:
            exported = exported_top(recommender, users, Path(folder) / "export")
        scores, item_ids = all_scores(recommender, users)
        recalls[encoder] = recall(exported, scores, item_ids, users, Path(files["train"]))
    print_figures(recall=min(recalls.values()), recalls=recalls, users=len(users), k=K)


def recall(exported: np.ndarray, scores: np.ndarray, item_ids: np.ndarray, users: list[str], train: Path) -> float:
    """Returns the share of exported ids (users, K) that are among the best of `scores` (users, items)."""
    log = read_log(train)
    place = {str(item): column for column, item in enumerate(item_ids)}
    columns = np.array([place[item] for item in log.item_ids])[log.items]
    allowed = np.full((len(log.user_ids), len(item_ids)), 0.0, np.float32)
    allowed[log.users, columns] = -np.inf
    scores = scores + allowed[log.numbers(users)]
    tenth = np.sort(scores, axis=1)[:, -K]
    tenth -= ROUNDING * np.maximum(np.abs(tenth), 1)
    chosen = np.array([[place[str(item)] for item in items] for items in exported])
    assert all(len(set(row)) == K for row in chosen.tolist()), "an item twice"
    return float((np.take_along_axis(scores, chosen, axis=1) >= tenth[:, None]).mean())


def fit_recommender(train: Path, encoder: str, seed: int) -> Any:
    """Returns a recipe, trained on the file; ten passes are enough to rank by."""
    import sora_keras as sora

    return sora.Recommender(encoder=encoder, epochs=10, seed=seed, verbose=False).fit(train)


def exported_top(recommender: Any, users: list[str], folder: Path) -> np.ndarray:
    """Exports into `folder` and returns what the signature `recommend` answers: item ids (users, K), seen left out."""
    import tensorflow as tf

    recommender.export(folder, k=K)
    exported = tf.saved_model.load(str(folder / "1"))
    parts = [
        exported.signatures["recommend"](user=tf.constant(users[begin : begin + BATCH]))["item"].numpy()
        for begin in range(0, len(users), BATCH)
    ]
    return np.char.decode(np.concatenate(parts).astype(bytes))


def all_scores(recommender: Any, users: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Returns the scores (users, items) of every item, seen ones too, in plain NumPy, and the item ids (items,).

    From the vectors of users and items, or the weights of the linear model; not through the top-k that is tested.
    """
    from sora_keras.encoders import query_model

    fitted = recommender.fitted
    log, core = fitted.log, fitted.core
    histories = [log.history(log.user_number(user))[-fitted.length :] for user in users]
    query = query_model(core)
    if query is None:  # the linear model: one row of weights for each past item
        weights = np.asarray(core.get_layer("linear").kernel)[1:]
        return np.stack([weights[history].sum(axis=0) for history in histories]), log.item_ids
    table, bias = (np.asarray(part) for part in (core.get_layer("vectors").table, core.get_layer("vectors").bias))
    told = [np.asarray(history)[None, :] + 1 for history in histories]
    return np.concatenate([query(one, training=False).numpy() @ table.T + bias for one in told]), log.item_ids


if __name__ == "__main__":
    main()
