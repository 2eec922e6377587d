"""Integrated gradients over embeddings (Sundararajan, Taly and Yan, 2017)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sora_keras.errors import ParameterError

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

_TOLERANCE = 1e-3


class Attribution(NamedTuple):
    """scores: one a number of the input; output, baseline: the value with and without the embeddings."""

    scores: np.ndarray
    output: float
    baseline: float


def integrated_gradients(
    core: keras.Model, numbers: np.ndarray, value: Callable[[Any], Any], *, steps: int = 64
) -> Attribution:
    """How much each number's embedding moved `value`, against embeddings of zero.

    Args:
        core: has a `keras.layers.Embedding` that reads its input.
        numbers: (length,) int32, one example.
        value: from the core's output (batch, …) to the scalar that is explained (batch,).
        steps: points of the Gauss-Legendre rule along the straight path; four times as many where the scores
            miss `output - baseline` by more than 0.001. For a core that is linear in its embeddings any number
            is exact; for a recurrent one that jumps along the path, as on hundreds of alike words, none is.

    Raises:
        ParameterError: the core has no embedding.
    """
    found = _integrate(core, numbers, value, steps)
    if abs(found.scores.sum() - (found.output - found.baseline)) > _TOLERANCE:
        found = _integrate(core, numbers, value, 4 * steps)
    return found


def _integrate(core: Any, numbers: np.ndarray, value: Callable[[Any], Any], steps: int) -> Attribution:
    import tensorflow as tf

    points, rule = np.polynomial.legendre.leggauss(steps)
    along = np.concatenate([(points + 1) / 2, [0.0, 1.0]]).astype(np.float32)
    batch = tf.tile(tf.constant(numbers, tf.int32)[None], [len(along), 1])
    with tf.GradientTape() as tape, _scaled(embedding_of(core), along, tape) as seen:
        reached = tf.cast(value(core(batch, training=False)), tf.float32)
        total = tf.reduce_sum(reached)
    slopes = tf.convert_to_tensor(tape.gradient(total, seen[1]))
    mean_slope = tf.tensordot(tf.constant(rule / 2, tf.float32), tf.cast(slopes[:-2], tf.float32), 1)
    scores = tf.reduce_sum(mean_slope * tf.cast(seen[0][0], tf.float32), axis=-1)
    return Attribution(scores.numpy(), float(reached[-1]), float(reached[-2]))


def embedding_of(core: keras.Model) -> keras.layers.Embedding:
    """The embedding that reads the core's input: the one named so, or the first."""
    import keras

    found = [x for x in core._flatten_layers() if isinstance(x, keras.layers.Embedding)]
    if not found:
        raise ParameterError(
            "This core has no Embedding layer, so integrated gradients cannot be taken. "
            "Use explain(item, method='occlusion')."
        )
    return next((layer for layer in found if layer.name == "embedding"), found[0])


@contextmanager
def _scaled(layer: keras.layers.Embedding, along: np.ndarray, tape: tf.GradientTape) -> Iterator[list[tf.Tensor]]:
    """While inside, the layer's output is scaled by `along`, row by row, and watched.

    A model cut at the embedding's output would lose the mask that Keras attaches to it; so the layer
    itself answers differently for the moment. Yields [its own output, the scaled one].
    """
    import tensorflow as tf

    original = layer.call
    seen: list[tf.Tensor] = []

    def call(inputs: tf.Tensor) -> tf.Tensor:
        output = original(inputs)
        scaled = output * tf.cast(along[:, None, None], output.dtype)
        tape.watch(scaled)
        seen[:] = [output, scaled]
        return scaled

    object.__setattr__(layer, "call", call)
    try:
        yield seen
    finally:
        object.__delattr__(layer, "call")
