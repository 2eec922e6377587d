"""Where a picture stands in a larger one of another shape, with bars beside it."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def between_bars(sizes: Any, size: tuple[int, int]) -> tuple[Any, Any]:
    """How large pictures become, and where they begin, so that all of them is seen in the middle.

    It is how `tf.image.resize_with_pad` does it, but nothing becomes smaller than a pixel.

    Args:
        sizes: (pictures, 2) height and width. size: those of the whole.

    Returns:
        Heights and widths, and tops and lefts, (pictures, 2) int32 each.
    """
    whole, there = tf.constant(size, tf.float32), tf.cast(sizes, tf.float32)
    exact = there / tf.reduce_max(there / whole, axis=-1, keepdims=True)
    begin = tf.maximum(tf.floor((whole - exact) / 2), 0.0)
    return tf.cast(tf.maximum(tf.floor(exact), 1.0), tf.int32), tf.cast(begin, tf.int32)


def with_bars(pixels: Any, size: tuple[int, int], *, antialias: bool) -> Any:
    """A picture (height, width, channels), or several of one size, brought to another size with black beside."""
    inner, begin = between_bars(tf.shape(pixels)[-3:-1][None], size)
    resized = tf.image.resize(pixels, inner[0], antialias=antialias)
    return tf.image.pad_to_bounding_box(resized, begin[0, 0], begin[0, 1], *size)
