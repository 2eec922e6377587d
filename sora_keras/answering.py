"""From raw items to answers: one at once, or many on all cores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.data.tensors import mapped, string_tensor

if TYPE_CHECKING:
    import tensorflow as tf

    from sora_keras.recipe import Recipe

_CHUNK = 8192
_BATCH = 256


def answer_few(recipe: Recipe, items: np.ndarray) -> dict[str, np.ndarray]:
    """The pipeline's answers for a few items, through one traced call (no `predict` machinery)."""
    outputs = _traced(recipe)(string_tensor(items))
    return {name: value.numpy() for name, value in outputs.items()}


def answer_all(recipe: Recipe, examples: Any) -> dict[str, np.ndarray]:
    """The pipeline's numeric answers for every example, in order.

    Items are answered in batches of similar size, so that little of a batch is padding.
    """
    parts = list(answer_stream(recipe, examples))
    if not parts:
        empty = answer_few(recipe, np.array([""], object))
        parts = [{name: value[:0] for name, value in empty.items() if value.dtype != object}]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _answer_chunk(recipe: Recipe, items: np.ndarray) -> dict[str, np.ndarray]:
    traced = _traced(recipe)

    def numbers(some: tf.Tensor) -> dict[str, np.ndarray]:
        return {name: value.numpy() for name, value in traced(some).items() if value.dtype != "string"}

    order = np.argsort([len(text) for text in items], kind="stable")
    answered = list(mapped(items[order], numbers, _BATCH))
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return {n: np.concatenate([part[n] for part in answered])[back] for n in answered[0]}


def answer_stream(recipe: Recipe, examples: Any) -> Iterator[dict[str, np.ndarray]]:
    """`answer_all` chunk by chunk, in bounded memory."""
    for chunk in examples.batches(_CHUNK):
        yield _answer_chunk(recipe, chunk.column(recipe.fitted.schema.item))


def _traced(recipe: Recipe) -> Any:
    """The pipeline as one graph; traced once for each fit."""
    import tensorflow as tf

    pipeline = recipe.fitted.pipeline
    kept = recipe._answer
    if kept is None or kept[0] is not pipeline:
        signature = [tf.TensorSpec([None], tf.string)]
        traced = tf.function(lambda items: pipeline(items, training=False), input_signature=signature, autograph=False)
        recipe._answer = kept = (pipeline, traced.get_concrete_function())
    return kept[1]
