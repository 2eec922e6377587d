"""Strings as TensorFlow takes them, and its pipelines as they run best."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf


def mapped(
    values: np.ndarray, function: Any, batch_size: int, tensor: Callable[[np.ndarray], Any] | None = None
) -> Iterator[Any]:  # fmt: skip
    """`function` of the tensor of every batch of an array, on all cores, in order.

    Args:
        function: a traced function, which lets other threads run while it does.
        tensor: makes a batch what `function` takes; None is for arrays of `str`.
    """
    tensor = tensor or string_tensor

    def work(start: int) -> Any:
        return function(tensor(values[start : start + batch_size]))

    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        tasks = (pool.submit(work, start) for start in range(0, len(values), batch_size))
        # A few ahead keep every core busy; all at once would hold every result in memory.
        ahead = deque(islice(tasks, 2 * cores))
        while ahead:
            result = ahead.popleft().result()
            ahead.extend(islice(tasks, 1))
            yield result


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
