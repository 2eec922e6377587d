"""Answers as people write them: one value a row, a list of labels, or columns of 0 and 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sora_keras.data.columns import is_blank, is_missing, to_column
from sora_keras.errors import DataError

Answer = str | int | float | bool


def answer_key(value: Any) -> str:
    """How a class is shown and found again: "1" for 1, 1.0 and " 1 " alike."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def as_answers(
    answers: Any, *, name: str, separator: str | None, class_names: Sequence[Any] | None = None
) -> tuple[list[Any], bool]:
    """Answers as Python values without stray spaces, None where missing; tuples if a row has several labels.

    Returns:
        The answers, and whether rows have several labels.
    """
    matrix = _matrix(answers)
    if matrix is not None:
        return indicators_to_labels(matrix, class_names, name), True
    column = to_column(answers)
    rows = column.tolist()
    if column.dtype != object:
        return [None if is_missing(value) else value for value in rows], False
    if separator is not None:
        rows = [_parted(value, separator) for value in rows]
    if any(isinstance(value, tuple) for value in rows):
        return [None if is_blank(value) else _labels(value) for value in rows], True
    return [None if is_blank(value) else _stripped(value, name) for value in rows], False


def indicators_to_labels(matrix: np.ndarray, class_names: Sequence[Any] | None, name: str) -> list[Any]:
    """Rows of 0 and 1 to tuples of class names; a row with a missing value becomes None.

    Raises:
        DataError: other values than 0 and 1, or another number of columns than of names.
    """
    names = tuple(range(matrix.shape[1])) if class_names is None else tuple(class_names)
    if len(names) != matrix.shape[1]:
        raise DataError(
            f"{name!r} must have a column for each of the {len(names)} classes. Received: {matrix.shape[1]} columns"
        )
    missing = np.isnan(matrix)
    wrong = (matrix != 0) & (matrix != 1) & ~missing
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise DataError(
            f"Columns of 0 and 1 say which labels a row of {name!r} has. "
            f"Received: {matrix[row, column]:g} in row {row}, column {names[column]!r}."
        )
    labelled = [tuple(names[column] for column in np.flatnonzero(row == 1)) for row in matrix]
    return [None if gap else row for row, gap in zip(labelled, missing.any(axis=1), strict=True)]


def _matrix(answers: Any) -> np.ndarray | None:
    shape: tuple[int, ...] = getattr(answers, "shape", ())
    if len(shape) != 2 or shape[1] == 1:
        return None
    try:
        return np.asarray(answers, np.float64)
    except (TypeError, ValueError) as error:
        raise DataError("Answers in several columns must be 0 or 1 each; use lists for names.") from error


def _parted(value: Any, separator: str) -> Any:
    if not isinstance(value, str):
        return value
    # An empty cell in a column of separated labels says that the row has none.
    return tuple(part for part in map(str.strip, value.split(separator)) if part)


def _labels(value: Any) -> tuple[Any, ...]:
    parts = value if isinstance(value, tuple) else (value,)
    return tuple(_stripped(part, "label") for part in parts if not is_blank(part))


def _stripped(value: Any, name: str) -> Answer:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, np.generic):
        return str(value)
    if isinstance(value, dict):
        raise DataError(f"{name!r} must hold labels: text, numbers or lists of them. Received: {value!r}")
    return str(value)
