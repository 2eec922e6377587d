"""Strings as TensorFlow takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf


def string_tensor(values: np.ndarray) -> tf.Tensor:
    """An array of `str` as a tensor of UTF-8; halves of broken pairs, which UTF-8 has no place for, become "?"."""
    import tensorflow as tf

    try:
        return tf.constant(values, tf.string)
    except ValueError:
        return tf.constant([str(value).encode("utf-8", "replace") for value in values], tf.string)
