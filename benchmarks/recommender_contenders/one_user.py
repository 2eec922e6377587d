"""p50 of one `recommend`: with the items of MovieLens, and with 1,000,000 made items of 64 numbers each.

The latter stands against one pass of the same matrix through memory: the faster of a sum over it and a product with a
vector, both in NumPy.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from figure import figure_options, print_figures
from measures import percentile_milliseconds, time_calls
from ranking import K

ITEMS, FEATURES, PASSES = 1_000_000, 64, 30


def main() -> None:
    """Trains on MovieLens, makes the large catalogue, and times both."""
    options = figure_options()
    files = json.loads(options.data.read_text(encoding="utf-8"))
    users = json.loads(Path(files["test"]).read_text(encoding="utf-8"))["user"]
    recommender = fit_recommender(Path(files["train"]), options.seed)
    small = time_calls(lambda user: recommender.recommend(user, k=K), users, options.calls)
    random = np.random.default_rng(options.seed)
    matrix = random.standard_normal((50_000 if options.quick else ITEMS, FEATURES), np.float32)
    answer = made_catalogue(matrix)
    queries = list(random.standard_normal((200, FEATURES), np.float32))
    large = time_calls(answer, queries, options.calls)
    passes = {"sum": time_pass(matrix.sum), "product": time_pass(lambda: matrix @ queries[0])}
    p50, one_pass = percentile_milliseconds(large, 50), min(passes.values())
    print_figures(
        p50_ms=percentile_milliseconds(small, 50),
        p99_ms=percentile_milliseconds(small, 99),
        large_p50_ms=p50,
        large_p99_ms=percentile_milliseconds(large, 99),
        large_items=len(matrix),
        pass_ms=one_pass,
        passes_ms=passes,
        ratio=p50 / one_pass,
        calls=len(small),
    )


def time_pass(read: Callable[[], object]) -> float:
    """Returns the median milliseconds of what reads the matrix once."""
    seconds = []
    for _ in range(PASSES):
        began = time.perf_counter()
        read()
        seconds.append(time.perf_counter() - began)
    return percentile_milliseconds(seconds, 50)


def fit_recommender(train: Path, seed: int) -> Any:
    """Returns the default recipe, trained on the file."""
    import sora_keras as sora

    return sora.Recommender(seed=seed, verbose=False).fit(train)


def made_catalogue(matrix: np.ndarray) -> Callable[[np.ndarray], object]:
    """Returns what one `recommend` runs once a user's vector (features,) is known, over the items of `matrix`.

    The answer are the ids and scores of the ten best, some seen items left out.
    """
    import tensorflow as tf

    from sora_keras.export.top_items import best_by_product

    items = len(matrix)
    table, bias = tf.Variable(matrix), tf.Variable(np.zeros(items, np.float32))
    allowed = tf.ones([items], tf.bool)
    ids = np.array([f"item {number}" for number in range(items)], object)
    seen = tf.constant(np.random.default_rng(0).integers(1, items + 1, (1, 100)), tf.int32)

    @tf.function(input_signature=[tf.TensorSpec([1, matrix.shape[1]], tf.float32)], autograph=False)
    def best(query: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return best_by_product(query, table, bias, seen, allowed, K)

    def answer(query: np.ndarray) -> object:
        scores, found = best(query[None, :])
        return ids[found.numpy()[0]], scores.numpy()[0]

    return answer


if __name__ == "__main__":
    main()
