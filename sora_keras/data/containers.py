"""Data frames, arrays, dictionaries and lists in memory to examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sora_keras.data.columns import to_column
from sora_keras.data.examples import Examples
from sora_keras.data.json_files import to_columns
from sora_keras.errors import ArgumentTypeError, DataError

_TAKEN = (
    "a path, several paths or a glob; a pandas DataFrame or Series; an Arrow table; a dictionary of "
    "columns; a list of texts or of records; a numpy array; a folder of classes; a tf.data.Dataset"
)
ANSWER = "label"


def from_container(X: Any, default_name: str) -> Examples:
    """What holds data in memory, as examples; values without a name become the column `default_name`.

    Raises:
        ArgumentTypeError: it is no container that is known here. DataError: it is empty or inconsistent.
    """
    examples = _read(X, default_name)
    if not len(examples):
        raise DataError(f"{examples.source} has no rows.")
    return examples


def _read(X: Any, default_name: str) -> Examples:
    module, kind = type(X).__module__.partition(".")[0], type(X).__name__
    if module == "pandas" and kind == "DataFrame":
        names = unique_names(map(str, X.columns), "the DataFrame")
        values = [to_column(X.iloc[:, place]) for place in range(len(names))]
        return _table(names, values, default_name, "the DataFrame")
    if module == "pandas" and kind in ("Series", "Index"):
        named = isinstance(X.name, str) and X.name
        return Examples({X.name if named else default_name: to_column(X)}, source=f"the {kind}")
    if (hasattr(X, "__arrow_c_stream__") and module != "pyarrow") or kind in ("Table", "RecordBatch"):
        import pyarrow as pa

        table = X if module == "pyarrow" else pa.table(X)
        names = unique_names(table.schema.names, "the table")
        values = [to_column(table.column(place)) for place in range(len(names))]
        return _table(names, values, default_name, "the table")
    if isinstance(X, Mapping):
        names = unique_names(map(str, X), "the dictionary")
        return _table(names, [to_column(value) for value in X.values()], default_name, "the dictionary")
    if isinstance(X, list | tuple):
        return _from_list(list(X), default_name, f"the {kind}")
    if module == "pyarrow" or isinstance(X, np.ndarray) or hasattr(X, "__array__"):
        return _from_array(X, default_name)
    raise ArgumentTypeError(f"X must be {_TAKEN}. Received: {type(X).__module__}.{kind}")


def unique_names(names: Any, source: str) -> list[str]:
    """The names as a list; raises `DataError` where one stands twice."""
    listed = list(names)
    twice = sorted({name for name in listed if listed.count(name) > 1})
    if twice:
        raise DataError(f"{source} has several columns named {', '.join(map(repr, twice))}. Rename them.")
    return listed


def _table(names: list[str], values: list[np.ndarray], default_name: str, source: str) -> Examples:
    # A frame made of a bare array numbers its only column.
    if names == ["0"]:
        names = [default_name]
    return Examples(dict(zip(names, values, strict=True)), source=source)


def _from_list(values: list[Any], default_name: str, source: str) -> Examples:
    if not values:
        raise DataError("X has no rows. Received: an empty list")
    if any(isinstance(value, Mapping) for value in values):
        return Examples(to_columns(values, source), source=source)
    if all(isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str) for value in values):
        items, answers = zip(*values, strict=True)
        return Examples({default_name: to_column(items), ANSWER: to_column(answers)}, ANSWER, source)
    if all(isinstance(value, list | tuple | np.ndarray) and len(value) == 1 for value in values):
        values = [value[0] for value in values]
    return Examples({default_name: to_column(values)}, source=source)


def _from_array(X: Any, default_name: str) -> Examples:
    if type(X).__module__.startswith("pyarrow"):
        return Examples({default_name: to_column(X)}, source="the Arrow array")
    array = np.asarray(X)
    if array.ndim == 2 and array.shape[1] > 1:
        columns = {f"x{place}": to_column(array[:, place]) for place in range(array.shape[1])}
        return Examples(columns, source="the array")
    if array.ndim not in (1, 2):
        raise DataError(f"X must have one value or row of values an example. Received: shape {array.shape}")
    return Examples({default_name: to_column(array)}, source="the array")
