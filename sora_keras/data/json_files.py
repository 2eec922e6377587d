"""JSON lines as Arrow tables, chunk by chunk."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from sora_keras.data.columns import to_column
from sora_keras.data.encoding import detect_encoding
from sora_keras.data.sources import Types, cast
from sora_keras.errors import DataError

_ROWS = 1024
_ALL = 2**62


class JsonLinesFile:
    """One file with a JSON object a line, or with one list of objects."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._encoding = detect_encoding(path)

    def tables(self, types: Types, whole: bool) -> Iterator[Any]:
        """The file's tables, columns in the `types` given; in one piece where `whole`."""
        records = self._records()
        while part := list(islice(records, _ALL if whole else _ROWS)):
            yield table_of(to_columns(part, str(self._path)), types)

    def _records(self) -> Iterator[Any]:
        with self._path.open("rb") as file:
            lines = io.TextIOWrapper(file, encoding=self._encoding)
            for number, line in enumerate(lines, 1):
                if number == 1 and line.lstrip().startswith("["):
                    yield from self._list(line + lines.read())
                elif line.strip():
                    yield self._record(line, number)

    def _record(self, line: str, number: int) -> Any:
        try:
            return json.loads(line)
        except ValueError as error:
            raise DataError(
                f"{self._path}, line {number} is no JSON object: {error}. JSON lines hold one object a line."
            ) from error

    def _list(self, text: str) -> list[Any]:
        try:
            return list(json.loads(text))
        except ValueError as error:
            raise DataError(f"{self._path} begins as a list of JSON objects, but is none: {error}") from error


def to_columns(records: Iterable[Any], source: str) -> dict[str, Any]:
    """A list of records as columns; a key that a record lacks is missing there.

    Raises:
        DataError: one of them is no mapping.
    """
    records = list(records)
    for place, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise DataError(
                f"{source} must hold records, such as {{'text': …, 'label': …}}. "
                f"Received: {type(record).__name__} as record {place}."
            )
    names = list(dict.fromkeys(name for record in records for name in record))
    return {str(name): to_column([record.get(name) for record in records]) for name in names}


def table_of(columns: Mapping[str, Any], types: Types) -> Any:
    """Columns as an Arrow table, those in `types` in that type."""
    import pyarrow as pa

    from sora_keras.data.arrow import to_arrow

    arrays = {name: to_arrow(values) for name, values in columns.items()}
    return pa.table({n: cast(array, types[n]) if n in types else array for n, array in arrays.items()})
