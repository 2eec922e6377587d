"""From raw items to answers: one at once, or many on all cores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.data import left_out, mapped, named
from sora_keras.errors import DataError
from sora_keras.quiet import said_by

if TYPE_CHECKING:
    from sora_keras.data import Finding
    from sora_keras.recipe import Recipe

Graph = Callable[[Any], dict[str, Any]]

_CHUNK = 8192


def answer_few(recipe: Recipe, items: np.ndarray, graph: Graph | None = None) -> dict[str, np.ndarray]:
    """The pipeline's answers for a few items, through one traced call (no `predict` machinery).

    Args:
        graph: what answers raw items, as `recipe.raw` gives them, instead of the pipeline.

    Raises:
        DataError: items cannot be read; names up to ten of them, and why.
    """
    graph = graph or _traced(recipe)
    if len(items) > recipe.at_once(recipe.fitted.core):
        answers, broken = answer_chunk(recipe, items, graph)
    else:
        answers, broken = _answer_batch(recipe, np.arange(len(items)), items, graph)
    _refuse(items, broken)
    return answers


def answer_all(recipe: Recipe, examples: Any) -> dict[str, np.ndarray]:
    """The pipeline's numeric answers for every example, in order.

    Items are answered in batches of similar size, so that little of a batch is padding.
    """
    return _joined(recipe, [answers for _, answers in answer_stream(recipe, examples)])


def answer_readable(
    recipe: Recipe, examples: Any, graph: Graph | None = None
) -> tuple[dict[str, np.ndarray], Any, tuple[Finding, ...]]:  # fmt: skip
    """The answers for all examples that can be read, these examples, and what was found of the others.

    Raises:
        DataError: more than a twentieth cannot be read.
    """
    item = recipe.fitted.schema.item
    parts: list[dict[str, np.ndarray]] = []
    broken: dict[int, str] = {}
    start = 0
    for chunk in examples.batches(_CHUNK):
        answers, reasons = answer_chunk(recipe, chunk.column(item), graph or _traced(recipe))
        parts.append(answers)
        broken |= {start + place: reason for place, reason in reasons.items()}
        start += len(chunk)
    answers = _joined(recipe, parts)
    if not broken:
        return answers, examples, ()
    finding = left_out(examples.column(item), broken)
    return answers, examples.take(np.setdiff1d(np.arange(len(examples)), list(broken))), (finding,)


def answer_stream(recipe: Recipe, examples: Any) -> Iterator[tuple[np.ndarray, dict[str, np.ndarray]]]:
    """Items and their answers chunk by chunk, in bounded memory."""
    for chunk in examples.batches(_CHUNK):
        items = chunk.column(recipe.fitted.schema.item)
        answers, broken = answer_chunk(recipe, items, _traced(recipe))
        _refuse(items, broken)
        yield items, answers


def _refuse(items: np.ndarray, broken: dict[int, str]) -> None:
    if broken:
        raise DataError(f"{named(items, broken)}. Mend them or leave them out.")


def _joined(recipe: Recipe, parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    parts = [part for part in parts if part]
    if not parts:
        outputs = recipe.fitted.pipeline.output.items()
        return {name: np.zeros((0, *one.shape[1:]), np.float32) for name, one in outputs if one.dtype != "string"}
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def answer_chunk(
    recipe: Recipe, items: np.ndarray, graph: Graph
) -> tuple[dict[str, np.ndarray], dict[int, str]]:  # fmt: skip
    """The answers in order, without those of broken items; and why these are broken, by their place."""
    size = recipe.at_once(recipe.fitted.core)
    lengths = recipe.lengths(items)
    order = np.arange(len(items)) if lengths is None else np.argsort(lengths, kind="stable")
    work = lambda places: _answer_batch(recipe, places, items[places], graph)  # noqa: E731
    parts = list(mapped(order, work, size, lambda some: some))
    broken = {place: reason for _, reasons in parts for place, reason in reasons.items()}
    answered = [answers for answers, _ in parts if answers]
    if not answered:
        return {}, broken
    back = np.argsort(order[~np.isin(order, list(broken))] if broken else order)
    return {name: np.concatenate([part[name] for part in answered])[back] for name in answered[0]}, broken


def _answer_batch(
    recipe: Recipe, places: np.ndarray, items: np.ndarray, graph: Graph
) -> tuple[dict[str, np.ndarray], dict[int, str]]:  # fmt: skip
    """The numeric answers of a batch; where the graph fails on an item, such as a picture cut short, of the others."""
    import tensorflow as tf

    try:
        answers = graph(recipe.raw(items))
    except (tf.errors.InvalidArgumentError, DataError, UnicodeDecodeError):
        reasons = {row: _reason(recipe, items[row : row + 1], graph) for row in range(len(items))}
        broken = {row: reason for row, reason in reasons.items() if reason}
        if not broken:
            raise
        good = [row for row in range(len(items)) if row not in broken]
        answers = _answer_batch(recipe, places[good], items[good], graph)[0] if good else {}
        return answers, {int(places[row]): reason for row, reason in broken.items()}
    return {name: value.numpy() for name, value in answers.items() if value.dtype != "string"}, {}


def _reason(recipe: Recipe, item: np.ndarray, graph: Graph) -> str:
    """Why this item cannot be answered; nothing where it can."""
    import tensorflow as tf

    try:
        graph(recipe.raw(item))
    except DataError as error:
        return str(error)
    except tf.errors.InvalidArgumentError as error:
        return said_by(error)
    except UnicodeDecodeError:  # TensorFlow quotes the bytes that it cannot read
        return "it is in no format that is known"
    return ""


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
