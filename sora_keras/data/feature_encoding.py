"""Columns of any kind as features: numbers that mean the same in every table, learned once and kept as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from sora_keras.data.columns import is_blank
from sora_keras.data.interactions import id_text
from sora_keras.data.times import read_times
from sora_keras.errors import DataError

Kind = Literal["number", "date", "category"]

_SAMPLE = 200
# Standard deviations from the mean: what is further off counts as so far, or one outlier would drown all else.
_FURTHEST = 10.0
# Digits after a zero are a code, as those of a post office: their size says nothing.
_CODE = re.compile(r"\s*[+-]?0\d")
_EDGES = " \t\n[]'\""


@dataclass(frozen=True)
class ColumnEncoding:
    """How one column becomes features: one of a number or date, or one of 0 and 1 for each category.

    name: the column; kind: a date counts as its seconds since 1970; mean, scale: what numbers are standardised with;
    values: the categories; separator: what stands between several of them in one text.
    """

    name: str
    kind: Kind
    mean: float = 0.0
    scale: float = 1.0
    values: tuple[str, ...] = ()
    separator: str | None = None

    @property
    def feature_names(self) -> tuple[str, ...]:
        """`year`, or `genre=Comedy` for a category."""
        return tuple(f"{self.name}={value}" for value in self.values) if self.kind == "category" else (self.name,)

    def encode(self, column: np.ndarray) -> np.ndarray:
        """Features (rows, f) float32: 0, which of a number is the mean, for what is missing or unknown."""
        if self.kind == "category":
            return self._categories(column)
        features = np.clip((numbers_in(column, self.kind) - self.mean) / self.scale, -_FURTHEST, _FURTHEST)
        return np.nan_to_num(features).astype(np.float32)[:, None]

    def _categories(self, column: np.ndarray) -> np.ndarray:
        from sklearn.preprocessing import MultiLabelBinarizer

        known = set(self.values)
        keys = list(map(category_key, column))
        parts = {key: known.intersection(parts_of(key, self.separator)) for key in set(keys)}
        rows = [parts[key] for key in keys]
        coded = MultiLabelBinarizer(classes=list(self.values), sparse_output=True).fit_transform(rows)
        return np.asarray(coded.astype(np.float32).toarray())


@dataclass(frozen=True)
class Encoding:
    """How a table's columns become features.

    Example:
        >>> encoding = Encoding((ColumnEncoding("genre", "category", values=("Comedy", "Drama"), separator="|"),))
        >>> encoding.encode({"genre": np.array(["Comedy|Drama", "Western"], object)}, 2).tolist()
        [[1.0, 1.0], [0.0, 0.0]]
    """

    columns: tuple[ColumnEncoding, ...] = ()

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The features' names, in their order."""
        return tuple(name for column in self.columns for name in column.feature_names)

    def encode(self, columns: Mapping[str, np.ndarray], rows: int) -> np.ndarray:
        """Features (rows, f) float32 of so many rows in columns by name; zeros for a column that is not there."""
        features = np.zeros((rows, len(self.feature_names)), np.float32)
        start = 0
        for encoding in self.columns:
            stop = start + len(encoding.feature_names)
            if encoding.name in columns:
                features[:, start:stop] = encoding.encode(columns[encoding.name])
            start = stop
        return features

    def to_config(self) -> dict[str, Any]:
        """A dictionary for JSON."""
        return {"columns": [asdict(column) | {"values": list(column.values)} for column in self.columns]}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Encoding:
        """From what `to_config` gave."""
        columns = (ColumnEncoding(**column | {"values": tuple(column["values"])}) for column in config["columns"])
        return cls(tuple(columns))


def category_key(value: Any) -> str | tuple[str, ...] | None:
    """What values of one category have in common, and can be counted; None for a missing value."""
    if isinstance(value, tuple):
        return tuple(parts_of(value, None)) or None
    return value.strip() or None if isinstance(value, str) else id_text(value)


def parts_of(value: Any, separator: str | None) -> list[str]:
    """The categories that a value names: a list's, those between separators, or the one; none for a missing value."""
    if isinstance(value, tuple):
        return [text for part in value if (text := id_text(part)) is not None]
    text = id_text(value)
    if text is None or separator is None:
        return [] if text is None else [text]
    return [part for part in (part.strip(_EDGES) for part in text.split(separator)) if part]


def numbers_in(column: np.ndarray, kind: Kind) -> np.ndarray:
    """The numbers or the dates of a column (rows,) float64; NaN for what is missing or is neither."""
    if column.dtype.kind in "biuf":
        values = column.astype(np.float64) if kind == "number" else np.full(len(column), np.nan)
    else:
        values = np.full(len(column), np.nan)
        there = np.flatnonzero([not is_blank(value) for value in column])
        values[there] = _read(column[there], kind)
    # What float32 cannot hold is no measurement.
    return np.where(np.abs(values) < np.finfo(np.float32).max, values, np.nan)


def _read(column: np.ndarray, kind: Kind) -> np.ndarray:
    some = column[:: max(1, len(column) // _SAMPLE)]
    if len(column) > _SAMPLE and np.isnan(_each(some, kind)).all():
        return np.full(len(column), np.nan)
    try:
        return _wanted(column, kind)
    except DataError:
        return _each(column, kind)


def _each(column: np.ndarray, kind: Kind) -> np.ndarray:
    return np.fromiter(_one_by_one(column, kind), np.float64, len(column))


def _one_by_one(column: np.ndarray, kind: Kind) -> Iterable[float]:
    for place in range(len(column)):
        try:
            yield _wanted(column[place : place + 1], kind)[0]
        except DataError:
            yield np.nan


def _wanted(column: np.ndarray, kind: Kind) -> np.ndarray:
    times, numbers = read_times(column, "a feature")
    if kind == "date":
        return np.where(numbers, np.nan, times)
    codes = np.array([isinstance(value, str) and _CODE.match(value) is not None for value in column], bool)
    return np.where(numbers & ~codes, times, np.nan)
