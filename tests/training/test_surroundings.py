"""Seeds and precision hold during a fit, and no longer."""

from __future__ import annotations

import random
from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from sora_keras.errors import ParameterError
from sora_keras.training import precision, reproducible

GENERATORS: dict[str, Callable[[], float]] = {
    "python": random.random,
    "numpy": lambda: float(np.random.random()),
    "tensorflow": lambda: float(tf.random.uniform(())),
    "keras": lambda: float(keras.random.uniform(())),
    "keras initializer": lambda: float(keras.initializers.RandomNormal()((1,))[0]),
}


@pytest.mark.parametrize("name", GENERATORS)
def test_same_seed_gives_the_same_numbers_inside(name: str) -> None:
    draw = GENERATORS[name]
    seen = []
    for seed in (np.int64(3), 3, 4):
        with reproducible(seed):
            seen.append([draw(), draw()])
    assert seen[0] == seen[1] != seen[2]


@pytest.mark.parametrize("name", GENERATORS)
def test_numbers_of_the_user_go_on_as_if_nothing_had_happened(name: str) -> None:
    draw = GENERATORS[name]
    keras.utils.set_random_seed(1)
    expected = [draw(), draw(), draw()]
    keras.utils.set_random_seed(1)
    seen = [draw()]
    for _ in range(2):
        with reproducible(7):
            draw()
        seen.append(draw())
    assert seen == expected


def test_generators_are_put_back_after_an_error() -> None:
    random.seed(1)
    expected = random.random()
    random.seed(1)
    with pytest.raises(KeyboardInterrupt), reproducible(7):
        raise KeyboardInterrupt
    assert random.random() == expected


@pytest.mark.parametrize(("name", "policy"), [("auto", "float32"), ("mixed_bfloat16", "mixed_bfloat16")])
def test_precision_holds_inside_alone(name: str, policy: str) -> None:
    with precision(name):
        assert keras.layers.Dense(1).dtype_policy.name == policy
    assert keras.config.dtype_policy().name == "float32"


def test_unknown_precision_lists_the_known() -> None:
    with pytest.raises(ParameterError, match=r"mixed_float16.*Received: 'float8'"), precision("float8"):
        pytest.fail("the block must not run")
