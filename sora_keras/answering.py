"""From raw items to answers: one at once, or many on all cores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.data import mapped
from sora_keras.errors import DataError
from sora_keras.quiet import said_by

if TYPE_CHECKING:
    import tensorflow as tf

    from sora_keras.recipe import Recipe

_CHUNK = 8192
_BATCH = 256
_LISTED = 10


def answer_few(recipe: Recipe, items: np.ndarray) -> dict[str, np.ndarray]:
    """The pipeline's answers for a few items, through one traced call (no `predict` machinery)."""
    traced = _traced(recipe)
    with _naming_broken(recipe, items):
        return {name: value.numpy() for name, value in traced(recipe.raw(items)).items()}


def answer_all(recipe: Recipe, examples: Any) -> dict[str, np.ndarray]:
    """The pipeline's numeric answers for every example, in order.

    Items are answered in batches of similar size, so that little of a batch is padding.
    """
    parts = list(answer_stream(recipe, examples))
    if not parts:
        outputs = recipe.fitted.pipeline.output.items()
        parts = [{name: np.zeros((0, *one.shape[1:]), np.float32) for name, one in outputs if one.dtype != "string"}]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _answer_chunk(recipe: Recipe, items: np.ndarray) -> dict[str, np.ndarray]:
    traced = _traced(recipe)

    def numbers(some: tf.Tensor) -> dict[str, np.ndarray]:
        return {name: value.numpy() for name, value in traced(some).items() if value.dtype != "string"}

    lengths = recipe.lengths(items)
    order = np.arange(len(items)) if lengths is None else np.argsort(lengths, kind="stable")
    with _naming_broken(recipe, items):
        answered = list(mapped(items[order], numbers, _BATCH, recipe.raw))
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return {n: np.concatenate([part[n] for part in answered])[back] for n in answered[0]}


@contextmanager
def _naming_broken(recipe: Recipe, items: np.ndarray) -> Iterator[None]:
    """Where the graph fails on an item, such as a picture cut short, say which items it was.

    Raises:
        DataError: names up to ten of them, and why.
    """
    import tensorflow as tf

    try:
        yield
    except (tf.errors.InvalidArgumentError, DataError) as error:
        reasons = [(item, _reason(recipe, items[row : row + 1])) for row, item in enumerate(items)]
        broken = [f"{item}: {reason}" for item, reason in reasons if reason]
        if not broken:
            raise
        more = "; …" if len(broken) > _LISTED else ""
        raise DataError(
            f"{len(broken):,} of {len(items):,} items cannot be read ({'; '.join(broken[:_LISTED])}{more})."
        ) from error


def _reason(recipe: Recipe, item: np.ndarray) -> str:
    import tensorflow as tf

    try:
        _traced(recipe)(recipe.raw(item))
    except DataError as error:
        return str(error)
    except tf.errors.InvalidArgumentError as error:
        return said_by(error)
    return ""


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
