"""Strings as TensorFlow takes them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf


def mapped(values: np.ndarray, function: Any, batch_size: int) -> tf.data.Dataset:
    """`function` of every batch of an array of `str`, on all cores, in order.

    The number of cores is stated: left to itself, `tf.data` begins with one and has not found the others by
    the time that a few dozen batches are done.
    """
    import tensorflow as tf

    batches = tf.data.Dataset.from_tensor_slices(string_tensor(values)).batch(batch_size)
    return batches.map(function, num_parallel_calls=os.cpu_count() or 1).prefetch(1)


def string_tensor(values: np.ndarray) -> tf.Tensor:
    """An array of `str` as a tensor of UTF-8; halves of broken pairs, which UTF-8 has no place for, become "?"."""
    import tensorflow as tf

    try:
        return tf.constant(values, tf.string)
    except ValueError:
        return tf.constant([str(value).encode("utf-8", "replace") for value in values], tf.string)
