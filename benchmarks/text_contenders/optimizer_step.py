"""One training step at 1,000,000 x 64 ÷ one at 10,000 x 64, for TouchedRowsAdamW and for Keras' Adam.

The core is Embedding -> mean over words -> Dense(1), on batches of 64 texts of 200 words: the words of the training
reviews, numbered by frequency and scattered over the table; a table of 10,000 has one row for all rarer words. Beside
them, words drawn uniformly, the worst case: the larger table meets more distinct words in as many draws, so more rows
are updated (`rows_touched`). `same_rows` draws from as many rows of each table, which leaves what its size alone
costs: caches and address translation. Steps of all models alternate, so that a change in the machine's speed meets
all alike; medians are compared.
"""

import re
import time
from collections import Counter

import keras
import numpy as np
import tensorflow as tf
from figure import figure_options, first_fold, print_figures

from sora_keras.layers.embedding import Embedding
from sora_keras.training.optimizers import TouchedRowsAdamW

SIZES = (10_000, 1_000_000)
FEATURES, BATCH, WORDS, STEPS = 64, 64, 200, 60


def main() -> None:
    """Measures and prints one line of JSON."""
    random = np.random.default_rng(0)
    kinds = {
        "touched_rows": (Embedding, TouchedRowsAdamW),
        "keras_adam": (keras.layers.Embedding, keras.optimizers.Adam),
    }
    steps = {(kind, size): step(*kinds[kind], size) for kind in kinds for size in SIZES}
    reviews = Reviews(first_fold(figure_options())["train"]["text"])
    drawn = {"reviews": reviews.draw, "uniform": uniform, "same_rows": same_rows}
    milliseconds, touched = {}, {}
    for name, draw in drawn.items():
        seconds = {key: [] for key in steps}
        for size in SIZES:
            distinct = [len(np.unique(draw(random, size))) for _ in range(5)]
            touched[f"{size}_{name}"] = round(float(np.mean(distinct)))
        for _ in range(STEPS):
            for (kind, size), run in steps.items():
                ids = tf.constant(draw(random, size), tf.int32)
                began = time.perf_counter()
                run(ids)
                seconds[kind, size].append(time.perf_counter() - began)
        for (kind, size), values in seconds.items():
            milliseconds[f"{kind}_{size}_{name}"] = round(1000 * float(np.median(values[5:])), 3)
    ratios = {
        f"{kind}_{name}": round(
            milliseconds[f"{kind}_{SIZES[1]}_{name}"] / milliseconds[f"{kind}_{SIZES[0]}_{name}"], 3
        )
        for kind in kinds
        for name in drawn
    }
    print_figures(ratio=ratios["touched_rows_reviews"], ratios=ratios, median_ms=milliseconds, rows_touched=touched)


class Reviews:
    """Texts of at least 200 words as the ranks of their words by frequency."""

    def __init__(self, texts: list[str]) -> None:
        words = [re.findall(r"\w+", text.lower()) for text in texts]
        counts = Counter(word for text in words for word in text)
        rank = {word: place for place, (word, _) in enumerate(counts.most_common())}
        self.ranks = np.array([[rank[word] for word in text[:WORDS]] for text in words if len(text) >= WORDS])

    def draw(self, random: np.random.Generator, size: int) -> np.ndarray:
        """A batch of texts; the multiplier, which has no factor in common with the sizes, scatters the ranks."""
        ranks = np.minimum(self.ranks[random.integers(0, len(self.ranks), BATCH)], size - 2)
        return 1 + ranks * 7_919 % (size - 1)


def step(embedding: type, optimizer: type, size: int):
    """Returns a compiled training step over a fresh model."""
    ids = keras.Input((WORDS,), dtype="int32")
    mean = keras.ops.mean(embedding(size, FEATURES)(ids), axis=1)
    model = keras.Model(ids, keras.layers.Dense(1)(mean))
    model.compile(optimizer(1e-3), "mse", jit_compile=False)
    targets = tf.ones((BATCH, 1))

    @tf.function
    def run(numbers):
        return model.train_step((numbers, targets))

    model.optimizer.build(model.trainable_variables)
    return run


def uniform(random: np.random.Generator, size: int) -> np.ndarray:
    """Every word as likely as any other."""
    return random.integers(1, size, (BATCH, WORDS))


def same_rows(random: np.random.Generator, size: int) -> np.ndarray:
    """Words out of 5,000 rows at random places of the table, whatever its size."""
    rows = random.choice(np.arange(1, size), 5_000, replace=False)
    return random.choice(rows, (BATCH, WORDS))


if __name__ == "__main__":
    main()
