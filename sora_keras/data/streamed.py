"""Examples whose rows stay on disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from sora_keras.data.columns import to_column
from sora_keras.data.examples import Examples, check_column, renamed_columns
from sora_keras.data.fingerprints import fingerprint_of
from sora_keras.data.store import Store, StoreReader
from sora_keras.errors import DataError

_ROWS = 8192


@dataclass(frozen=True, eq=False, repr=False)
class StreamedExamples:
    """As `Examples`, with rows in a temporary file that is removed with the last object that reads it.

    `take` gives a view: it keeps row numbers, and reads when rows are asked for. Ascending row numbers are
    read in one pass; others are right too, but slow.

    Args:
        store: the rows. fields: shown name to stored name. answer: the column with the answers.
        source: where the data came from. index: the stored rows of a view; None for all.
        added: columns in memory, one value a row of this view.
    """

    store: Store
    fields: dict[str, str]
    answer: str | None = None
    source: str = "data"
    index: np.ndarray | None = None
    added: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, values in self.added.items():
            if len(values) != len(self):
                raise DataError(
                    f"Column {name!r} must have one value a row of {self.source}, {len(self):,}. "
                    f"Received: {len(values):,}"
                )
        if self.answer is not None:
            check_column(self.answer, self.names, self.source)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return (*self.fields, *(name for name in self.added if name not in self.fields))

    @property
    def streamed(self) -> Literal[True]:
        """Whether the rows are on disk."""
        return True

    @property
    def nbytes(self) -> int:
        """The size of the stored rows on disk, in bytes; a view counts as all it looks at."""
        return self.store.nbytes

    def __len__(self) -> int:
        return self.store.rows if self.index is None else len(self.index)

    def __repr__(self) -> str:
        columns = ", ".join(self.names)
        return f"StreamedExamples({len(self):,} rows of {columns}; answer={self.answer!r})"

    def column(self, name: str) -> np.ndarray:
        """One column, in memory; a name that is none raises `DataError` with the nearest."""
        check_column(name, self.names, self.source)
        if name in self.added:
            return self.added[name]
        stored = self.fields[name]
        with self.store.reader((stored,)) as reader:
            parts = [self._read(reader, start, _ROWS)[stored] for start in range(0, len(self), _ROWS)]
        return np.concatenate(parts) if parts else np.empty(0, dtype=object)

    def take(self, indices: Any) -> StreamedExamples:
        """A view of the rows of these numbers, in their order."""
        rows = np.asarray(indices)
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.int64)
        rows = np.where(rows < 0, rows + len(self), rows)
        if rows.size and (rows.min() < 0 or rows.max() >= len(self)):
            raise IndexError(f"Row numbers must be below {len(self):,}.")
        added = {name: values[rows] for name, values in self.added.items()}
        return replace(self, index=rows if self.index is None else self.index[rows], added=added)

    def batches(self, size: int) -> Iterator[Examples]:
        """Successive parts of at most `size` rows, in memory, in order."""
        stored = tuple(name for shown, name in self.fields.items() if shown not in self.added)
        with self.store.reader(stored) as reader:
            for start in range(0, len(self), size):
                read = self._read(reader, start, size) if stored else {}
                added = {name: values[start : start + size] for name, values in self.added.items()}
                columns = {n: added[n] if n in added else read[self.fields[n]] for n in self.names}
                yield Examples(columns, self.answer, self.source)

    def _read(self, reader: StoreReader, start: int, size: int) -> dict[str, np.ndarray]:
        stop = min(start + size, len(self))
        return reader.rows(np.arange(start, stop) if self.index is None else self.index[start:stop])

    def with_columns(self, columns: Mapping[str, Any]) -> StreamedExamples:
        """With these columns, kept in memory, added or put in the place of those of the same name."""
        return replace(self, added={**self.added, **{n: to_column(v) for n, v in columns.items()}})

    def without_columns(self, *names: str) -> StreamedExamples:
        """Without these columns."""
        fields = {shown: stored for shown, stored in self.fields.items() if shown not in names}
        added = {name: values for name, values in self.added.items() if name not in names}
        answer = None if self.answer in names else self.answer
        return replace(self, fields=fields, added=added, answer=answer)

    def with_answer(self, name: str | None) -> StreamedExamples:
        """With another column as the answer."""
        return replace(self, answer=name)

    def rename(self, names: Mapping[str, str]) -> StreamedExamples:
        """With columns renamed, from old name to new."""
        renamed_columns(self.names, names, self.source)
        answer = None if self.answer is None else names.get(self.answer, self.answer)
        fields = {names.get(shown, shown): stored for shown, stored in self.fields.items()}
        added = {names.get(name, name): values for name, values in self.added.items()}
        return replace(self, fields=fields, added=added, answer=answer)

    def fingerprint(self) -> str:
        """SHA-256 of names, types and values, in hexadecimal; the same for the same rows in memory."""
        return fingerprint_of(self)
