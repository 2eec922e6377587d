"""Rows in an Arrow file in a temporary folder, read one record batch at a time."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from sora_keras.data.arrow import from_arrow
from sora_keras.errors import DataError

BATCH_ROWS = 1024


class Store:
    """The rows of Arrow tables on disk.

    Args:
        tables: pieces of the data, all with the same columns and types.

    The folder is removed when the object is collected, or when the interpreter ends.

    Raises:
        DataError: the disk refused.
    """

    def __init__(self, tables: Iterable[Any]) -> None:
        folder = tempfile.mkdtemp(prefix="sora-keras-")
        self._remove = weakref.finalize(self, _remove, folder, os.getpid())
        self.path = Path(folder, "rows.arrow")
        self.names, self.starts, self.objects = _write(self.path, tables)
        self.nbytes = self.path.stat().st_size

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.starts[-1])

    def reader(self, names: tuple[str, ...]) -> StoreReader:
        """A reader of these columns, as a context manager."""
        return StoreReader(self, names)


class StoreReader:
    """Reads rows of some columns; keeps the last record batch, since the next rows are mostly in it too."""

    def __init__(self, store: Store, names: tuple[str, ...]) -> None:
        import pyarrow as pa

        self._store = store
        # Not a memory map: its pages would count as this process's memory.
        self._file = pa.OSFile(str(store.path))
        schema = pa.ipc.open_file(self._file).schema
        fields = [schema.get_field_index(name) for name in names]
        self._batches = pa.ipc.open_file(self._file, options=pa.ipc.IpcReadOptions(included_fields=fields))
        self._names = names
        self._last: tuple[int, dict[str, np.ndarray]] | None = None

    def __enter__(self) -> StoreReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def rows(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """The columns of these rows, in the order asked for."""
        ordered = bool(np.all(rows[1:] >= rows[:-1]))
        order = None if ordered else np.argsort(rows, kind="stable")
        ascending = rows if order is None else rows[order]
        numbers = np.searchsorted(self._store.starts, ascending, side="right") - 1
        parts = []
        for number in np.unique(numbers):
            within = ascending[numbers == number] - self._store.starts[number]
            parts.append({name: values[within] for name, values in self._batch(int(number)).items()})
        joined = {name: np.concatenate([part[name] for part in parts]) for name in self._names}
        if order is None:
            return joined
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return {name: values[back] for name, values in joined.items()}

    def _batch(self, number: int) -> dict[str, np.ndarray]:
        if self._last is None or self._last[0] != number:
            batch = self._batches.get_batch(number)
            columns = {
                name: from_arrow(batch.column(name), objects=name in self._store.objects) for name in self._names
            }
            self._last = (number, columns)
        return self._last[1]


def _write(path: Path, tables: Iterable[Any]) -> tuple[tuple[str, ...], np.ndarray, frozenset[str]]:
    """Write record batches; gives the columns, where each batch starts, and which columns miss values."""
    import pyarrow as pa

    names: tuple[str, ...] = ()
    objects: set[str] = set()
    starts, writer = [0], None
    try:
        with pa.OSFile(str(path), "wb") as file:
            for table in tables:
                writer = writer or pa.ipc.new_file(file, table.schema)
                names = tuple(table.column_names)
                objects.update(name for name in table.column_names if table[name].null_count)
                for batch in table.to_batches(max_chunksize=BATCH_ROWS):
                    writer.write_batch(batch)
                    starts.append(starts[-1] + batch.num_rows)
            if writer is not None:
                writer.close()
    except OSError as error:
        raise DataError(
            f"Streaming needs room for the rows in {path.parent}: {error.strerror or error}. Free some "
            "space, set TMPDIR to a larger disk, or give more memory with memory=."
        ) from error
    return names, np.array(starts, np.int64), frozenset(objects)


def _remove(folder: str, process: int) -> None:
    # A forked child inherits the object; the file is its parent's.
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)
