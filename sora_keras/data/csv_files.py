"""CSV and TSV as Arrow tables, whole or block by block."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sora_keras.data.encoding import detect_encoding, text_input
from sora_keras.data.names import is_text_name
from sora_keras.data.sources import NewTypes, Types
from sora_keras.errors import DataError

_SEPARATORS = (",", "\t", ";", "|")
_BLOCK = 2**20
_LARGEST_BLOCK = 2**31 - 1


class CsvFile:
    """One CSV or TSV file; `texts` are columns that hold text whatever it looks like."""

    def __init__(self, path: Path, texts: tuple[str, ...] = ()) -> None:
        self._path = path
        self._encoding = detect_encoding(path)
        self._block = _BLOCK
        header = self._header()
        self._separator = self._find_separator(header)
        names = next(csv.reader([header.lstrip("\ufeff")], delimiter=self._separator), [])
        self._texts = tuple(name for name in names if name in texts or is_text_name(name))
        self._columns = len(names)

    def tables(self, types: Types, whole: bool) -> Iterator[Any]:
        """The file's tables, columns in the `types` given; in one piece where `whole`."""
        import pyarrow as pa

        try:
            yield from self._read(types) if whole else self._stream(types)
        except pa.ArrowInvalid as error:
            raise self._explained(error, types) from error
        except OSError as error:
            raise DataError(f"{self._path} could not be read: {error.strerror or error}") from error

    def _read(self, types: Types) -> Iterator[Any]:
        import pyarrow.csv

        with text_input(self._path, self._encoding) as file:
            yield _named(pyarrow.csv.read_csv(file, **self._options(types, threads=True)))

    def _stream(self, types: Types) -> Iterator[Any]:
        import pyarrow as pa
        import pyarrow.csv

        with text_input(self._path, self._encoding) as file:
            reader = pyarrow.csv.open_csv(file, **self._options(types, threads=False))
            empty = True
            for batch in reader:
                empty = False
                yield _named(pa.Table.from_batches([batch]))
            if empty:
                yield _named(reader.schema.empty_table())

    def _options(self, types: Types, *, threads: bool) -> dict[str, Any]:
        import pyarrow as pa
        import pyarrow.csv

        forced = {name: pa.string() for name in self._texts} | {
            name: kind for name, kind in types.items() if not pa.types.is_list(kind)
        }
        return {
            "read_options": pyarrow.csv.ReadOptions(block_size=self._block, use_threads=threads),
            "parse_options": pyarrow.csv.ParseOptions(
                delimiter=self._separator,
                newlines_in_values=True,
                # An empty line is a row of a single column, and no row of several.
                ignore_empty_lines=self._columns > 1,
            ),
            "convert_options": pyarrow.csv.ConvertOptions(column_types=forced),
        }

    def _header(self) -> str:
        with text_input(self._path, self._encoding) as file:
            lines = file.read(2**16).decode("utf-8", "ignore").splitlines()
        return next((line for line in lines if line.strip()), "")

    def _find_separator(self, header: str) -> str:
        usual = "," if self._path.suffix.lower() == ".csv" else "\t"
        return next((mark for mark in (usual, *_SEPARATORS) if mark in header), usual)

    def _explained(self, error: Exception, types: Types) -> Exception:
        message = str(error)
        if "straddling" in message and self._block < min(_LARGEST_BLOCK, self._path.stat().st_size * 4):
            self._block = min(self._block * 16, _LARGEST_BLOCK)
            return NewTypes({})
        wrong = re.search(r"In CSV column #(\d+): (?:Row #\d+: )?CSV conversion error to (\w+)", message)
        if wrong:
            return NewTypes({self._name(int(wrong[1]), types): _wider(wrong[2])})
        if "Empty CSV" in message:
            return DataError(f"{self._path} is empty.")
        row = re.search(r"Row #(\d+)", message) or re.search(r"Row #(\d+)", self._slowly(types))
        where = f", row {row[1]} (the header is row 1)" if row else ""
        what = message.partition("CSV parse error: ")[2] or message
        what = re.sub(r"^Row #\d+: ", "", what)
        return DataError(
            f"{self._path}{where} does not fit the header: {what[:200]}. Texts that hold "
            f"{self._separator!r}, "
            'quotes or line breaks must stand in double quotes ("…"), quotes inside them doubled.'
        )

    def _name(self, place: int, types: Types) -> str:
        import pyarrow.csv

        with text_input(self._path, self._encoding) as file:
            schema = pyarrow.csv.open_csv(file, **self._options(types, threads=False)).schema
        return _names(schema.names)[place]

    def _slowly(self, types: Types) -> str:
        """The message of a reading that counts rows."""
        import pyarrow as pa

        try:
            for _ in self._stream(types):
                pass
        except pa.ArrowInvalid as error:
            return str(error)
        return ""


def _wider(kind: str) -> Any:
    import pyarrow as pa

    return {"null": pa.int64(), "int64": pa.float64()}.get(kind, pa.string())


def _named(table: Any) -> Any:
    return table.rename_columns(_names(table.column_names))


def _names(names: list[str]) -> list[str]:
    # pandas writes its index as a column without a name.
    return [name if name.strip() else f"unnamed_{place}" for place, name in enumerate(names)]
