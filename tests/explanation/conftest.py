"""Small fitted cores whose answers hang on one planted word."""

from __future__ import annotations

from functools import cache
from typing import Any

import keras
import numpy as np
import pytest

import sora_keras as sora

FILLERS = ["the", "story", "of", "a", "man", "in", "town", "who", "went", "home", "early", "and", "saw", "it", "rain"]


def planted(rows: int = 96) -> tuple[list[str], list[str]]:
    """Texts of fillers; every second has "superb" somewhere and is good, the others "dreadful" and are bad."""
    random = np.random.default_rng(0)
    texts = []
    for row in range(rows):
        words = list(random.choice(FILLERS, size=random.integers(4, 9), replace=False))
        words.insert(random.integers(len(words)), ("superb", "dreadful")[row % 2])
        texts.append(" ".join(words))
    return texts, ["good", "bad"] * (rows // 2)


ENCODERS: dict[str, Any] = {
    "ngram": lambda: "ngram",
    "cnn": lambda: "cnn",
    "lstm": lambda: "lstm",
    # A layer made outside of fit draws its own random start, unless it is given one.
    "own": lambda: keras.Sequential(
        [keras.layers.Dense(8, "tanh", kernel_initializer=keras.initializers.GlorotUniform(seed=1))]
    ),
}


@cache
def fitted_with(name: str) -> sora.TextClassifier:
    epochs = 40 if name == "own" else 8
    given = {"batch_size": 16, "learning_rate": 1e-2, "epochs": epochs, "patience": epochs, "length": 16}
    if name == "ngram":
        given = {}
    return sora.TextClassifier(encoder=ENCODERS[name](), refit=False, verbose=False, **given).fit(*planted())


@pytest.fixture(scope="session", params=ENCODERS)
def every(request: pytest.FixtureRequest) -> tuple[str, sora.TextClassifier]:
    """The name of an encoder, and a classifier fitted with it."""
    return request.param, fitted_with(request.param)


@pytest.fixture(scope="session")
def ngram() -> sora.TextClassifier:
    return fitted_with("ngram")
