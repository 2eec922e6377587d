"""The seeds and the numeric precision that hold during one fit, and no longer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sora_keras.errors import ParameterError

_KERAS_STATE = ("global_random_seed", "global_seed_generator")
_TENSORFLOW_STATE = ("_seed", "_rng")


@contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """Seed Keras, TensorFlow, NumPy and Python inside the block; the user's own generators are put back."""
    import random

    import keras
    import numpy as np
    from keras.src.backend.common import global_state
    from tensorflow.python.eager import context

    # Neither Keras nor TensorFlow has a public way to read where its generator stands.
    tensorflow = vars(context.context())
    kept = random.getstate(), np.random.get_state()
    kept_keras = {name: global_state.get_global_attribute(name) for name in _KERAS_STATE}
    kept_tensorflow = {name: tensorflow[name] for name in _TENSORFLOW_STATE if name in tensorflow}
    keras.utils.set_random_seed(int(seed))
    try:
        yield
    finally:
        random.setstate(kept[0])
        np.random.set_state(kept[1])
        for name, value in kept_keras.items():
            global_state.set_global_attribute(name, value)
        tensorflow.update(kept_tensorflow)


@contextmanager
def precision(name: str) -> Iterator[None]:
    """Build layers in this numeric precision; `"auto"` mixes in float16 on GPUs alone."""
    import keras
    import tensorflow as tf

    known = ("auto", "float32", "mixed_float16", "mixed_bfloat16")
    if name not in known:
        raise ParameterError(f"precision must be one of {', '.join(known)}. Received: {name!r}")
    if name == "auto":
        name = "mixed_float16" if tf.config.list_physical_devices("GPU") else "float32"
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
