"""A folder with a sub-folder of .txt files for each class."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sora_keras.data.encoding import detect_encoding
from sora_keras.data.sources import Source, Types
from sora_keras.errors import DataError

_ROWS = 1024
_EXPANSION = 4


def class_folder_source(folder: Path) -> Source:
    """Texts, with the sub-folder's name as label.

    Raises:
        DataError: there are no sub-folders with .txt files.
    """
    classes = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    files = [(path, part.name) for part in classes for path in sorted(part.rglob("*.txt"))]
    if not files:
        data = sorted({path.suffix for path in folder.iterdir() if path.is_file()})
        hint = f" For the files in it, say '{folder}/*{data[0]}'." if data else ""
        raise DataError(f"{folder} has no sub-folder for each class with .txt files in it.{hint}")
    total = sum(path.stat().st_size for path, _ in files)

    def tables(types: Types, whole: bool) -> Iterator[Any]:
        from sora_keras.data.arrow import to_table

        size = len(files) if whole else _ROWS
        for part in (files[start : start + size] for start in range(0, len(files), size)):
            texts = np.array([_text(path) for path, _ in part], dtype=object)
            yield to_table({"text": texts, "label": np.array([name for _, name in part], dtype=object)})

    return Source(folder.name, total * _EXPANSION, tables)


def _text(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode(detect_encoding(path))
    except DataError:
        # The checks name such texts as unreadable.
        return data.decode("utf-8", "replace")
