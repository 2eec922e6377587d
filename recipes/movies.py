"""Films to watch: train, report, recommend with reasons, export, and answer from the exported model.

Run `sora run movies` for the ratings of MovieLens-100k, or `sora run movies ratings.csv` for your own log: a column of
users, one of items, and perhaps ratings and times.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

import sora_keras as sora
from sora_keras.data import at_random, last_out, read_interactions

if TYPE_CHECKING:
    from sora_keras.evaluation import RankingReport


def main(data: str | None = None, out: str = "exports/movies") -> RankingReport:
    """Train on `data` (None: 100,000 ratings, of which each user's last tests) and export to `out`."""
    log = read_interactions(data or sora.load_sample("movielens"))
    films = None if data else sora.load_sample("movielens_films")
    train, test = at_random(log) if log.times is None else last_out(log)
    recommender = sora.Recommender().fit(train, items=films)
    report = recommender.evaluate(test)
    console = Console()
    console.print(report)
    report.save(Path(out).with_suffix(".html"), overwrite=True)
    user = train.user_ids[0]
    recommended = recommender.recommend(user, min(5, train.n_items))
    console.print(f"For user {user}: {recommended}", highlight=False)
    console.print(f"Why? {recommender.explain(user, recommended.items[0])}", highlight=False)
    if recommender.fitted.encoder != "popularity":
        console.print(f"Like it: {recommender.similar(recommended.items[0], 5)}", highlight=False)
    recommender.export(out, k=5, overwrite=True)
    console.print(f"Exported and proved: {out}. The report with plots: {Path(out).with_suffix('.html')}")
    answer_from_export(out, user, recommended.items[:2])
    return report


def answer_from_export(folder: str, user: str, history: list[str]) -> None:
    """Answer for a user, and for somebody new who had some items, with TensorFlow alone."""
    import tensorflow as tf

    answer = tf.saved_model.load(f"{folder}/1").signatures
    known = answer["recommend"](user=tf.constant([user]))["item"]
    new = answer["recommend_from_history"](history=tf.constant([history]))["item"]
    for who, items in ((f"user {user}", known), (f"somebody new with {' and '.join(history)}", new)):
        print(f"From the exported model, for {who}: {', '.join(item.decode() for item in items[0].numpy())}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
