"""Sentiment of reviews: train, report, export, and answer from the exported model.

Run `sora run sentiment` for the IMDB reviews of the sample, or `sora run sentiment reviews.csv` for your own: a text
column and a column with the sentiment.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

import sora_keras as sora

SENTENCES = (
    "A wonderful film: warm, funny, and beautifully acted.",
    "Two hours of my life that I will never get back.",
    "The plot is thin, but the last scene alone is worth the ticket.",
)


def main(data: str | None = None, out: str = "exports/sentiment") -> sora.Report:
    """Train on `data` (None: 24,904 IMDB reviews, of which a fifth tests) and export to `out`."""
    examples = sora.read(data) if data else sora.load_sample("imdb")
    train, test = sora.train_test_split(examples, test_size=0.2, seed=0)
    classifier = sora.TextClassifier().fit(train)
    report = classifier.evaluate(test)
    console = Console()
    console.print(report)
    report.save(Path(out).with_suffix(".html"), overwrite=True)
    classifier.export(out, overwrite=True)
    console.print(f"Exported and proved: {out}. The report with plots: {Path(out).with_suffix('.html')}")
    answer_from_export(out)
    return report


def answer_from_export(folder: str) -> None:
    """Answer three sentences with TensorFlow alone."""
    import tensorflow as tf

    exported = tf.saved_model.load(f"{folder}/1")
    answers = exported.signatures["serving_default"](text=tf.constant(SENTENCES))
    for text, label, score in zip(SENTENCES, answers["label"], answers["score"], strict=True):
        print(f"{label.numpy().decode():>9} {score:.0%}  {text}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
