"""Paths, globs and folders to sources of rows."""

from __future__ import annotations

import difflib
import glob
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sora_keras.data.class_folders import class_folder_source
from sora_keras.data.csv_files import CsvFile
from sora_keras.data.json_files import JsonLinesFile
from sora_keras.data.parquet_files import ParquetFile
from sora_keras.data.sources import Source, Types
from sora_keras.errors import DataError, NotFoundError

# RecBole's tables are separated by tabs.
_CSV = (".csv", ".tsv", ".tab", ".inter", ".item", ".user")
_JSON = (".jsonl", ".ndjson", ".json-lines", ".jsonlines", ".json")
_PARQUET = (".parquet", ".pq")
SUFFIXES = (*_CSV, *_JSON, *_PARQUET)
# Text on disk to Python strings and the Arrow table that they come from.
_EXPANSION = 4

Path_ = str | os.PathLike[str]


def is_file_list(values: Any) -> bool:
    """Whether a list holds paths of data files rather than texts."""
    if not isinstance(values, list | tuple) or not values:
        return False
    first = values[0]
    if isinstance(first, Path):
        return True
    # A text longer than a path can be would make the file system raise.
    plausible = isinstance(first, str) and len(first) < 1024 and first.lower().endswith(SUFFIXES)
    return plausible and "\0" not in first and Path(first).is_file()


def file_source(paths: Path_ | Sequence[Path_], texts: tuple[str, ...] = ()) -> Source:
    """The source of one path, glob or folder, or of several paths.

    Args:
        texts: columns that hold text whatever it looks like.

    Raises:
        NotFoundError: nothing is there. DataError: the files are empty or of a kind that is not read.
    """
    found = [path for given in _as_list(paths) for path in expanded(given)]
    if len(found) == 1 and found[0].is_dir():
        return class_folder_source(found[0])
    sizes, readers = zip(*(_opened(path, texts) for path in found), strict=True)
    name = found[0].name if len(found) == 1 else f"{found[0].name} and {len(found) - 1} more"

    def tables(types: Types, whole: bool) -> Iterator[Any]:
        for reader in readers:
            yield from reader(types, whole)

    loose = all(path.suffix.lower() in _JSON for path in found)
    return Source(name, sum(sizes) * _EXPANSION, tables, loose)


def _opened(path: Path, texts: tuple[str, ...]) -> tuple[int, Callable[[Types, bool], Iterator[Any]]]:
    suffix = path.suffix.lower()
    if path.is_dir() or suffix not in SUFFIXES:
        raise DataError(
            f"{path} is no kind of file that is read here. Expected: {', '.join(SUFFIXES)}, "
            "or a folder with a sub-folder of .txt files for each class."
        )
    try:
        size = path.stat().st_size
        if not size:
            raise DataError(f"{path} is empty.")
        if suffix in _PARQUET:
            parquet = ParquetFile(path)
            return parquet.size(), parquet.tables
        return size, CsvFile(path, texts).tables if suffix in _CSV else JsonLinesFile(path).tables
    except OSError as error:
        raise DataError(f"{path} could not be read: {error.strerror or error}") from error


def _as_list(paths: Path_ | Sequence[Path_]) -> list[Path_]:
    return [paths] if isinstance(paths, str | os.PathLike) else list(paths)


def expanded(given: Path_) -> list[Path]:
    """The path that is given, if something is there, or those that a glob stands for.

    Raises:
        NotFoundError: there is nothing.
    """
    text = os.path.expanduser(os.fspath(given))
    if "\0" in text:
        raise NotFoundError("A path cannot hold NUL bytes. For texts, pass a list of them.")
    try:
        if Path(text).exists():
            return [Path(text)]
        found = sorted(map(Path, glob.glob(text, recursive=True))) if glob.has_magic(text) else []
    except OSError:  # a text that is too long for a path
        found = []
    if found:
        return found
    shown = text if len(text) < 200 else text[:200] + "…"
    raise NotFoundError(
        f"There is no file or folder {shown!r}.{_nearest_file(Path(text))} "
        "Give a path, a glob such as 'data/*.csv', or, for texts themselves, a list: ['…']."
    )


def _nearest_file(path: Path) -> str:
    try:
        names = os.listdir(path.parent)
    except OSError:
        return ""
    close = difflib.get_close_matches(path.name, names, n=1)
    return f" Did you mean {str(path.parent / close[0])!r}?" if close else ""
