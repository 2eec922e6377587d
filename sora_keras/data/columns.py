"""Values of any container to one typed column, coerced once at the door."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from sora_keras.errors import DataError

_NUMBERS = ({bool}, {int}, {float}, {int, float})


def is_missing(value: Any) -> bool:
    """Whether a value stands for nothing: None, NaN, NaT or pandas' NA."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    # NaN and numpy's NaT are what differs from itself.
    return isinstance(value, float | np.floating | np.datetime64 | np.timedelta64) and bool(value != value)


def is_blank(value: Any) -> bool:
    """Whether a value is missing, or a string of nothing but white space."""
    return value.strip() == "" if isinstance(value, str) else is_missing(value)


def to_column(values: Any) -> np.ndarray:
    """Make a 1-D array of numbers, times, or objects (`str`, tuples for lists, None for missing).

    Args:
        values: a list, tuple, numpy array, pandas Series or index, or Arrow array.

    Raises:
        DataError: the values have more than one dimension.
    """
    module = type(values).__module__.partition(".")[0]
    if module == "pyarrow":
        from sora_keras.data.arrow import from_arrow

        return from_arrow(values)
    if module == "pandas":
        return _from_pandas(values)
    if not isinstance(values, np.ndarray):
        return _from_sequence(list(values))
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise DataError(f"A column needs one dimension. Received: an array of shape {values.shape}")
    if values.dtype.kind in "biufcmM":
        return np.asarray(values)
    if values.dtype.kind in "SUT":
        values = values.astype(object)
    return _from_objects(values)


def _from_pandas(values: Any) -> np.ndarray:
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "biufmM":
        return np.asarray(values.to_numpy())
    objects = np.array(values.astype(object).to_numpy(), dtype=object)
    objects[np.asarray(values.isna())] = None
    return _from_objects(objects)


def _from_sequence(values: Sequence[Any]) -> np.ndarray:
    return _from_objects(object_column(values))


def _from_objects(objects: np.ndarray) -> np.ndarray:
    if set(map(type, objects)) - {str, type(None)}:
        objects = _filled(map(_coerced, objects), len(objects))
        if set(map(type, objects)) in _NUMBERS:
            return _numbers(objects)
    bad = [row for row, value in enumerate(objects) if isinstance(value, str) and _has_lone_surrogate(value)]
    if bad:
        objects = objects.copy()
        for row in bad:
            objects[row] = objects[row].encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return objects


def _filled(values: Iterable[Any], count: int) -> np.ndarray:
    objects = np.empty(count, dtype=object)
    for place, value in enumerate(values):
        objects[place] = value
    return objects


def _coerced(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, str):
        return str(value)
    if isinstance(value, set | frozenset):
        return tuple(sorted(map(_coerced, value), key=str))
    if isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim):
        return tuple(map(_coerced, value))
    if is_missing(value):
        return None
    # np.datetime64 in nanoseconds becomes a bare integer by item().
    if isinstance(value, np.generic) and value.dtype.kind not in "mM":
        return value.item()
    return value


def _numbers(objects: np.ndarray) -> np.ndarray:
    numbers = np.array(objects.tolist())
    return numbers if numbers.dtype.kind in "bif" else objects


def _has_lone_surrogate(text: str) -> bool:
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def object_column(values: Sequence[Any]) -> np.ndarray:
    """An object array (values,) of these as they are, also where they are sequences themselves."""
    objects = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        objects[place] = value
    return objects
