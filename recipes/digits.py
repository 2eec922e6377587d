"""Handwritten digits: train, report, explain, export, and answer from the exported model.

Run `sora run digits` for scikit-learn's digits, or `sora run digits FOLDER` for your own: a sub-folder a class.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

import sora_keras as sora


def main(data: str | None = None, out: str = "exports/digits") -> sora.Report:
    """Train on `data` (None: 1,797 digits, of which a fifth tests) and export to `out`."""
    examples = sora.data.read_pictures(data) if data else sora.load_sample("digits")
    train, test = sora.train_test_split(examples, test_size=0.2, seed=0)
    classifier = sora.ImageClassifier().fit(train)
    report = classifier.evaluate(test)
    console = Console()
    console.print(report)
    report.save(Path(out).with_suffix(".html"), overwrite=True)
    first = test.column(classifier.fitted.schema.item)[0]
    console.print(f"{classifier(first)}; {classifier.explain(first)}", highlight=False)
    classifier.export(out, overwrite=True)
    console.print(f"Exported and proved: {out}. The report with pictures: {Path(out).with_suffix('.html')}")
    answer_from_export(out, [picture.read() for picture in test.column(classifier.fitted.schema.item)[:5]])
    return report


def answer_from_export(folder: str, pictures: list[bytes]) -> None:
    """Answer encoded pictures with TensorFlow alone."""
    import tensorflow as tf

    exported = tf.saved_model.load(f"{folder}/1")
    answers = exported.signatures["serving_default"](image=tf.constant(pictures))
    pairs = zip(answers["label"], answers["score"], strict=True)
    print("From the exported model:", ", ".join(f"{label.numpy().decode()} ({score:.0%})" for label, score in pairs))


if __name__ == "__main__":
    main(*sys.argv[1:2])
