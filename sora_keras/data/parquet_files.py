"""Parquet as Arrow tables, whole or batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sora_keras.data.sources import Types, cast
from sora_keras.errors import DataError

_ROWS = 1024


class ParquetFile:
    """One Parquet file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def size(self) -> int:
        """The bytes that the values take once they are unpacked."""
        with self._open() as file:
            groups = range(file.metadata.num_row_groups)
            return sum(file.metadata.row_group(group).total_byte_size for group in groups)

    def tables(self, types: Types, whole: bool) -> Iterator[Any]:
        """The file's tables, columns in the `types` given; in one piece where `whole`."""
        import pyarrow as pa

        with self._open() as file:
            if whole:
                pieces = iter([file.read()])
            else:
                empty = file.schema_arrow.empty_table()
                batches = file.iter_batches(_ROWS, use_threads=False)
                pieces = (pa.Table.from_batches([batch]) for batch in batches)
                yield _typed(empty, types)
            for table in pieces:
                yield _typed(table, types)

    @contextmanager
    def _open(self) -> Iterator[Any]:
        import pyarrow as pa
        import pyarrow.parquet

        try:
            with pyarrow.parquet.ParquetFile(str(self._path)) as file:
                yield file
        except (pa.ArrowException, OSError) as error:
            raise DataError(
                f"{self._path} is no whole Parquet file: {str(error)[:200]}. Write it again, or give a CSV."
            ) from error


def _typed(table: Any, types: Types) -> Any:
    import pyarrow as pa

    if len(set(table.column_names)) < table.num_columns:
        return table
    arrays = {name: table[name] for name in table.column_names}
    return pa.table({n: cast(array, types[n]) if n in types else array for n, array in arrays.items()})
