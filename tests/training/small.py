"""A core and data small enough to train in a moment."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from sora_keras.training.feeding import Feed, NumberCache


def small_core(seed: int = 0) -> keras.Model:
    keras.utils.set_random_seed(seed)
    ids = keras.Input((None,), dtype="int32")
    words = keras.layers.Embedding(30, 4, mask_zero=True)(ids)
    pooled = keras.layers.Dropout(0.2)(keras.layers.GlobalAveragePooling1D()(words))
    return keras.Model(ids, keras.layers.Dense(1)(pooled))


def small_feed(rows: int = 64, *, seed: int = 0, noise: float = 0.0, **given: Any) -> Feed:
    """Rows of five numbers from 1 to 29; the target is whether their mean is above 15, or chance."""
    random = np.random.default_rng(seed)
    values = random.integers(1, 30, (rows, 5))
    targets = (values.mean(axis=1) > 15) ^ (random.random(rows) < noise)
    numbers = NumberCache()
    numbers.append(values.ravel(), np.full(rows, 5))
    return Feed(numbers.close(), targets.astype(np.float32)[:, None], None, given.pop("batch_size", 8), 0, **given)


def loss() -> Any:
    return keras.losses.BinaryCrossentropy(from_logits=True)
