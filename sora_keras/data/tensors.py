"""Strings as TensorFlow takes them, and its pipelines as they run best."""

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
    return untuned(batches.map(function, num_parallel_calls=os.cpu_count() or 1).prefetch(1))


def untuned(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """The dataset without `tf.data`'s tuner, for pipelines that state their own parallelism.

    The tuner's thread sleeps 10 ms, then twice as long each time, and an iterator that ends waits until it wakes:
    an epoch of two seconds loses up to one.
    """
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


def string_tensor(values: np.ndarray) -> tf.Tensor:
    """An array of `str` as a tensor of UTF-8; halves of broken pairs, which UTF-8 has no place for, become "?"."""
    import tensorflow as tf

    try:
        return tf.constant(values, tf.string)
    except ValueError:
        return tf.constant([str(value).encode("utf-8", "replace") for value in values], tf.string)
