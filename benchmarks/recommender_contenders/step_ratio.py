"""One training step of the sequence encoder with 1,000,000 items ÷ one with 10,000, under the sampled softmax.

Batches are made histories. `zipf` draws items as catalogues are used, the n-th with probability about 1 / n, and
scatters them over the table; `uniform` is the worst case: the larger table meets more distinct items, so that more
rows are updated (`rows_touched`). Steps alternate, so that a change in the machine's speed meets both alike; medians
are compared.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from figure import figure_options, print_figures

SIZES = (10_000, 1_000_000)
BATCH, LENGTH, STEPS, WARM_UP = 64, 50, 40, 5
WIDTH, DROPOUT, NEGATIVES = 64, 0.3, 512  # as `Recommender` has them


def main() -> None:
    """Measures and prints one line of JSON."""
    options = figure_options()
    random = np.random.default_rng(options.seed)
    steps = {size: training_step(size, LENGTH, options.seed) for size in SIZES}
    draws = {"zipf": zipf, "uniform": uniform}
    milliseconds, touched = {}, {}
    for name, draw in draws.items():
        seconds: dict[int, list[float]] = {size: [] for size in SIZES}
        for _ in range(WARM_UP + (5 if options.quick else STEPS)):
            for size, run in steps.items():
                histories = draw(random, size)
                began = time.perf_counter()
                run(histories)
                seconds[size].append(time.perf_counter() - began)
        for size, values in seconds.items():
            milliseconds[f"{name}_{size}"] = 1000 * float(np.median(values[WARM_UP:]))
            touched[f"{name}_{size}"] = float(np.mean([len(np.unique(draw(random, size))) for _ in range(5)]))
    small, large = SIZES
    ratios = {name: milliseconds[f"{name}_{large}"] / milliseconds[f"{name}_{small}"] for name in draws}
    print_figures(ratio=ratios["zipf"], ratios=ratios, median_ms=milliseconds, rows_touched=touched, batch_size=BATCH)


def zipf(random: np.random.Generator, items: int) -> np.ndarray:
    """Returns histories (batch, length + 1) of item numbers from 0; the multiplier has no factor in common with the
    sizes."""
    ranks = np.exp(random.uniform(0, np.log(items), (BATCH, LENGTH + 1))).astype(np.int64)
    return np.minimum(ranks, items - 1) * 7_919 % items


def uniform(random: np.random.Generator, items: int) -> np.ndarray:
    """Every item as likely as any other."""
    return random.integers(0, items, (BATCH, LENGTH + 1))


def training_step(items: int, length: int, seed: int) -> Callable[[np.ndarray], object]:
    """Returns one compiled training step of a fresh sequence encoder over a catalogue.

    It is called with full histories (batch, length + 1) of item numbers from 0: all but the last are read, all but
    the first are predicted. It must return after the weights have changed.
    """
    network = training_network(items, length, seed)
    first = np.zeros(BATCH, np.int32)

    def step(histories: np.ndarray) -> object:
        return network.train_on_batch((histories + 1).astype(np.int32), first)

    return step


def training_network(items: int, length: int, seed: int) -> Any:
    """Returns the sequence encoder's training graph, compiled as fit compiles it."""
    import keras

    from sora_keras.encoders import CatalogueFacts, build_network, resolve_encoder
    from sora_keras.layers.item_vectors import ItemVectors
    from sora_keras.layers.next_item import NextItemLoss
    from sora_keras.training import mean_next_item
    from sora_keras.training.optimizers import TouchedRowsAdamW

    keras.utils.set_random_seed(seed)
    vectors = ItemVectors(items, WIDTH, name="vectors")
    vectors.build()
    facts = CatalogueFacts(items, length, WIDTH, DROPOUT, True, vectors)
    encoder = resolve_encoder("sequence", "interactions")
    network = build_network(encoder, facts, (), lambda table: NextItemLoss(table, NEGATIVES)).training
    network.compile(TouchedRowsAdamW(encoder.training.learning_rate, 0.0), mean_next_item, jit_compile=False)
    network.optimizer.build(network.trainable_variables)
    return network


if __name__ == "__main__":
    main()
