"""A report as text, and the text in a file where one is asked for."""

from __future__ import annotations

import json
import os
from typing import Any

from sora_keras.files import new_file


def as_json(plain: dict[str, Any]) -> str:
    """JSON with every letter as it is; a NaN would be an error."""
    return json.dumps(plain, ensure_ascii=False, allow_nan=False, indent=1)


def written(text: str, path: str | os.PathLike[str] | None, overwrite: bool) -> str:
    """The text again, written to `path` where one is given.

    Raises:
        SaveError: `path` exists and `overwrite` is false, or the disk refused.
    """
    if path is not None:
        with new_file(path, overwrite=overwrite) as file:
            file.write_text(text, encoding="utf-8")
    return text
