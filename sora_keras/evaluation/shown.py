"""What every report can do with what it holds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sora_keras.evaluation.writing import as_json, written
from sora_keras.files import write_as

if TYPE_CHECKING:
    from rich.console import RenderableType


class Shown:
    """A report as text, JSON, a page, and a file of either; it says how its page and its plain values are made."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        raise NotImplementedError

    def _page(self) -> str:
        """A whole page."""
        raise NotImplementedError

    def __rich__(self) -> RenderableType:
        raise NotImplementedError

    def __str__(self) -> str:
        from sora_keras.evaluation.terminal import plain_text

        return plain_text(self)

    def to_json(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str:
        """JSON text, also written to `path` where one is given.

        Raises:
            SaveError: `path` exists and `overwrite` is false, or the disk refused.
        """
        return written(as_json(self.to_dict()), path, overwrite)

    def to_html(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str:
        """A whole page with plots that needs no network, also written to `path` where one is given.

        Raises:
            SaveError: `path` exists and `overwrite` is false, or the disk refused.
        """
        return written(self._page(), path, overwrite)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the report as the path ends: .html or .json.

        Raises:
            ParameterError: another ending. SaveError: the path exists, or the disk refused.
        """
        return write_as(path, {".html": self.to_html, ".json": self.to_json}, overwrite=overwrite)
