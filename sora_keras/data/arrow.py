"""Arrow arrays and numpy columns, back and forth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sora_keras.data.columns import to_column


def from_arrow(values: Any, *, objects: bool = False) -> np.ndarray:
    """An Arrow array or chunked array as a column.

    Args:
        objects: whether numbers become Python objects even where no value is missing, so that each part of
            a column that misses values elsewhere has one type.
    """
    import pyarrow as pa

    kind = values.type
    if pa.types.is_dictionary(kind):
        return from_arrow(values.cast(kind.value_type), objects=objects)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return np.asarray(values.to_numpy(**_copying(values)))
    plain = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    if pa.types.is_floating(kind) or (plain and not (values.null_count or objects)):
        return np.asarray(values.to_numpy(**_copying(values)))
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return np.asarray(values.to_numpy(**_copying(values))).astype("datetime64[us]")
    listed = values.to_pylist()
    if plain:
        column = np.empty(len(listed), dtype=object)
        column[:] = listed
        return column
    return to_column(listed)


def to_arrow(values: np.ndarray) -> Any:
    """A column as an Arrow array; values of mixed types become strings."""
    import pyarrow as pa

    listed: Any = values.tolist() if values.dtype == object else values
    try:
        return pa.array(listed, from_pandas=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([_plain(value, listed) for value in listed])


def to_table(columns: Mapping[str, np.ndarray]) -> Any:
    """Columns as an Arrow table."""
    import pyarrow as pa

    return pa.table({name: to_arrow(values) for name, values in columns.items()})


def _plain(value: Any, listed: list[Any]) -> Any:
    if value is None:
        return None
    if any(isinstance(other, tuple) for other in listed[:1000]):
        return [str(part) for part in (value if isinstance(value, tuple) else (value,))]
    return str(value)


def _copying(values: Any) -> dict[str, bool]:
    import pyarrow as pa

    return {} if isinstance(values, pa.ChunkedArray) else {"zero_copy_only": False}
