"""Examples: named, typed columns in memory, still raw."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from sora_keras.data.columns import to_column
from sora_keras.data.findings import Finding
from sora_keras.data.fingerprints import fingerprint_of
from sora_keras.errors import DataError, nearest


@dataclass(frozen=True, eq=False, repr=False)
class Examples:
    """Raw data after reading.

    Args:
        columns: name to 1-D array, all of one length. Columns of strings are object arrays of `str`, with
            None for what is missing. Anything else that holds values is coerced.
        answer: the column with the answers, if there is one.
        source: where the data came from, for messages.
        notes: what was noticed in reading, for `check` to pass on.

    Raises:
        DataError: there is no column, their lengths differ, or `answer` is none of them.

    Example:
        >>> Examples({"text": ["good", "bad"], "label": [1, 0]}, answer="label").take([1]).column("text")
        array(['bad'], dtype=object)
    """

    columns: dict[str, np.ndarray]
    answer: str | None = None
    source: str = "data"
    notes: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        if not self.columns:
            raise DataError(f"{self.source} has no columns.")
        if not all(_is_column(values) for values in self.columns.values()):
            object.__setattr__(self, "columns", {n: to_column(v) for n, v in self.columns.items()})
        lengths = {name: len(values) for name, values in self.columns.items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{name!r}: {length:,}" for name, length in lengths.items())
            raise DataError(f"All columns of {self.source} must have the same length. Received: {listed}")
        if self.answer is not None:
            check_column(self.answer, self.names, self.source)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(self.columns)

    @property
    def streamed(self) -> Literal[False]:
        """Whether the rows are on disk."""
        return False

    @property
    def nbytes(self) -> int:
        """Roughly the memory that the columns take, in bytes."""
        return sum(_size(values) for values in self.columns.values())

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __repr__(self) -> str:
        return f"Examples({len(self):,} rows of {', '.join(self.names)}; answer={self.answer!r})"

    def column(self, name: str) -> np.ndarray:
        """One column; a name that is none raises `DataError` with the nearest."""
        check_column(name, self.names, self.source)
        return self.columns[name]

    def take(self, indices: Any) -> Examples:
        """The rows of these numbers, in their order."""
        rows = np.asarray(indices)
        rows = rows if rows.size else rows.astype(np.int64)
        return replace(self, columns={name: values[rows] for name, values in self.columns.items()})

    def batches(self, size: int) -> Iterator[Examples]:
        """Successive parts of at most `size` rows, in order."""
        for start in range(0, len(self), size):
            yield self._part(start, start + size)

    def _part(self, start: int, stop: int) -> Examples:
        return replace(self, columns={n: values[start:stop] for n, values in self.columns.items()})

    def with_columns(self, columns: Mapping[str, Any]) -> Examples:
        """With these columns added, or put in the place of those of the same name."""
        return replace(self, columns={**self.columns, **{n: to_column(v) for n, v in columns.items()}})

    def without_columns(self, *names: str) -> Examples:
        """Without these columns."""
        answer = None if self.answer in names else self.answer
        kept = {name: values for name, values in self.columns.items() if name not in names}
        return replace(self, columns=kept, answer=answer)

    def with_answer(self, name: str | None) -> Examples:
        """With another column as the answer."""
        return replace(self, answer=name)

    def rename(self, names: Mapping[str, str]) -> Examples:
        """With columns renamed, from old name to new."""
        renamed = renamed_columns(self.names, names, self.source)
        columns = dict(zip(renamed, self.columns.values(), strict=True))
        answer = None if self.answer is None else names.get(self.answer, self.answer)
        return replace(self, columns=columns, answer=answer)

    def fingerprint(self) -> str:
        """SHA-256 of names, types and values, in hexadecimal; the same for the same rows streamed."""
        return fingerprint_of(self)


def check_column(name: Any, names: tuple[str, ...], source: str) -> None:
    """Raise `DataError`, with the nearest name and all there are, unless `name` is a column."""
    if name not in names:
        raise DataError(
            f"{source} has no column {name!r}.{nearest(name, names)} Columns: {', '.join(map(repr, names))}."
        )


def renamed_columns(names: tuple[str, ...], mapping: Mapping[str, str], source: str) -> tuple[str, ...]:
    """The names after renaming; raises `DataError` for an unknown column or two of one name."""
    for old in mapping:
        check_column(old, names, source)
    renamed = tuple(mapping.get(name, name) for name in names)
    if len(set(renamed)) < len(renamed):
        raise DataError(f"Renaming {dict(mapping)} would leave two columns of {source} with one name.")
    return renamed


def _is_column(values: Any) -> bool:
    return isinstance(values, np.ndarray) and values.ndim == 1 and values.dtype.kind in "biufcmMO"


def _size(values: np.ndarray) -> int:
    held = sum(map(sys.getsizeof, values)) if values.dtype == object else 0
    return int(values.nbytes + held)
