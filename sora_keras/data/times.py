"""Times however they are written, as seconds since 1970."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from sora_keras.data.columns import is_blank, to_column
from sora_keras.errors import DataError

# Numbers from the first bound on are milliseconds, then microseconds, then nanoseconds. As seconds 1e11 is the year
# 5138; as milliseconds it is 1973.
_BOUNDS = (1e11, 1e14, 1e17)
_UNITS = ("seconds", "milliseconds", "microseconds", "nanoseconds")
# Smaller numbers, as 0 or 1, 2, 3 that count, fit any unit.
_SMALL = 1e8
_ROWS = 2**20
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_DATE = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:(?:\s*T|\s)\s*(\d{1,2}):(\d{2})(?::(\d{2})([.,]\d+)?)?)?"
    r"\s*(?:(Z|UTC|GMT)|([+-]\d{2}):?(\d{2})?)?",
    re.IGNORECASE,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_times(values: Any, name: str = "time") -> np.ndarray:
    """Times as (rows,) float64 seconds since 1970.

    Args:
        values: numbers, or strings of such, in seconds, milliseconds, microseconds or nanoseconds, which their
            size tells; dates and times as objects or as text (`2024-03-31`, ISO 8601, `2024/3/31 18:05`), without
            a zone in UTC. name: the column, for messages.

    Raises:
        DataError: a value is missing or unreadable, or the numbers are in several units; names the row.

    Example:
        >>> parse_times(["1970-01-02", "1970-01-01T00:00:01+00:00"])
        array([8.64e+04, 1.00e+00])
    """
    return to_seconds(*read_times(values, name), name)


def read_times(values: Any, name: str, rows: Sequence[int] | np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Part of a column of times: dates as seconds, numbers as they stand.

    Args:
        rows: the values' row numbers, for messages.

    Returns:
        The times (rows,) float64, and which of them are numbers, whose unit the whole column tells.

    Raises:
        DataError: a value is missing or unreadable; names the row.
    """
    column = to_column(values)
    if column.dtype.kind in "iuf":
        times, numbers = column.astype(np.float64), np.ones(len(column), bool)
    elif column.dtype.kind in "mM":
        times, numbers = _in_seconds(column), np.zeros(len(column), bool)
    else:
        times, numbers = _of_strings(column) or _of_objects(column)
    wrong = ~np.isfinite(times)
    if wrong.any():
        place = int(np.argmax(wrong))
        raise _unreadable(column[place], name, place if rows is None else int(rows[place]))
    return times, numbers


def to_seconds(times: np.ndarray, numbers: np.ndarray, name: str) -> np.ndarray:
    """What `read_times` read of a whole column, in seconds; `times` is changed. NaN stays, and counts for nothing.

    Raises:
        DataError: the numbers are in several units; names the row.
    """
    where = np.flatnonzero(numbers & np.isfinite(times)) if np.isnan(times).any() or not numbers.all() else None
    count = len(times) if where is None else len(where)
    if not count:
        return times
    # The unit is told by a million rows at most, so that no copy of the column is made.
    some = np.arange(0, count, -(-count // _ROWS))
    unit = _unit(float(np.median(np.abs(times[some if where is None else where[some]]))))
    for start in range(0, len(times), _ROWS):
        part, counted = times[start : start + _ROWS], numbers[start : start + _ROWS]
        _check_unit(part, counted, unit, name, start)
        part[counted] /= 1000.0**unit
    return times


def _unit(size: float) -> int:
    return sum(size >= bound for bound in _BOUNDS)


def _check_unit(part: np.ndarray, counted: np.ndarray, unit: int, name: str, start: int) -> None:
    sizes = np.abs(part)
    units = np.searchsorted(_BOUNDS, sizes, side="right")
    wrong = counted & (units != unit) & (sizes >= _SMALL)
    wrong &= np.isfinite(sizes)
    if wrong.any():
        place = int(np.argmax(wrong))
        raise DataError(
            f"{name!r} mixes units: most of its times are {_UNITS[unit]}, but row {start + place:,} "
            f"looks like {_UNITS[units[place]]}. Received: {part[place]:.0f}. Bring all to one unit."
        )


def _in_seconds(column: np.ndarray) -> np.ndarray:
    micros = column.astype(f"{column.dtype.kind}8[us]")
    return np.where(np.isnat(micros), np.nan, micros.astype(np.int64) / 1e6)


def _of_strings(column: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """All values at once, where all are strings of one usual form."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.dtype != object or set(map(type, column)) != {str}:
        return None
    texts = pc.utf8_trim_whitespace(pa.array(column, pa.string()))
    for kind in (pa.float64(), pa.timestamp("us"), pa.timestamp("us", "UTC")):
        try:
            read = texts.cast(kind).to_numpy(zero_copy_only=False)
        except pa.ArrowInvalid:
            continue
        counted = kind == pa.float64()
        return (read.copy() if counted else _in_seconds(read)), np.full(len(read), counted)
    return None


def _of_objects(column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    pairs = [_read(value) for value in column]
    return np.array([time for time, _ in pairs], np.float64), np.array([number for _, number in pairs], bool)


def _read(value: Any) -> tuple[float, bool]:
    """One time, and whether it is a bare number; NaN for what is none."""
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return (aware - _EPOCH).total_seconds(), False
    if isinstance(value, date):
        return (datetime(value.year, value.month, value.day, tzinfo=UTC) - _EPOCH).total_seconds(), False
    if isinstance(value, np.datetime64):
        return float(_in_seconds(np.array([value]))[0]), False
    if isinstance(value, bool | np.bool_):
        return np.nan, False
    text = value.strip() if isinstance(value, str) else str(value)
    if _NUMBER.fullmatch(text):
        return float(text), True
    return _of_text(text), False


def _of_text(text: str) -> float:
    found = _DATE.fullmatch(text)
    if not found:
        return np.nan
    year, month, day, hour, minute, second, fraction, _, zone_hours, zone_minutes = found.groups()
    try:
        read = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC)
    except ValueError:
        return np.nan
    west = (zone_hours or "").startswith("-")
    ahead = int(zone_hours or 0) * 3600 + int(zone_minutes or 0) * (-60 if west else 60)
    return (read - _EPOCH).total_seconds() + float((fraction or "0").replace(",", ".")) - ahead


def _unreadable(value: Any, name: str, row: int) -> DataError:
    if is_blank(value):
        return DataError(f"{name!r} has no time in row {row:,}. Give every row one, or leave such rows out.")
    return DataError(
        f"{name!r} must hold times: seconds since 1970, or dates such as '2024-03-31 18:05'. "
        f"Received: {value!r} in row {row:,}. Rewrite it, or leave the column out."
    )
