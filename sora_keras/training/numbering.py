"""Texts to numbers, once for all epochs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sora_keras.data import mapped
from sora_keras.training.feeding import NumberCache

_CHUNK = 16384
_BATCH = 256


def text_numberer(preprocessing: Any, item: str) -> Callable[[Any], NumberCache]:
    """A function from examples to their numbers, which runs the preprocessing on all cores; traced once.

    Args:
        preprocessing: a layer with `ragged`, from strings to ragged int32. item: the column with the texts.
    """
    import tensorflow as tf

    def split_ragged(items: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        ragged = preprocessing.ragged(items)
        return ragged.values, ragged.row_lengths()

    # Autograph would take as long as the tracing itself, and there is nothing for it to convert.
    traced = tf.function(split_ragged, input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)

    def number(examples: Any) -> NumberCache:
        cache = NumberCache(on_disk=examples.streamed)
        for chunk in examples.batches(_CHUNK):
            for values, lengths in mapped(chunk.column(item), traced, _BATCH):
                cache.append(values.numpy(), lengths.numpy())
        return cache.close()

    return number
