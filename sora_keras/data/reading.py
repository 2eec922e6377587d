"""Anything people hold data in, to examples with their answers: the door to the house."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from sora_keras.data.answers import as_answers, indicators_to_labels
from sora_keras.data.columns import is_blank, to_column
from sora_keras.data.containers import ANSWER, from_container
from sora_keras.data.examples import Examples, check_column
from sora_keras.data.files import file_source, is_file_list
from sora_keras.data.memory import parse_memory
from sora_keras.data.names import find_answer_column
from sora_keras.data.sources import load
from sora_keras.data.streamed import StreamedExamples
from sora_keras.data.tf_dataset import from_dataset, is_dataset
from sora_keras.errors import ArgumentTypeError, DataError

AnyExamples = Examples | StreamedExamples

# Joins the names of several 0/1 columns to the one answer that they make.
_AND = " + "


def read_examples(
    X: Any, y: Any = None, *, answer_required: bool = True, memory: int | str = "auto",
    default_name: str = "text",
) -> AnyExamples:  # fmt: skip
    """Read raw data and say which column is the answer.

    Args:
        X: a path (CSV, TSV, JSON lines, Parquet), several, or a glob; a folder with a sub-folder of .txt
            files for each class; a pandas DataFrame or Series, Arrow table, dictionary of columns, list of
            records or texts, numpy array; a pair of such and its answers; a `tf.data.Dataset`; examples.
        y: the answers; the name of their column; the names of several columns of 0 and 1; or None to look for
            an obvious column.
        answer_required: whether to raise where there is no answer.
        memory: bytes, or as in "2GB": larger files are streamed; `"auto"` is a quarter of the free memory.
        default_name: the column of values that have no name.

    Raises:
        NotFoundError: there is no such file. DataError: the data is broken, empty, or the answer unclear.
        ArgumentTypeError: `X` or `y` is nothing that holds data.

    Example:
        >>> read_examples(["good", "bad"], [1, 0]).answer
        'label'
    """
    if y is None and _is_pair(X):
        X, y = X
    budget = parse_memory(memory)
    if isinstance(X, Examples | StreamedExamples):
        examples: AnyExamples = X
    elif isinstance(X, str | os.PathLike) or is_file_list(X):
        examples = load(file_source(X, texts=(default_name,)), budget)
    elif is_dataset(X):
        examples = from_dataset(X, default_name, budget)
    else:
        examples = from_container(X, default_name)
    if y is None:
        return _found_answer(examples, answer_required, default_name)
    return _named_answer(examples, y) if _names_columns(y, examples) else _given_answer(examples, y)


def with_known_answer(examples: AnyExamples, name: str) -> AnyExamples:
    """The answer that training used, or where there is no such column an obvious one.

    Raises:
        DataError: there is neither; lists the columns.
    """
    if name in examples.names or all(part in examples.names for part in name.split(_AND)):
        return _named_answer(examples, name)
    if examples.answer is None:
        check_column(name, examples.names, examples.source)
    return examples


def _is_pair(X: Any) -> bool:
    """Whether this is `(X, y)` in one tuple, and not two texts or a text and its label."""
    if not isinstance(X, tuple) or len(X) != 2:
        return False
    return all(hasattr(part, "__len__") and not isinstance(part, str | bytes | dict) for part in X)


def _found_answer(examples: AnyExamples, required: bool, default_name: str) -> AnyExamples:
    if examples.answer is not None:
        return examples
    if required and examples.names == (default_name,):
        raise DataError(f"y is missing: {examples.source} has texts alone. Pass their answers as y=.")
    try:
        return examples.with_answer(find_answer_column(examples.names, exclude=(default_name,)))
    except DataError:
        if required:
            raise
        return examples


def _names_columns(y: Any, examples: AnyExamples) -> bool:
    if isinstance(y, str):
        return True
    if not isinstance(y, list | tuple) or not y or not all(isinstance(name, str) for name in y):
        return False
    known = [name in examples.names for name in y]
    # A list as long as the rows holds answers, unless each is a column; bare texts have none to name.
    return len(examples.names) > 1 and (all(known) or (len(y) != len(examples) and (any(known) or len(y) == 1)))


def _named_answer(examples: AnyExamples, y: str | list[str]) -> AnyExamples:
    names = [y] if isinstance(y, str) else list(y)
    if len(names) == 1 and names[0] not in examples.names and _AND in names[0]:
        names = names[0].split(_AND)
    for name in names:
        check_column(name, examples.names, examples.source)
    if len(names) == 1:
        return examples.with_answer(names[0])
    matrix = np.stack([_zeros_and_ones(examples.column(name), name) for name in names], axis=1)
    joined = _AND.join(names)
    answers = to_column(indicators_to_labels(matrix, names, joined))
    return examples.without_columns(*names).with_columns({joined: answers}).with_answer(joined)


def _zeros_and_ones(values: np.ndarray, name: str) -> np.ndarray:
    try:
        return np.array([np.nan if is_blank(value) else float(value) for value in values])
    except (TypeError, ValueError) as error:
        raise DataError(
            f"Several answer columns must hold 0 and 1 each. Received: other values in {name!r}."
        ) from error


def _given_answer(examples: AnyExamples, y: Any) -> AnyExamples:
    if not hasattr(y, "__len__") or isinstance(y, bytes | dict | set | frozenset):
        raise ArgumentTypeError(f"y must be answers, one a row, or the name of a column. Received: {type(y).__name__}")
    if len(y) != len(examples):
        raise DataError(f"X and y must have the same length. Received: {len(examples):,} in X and {len(y):,} in y")
    name = _free_name(y, examples)
    return examples.with_columns({name: _answers(y, name)}).with_answer(name)


def _answers(y: Any, name: str) -> np.ndarray:
    shape: tuple[int, ...] = getattr(y, "shape", ())
    if len(shape) == 2 and shape[1] > 1:
        names = [str(column) for column in y.columns] if hasattr(y, "columns") else None
        return to_column(as_answers(y, name=name, separator=None, class_names=names)[0])
    if len(shape) == 2 and hasattr(y, "iloc"):
        return to_column(y.iloc[:, 0])
    return to_column(y if type(y).__module__.partition(".")[0] in ("pandas", "pyarrow") else _plain(y))


def _plain(y: Any) -> Any:
    return y if isinstance(y, list | tuple | np.ndarray) else np.asarray(y)


def _free_name(y: Any, examples: AnyExamples) -> str:
    given = getattr(y, "name", None)
    if isinstance(given, str) and given:
        return given
    return next(name for name in (ANSWER, "answer", "answers", "y", "given y") if name not in examples.names)
