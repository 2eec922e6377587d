"""Topics of short Chinese texts: politics, money, sport and so on, without a word list.

Run `sora run news_topics` for the Chinese questions by subject of the sample, or give your own file: a text column
and a column with the topic.
"""

from __future__ import annotations

import sys

from rich.console import Console

import sora_keras as sora

QUESTIONS = ("谁是美国总统", "你喜欢吃什么", "什么是通货膨胀")


def main(data: str | None = None) -> sora.Report:
    """Train on `data` (None: the sample), report on a fifth of it, and answer three questions."""
    examples = sora.read(data) if data else sora.load_sample("chinese_subjects")
    train, test = sora.train_test_split(examples, test_size=0.2, seed=0)
    classifier = sora.TextClassifier(encoder="ngram").fit(train)
    report = classifier.evaluate(test)
    console = Console()
    console.print(report)
    for question, prediction in zip(QUESTIONS, classifier(QUESTIONS), strict=True):
        console.print(f"{question}  {prediction}")
    console.print(classifier.explain(QUESTIONS[0]))
    return report


if __name__ == "__main__":
    main(*sys.argv[1:2])
