"""Cores of one encoder each, as the text classifier puts them together, and a toy set."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from sora_keras.encoders import resolve_encoder
from sora_keras.encoders.text import HEAD, TextFacts
from sora_keras.training.feeding import NumberCache

FACTS = TextFacts(vocabulary_size=40, length=24, outputs=1)


def make_core(encoder: Any, facts: TextFacts = FACTS) -> keras.Model:
    """The encoder under a head, from numbers to logits."""
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32", name="ids")
    encoded = resolve_encoder(encoder, "text").build(ids, facts)
    return keras.Model(ids, keras.layers.Dense(facts.outputs, name=HEAD)(encoded))


def numbers_of(rows: list[list[int]]) -> NumberCache:
    cache = NumberCache()
    cache.append(np.concatenate([np.array(row, np.int32) for row in rows]), np.array([len(row) for row in rows]))
    return cache.close()


@pytest.fixture(scope="session")
def toy() -> tuple[np.ndarray, np.ndarray]:
    """64 rows of 3 to 12 numbers, padded; the class is 1 where 5 is among them, and else 6 is."""
    random = np.random.default_rng(0)
    ids = np.zeros((64, 12), np.int32)
    targets = np.arange(64) % 2
    for row, target in zip(ids, targets, strict=True):
        length = random.integers(3, 13)
        row[:length] = random.integers(10, 40, length)
        row[random.integers(length)] = 5 if target else 6
    return ids, targets
