"""A `tf.data.Dataset` to examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from sora_keras.data.answers import indicators_to_labels
from sora_keras.data.arrow import to_table
from sora_keras.data.columns import to_column
from sora_keras.data.containers import ANSWER
from sora_keras.data.examples import Examples
from sora_keras.data.sources import Source, Types, cast, load
from sora_keras.data.streamed import StreamedExamples
from sora_keras.errors import DataError

_ROWS = 1024
_NAME = "the tf.data.Dataset"


def is_dataset(X: Any) -> bool:
    """Whether this is a `tf.data.Dataset`; imports nothing."""
    return any(kind.__name__ == "DatasetV2" for kind in type(X).__mro__) and hasattr(X, "element_spec")


def from_dataset(dataset: Any, default_name: str, budget: int) -> Examples | StreamedExamples:
    """Elements of texts, pairs `(text, label)`, dictionaries of columns, or pairs of one and a label.

    Args:
        dataset: batched or not. budget: the bytes that may be held in memory; what is more goes to disk.

    Raises:
        DataError: the data set is endless, empty, or its elements are something else.
    """
    if dataset.cardinality() == -1:
        raise DataError(f"{_NAME} never ends. Leave out repeat(), or use take(n).")
    has_answer = _has_answer(dataset.element_spec)
    batched = _batched(dataset)
    pieces: list[Examples] = []
    used = 0
    for columns in _pieces(batched, default_name):
        pieces.append(Examples(columns, source=_NAME))
        used += pieces[-1].nbytes
        if used > budget:
            return _on_disk(batched, default_name, budget, has_answer)
    if not sum(map(len, pieces)):
        raise DataError(f"{_NAME} has no elements.")
    joined = {name: np.concatenate([piece.column(name) for piece in pieces]) for name in pieces[0].names}
    return Examples(joined, ANSWER if has_answer else None, _NAME)


def _on_disk(dataset: Any, default_name: str, budget: int, has_answer: bool) -> Examples | StreamedExamples:
    import pyarrow as pa

    def tables(types: Types, whole: bool) -> Iterator[Any]:
        for columns in _pieces(dataset, default_name):
            table = to_table(columns)
            names = table.column_names
            yield pa.table({n: cast(table[n], types[n]) if n in types else table[n] for n in names})

    examples = load(Source(_NAME, budget + 1, tables), budget)
    return examples.with_answer(ANSWER) if has_answer else examples


def _has_answer(spec: Any) -> bool:
    if isinstance(spec, tuple) and len(spec) != 2:
        raise DataError(
            f"Elements of {_NAME} must be texts, dictionaries of columns, or pairs of one and its label. "
            f"Received: tuples of {len(spec)}"
        )
    return isinstance(spec, tuple)


def _batched(dataset: Any) -> Any:
    spec = dataset.element_spec
    items = spec[0] if isinstance(spec, tuple) else spec
    first = next(iter(items.values())) if isinstance(items, Mapping) else items
    rank = getattr(first.shape, "rank", None)
    return dataset.batch(_ROWS) if rank == 0 else dataset


def _pieces(dataset: Any, default_name: str) -> Iterator[dict[str, np.ndarray]]:
    for element in dataset.as_numpy_iterator():
        items, answers = element if isinstance(element, tuple) else (element, None)
        columns = items if isinstance(items, Mapping) else {default_name: items}
        made = {str(name): to_column(values) for name, values in columns.items()}
        if answers is not None:
            several = answers.ndim == 2 and answers.shape[1] > 1
            made[ANSWER] = to_column(indicators_to_labels(answers.astype(float), None, ANSWER) if several else answers)
        yield made
