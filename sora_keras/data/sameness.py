"""Which items are the same, told by what they hold; picture files are read only where their sizes agree."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from sora_keras.data.findings import MOST_ROWS, Finding, rows_text
from sora_keras.data.picture import Picture

NO_ITEM = int(np.iinfo(np.int64).min)
_ROWS = 4096


@dataclass(frozen=True)
class PictureKey:
    """What an encoded picture is told by: how many bytes it has, and their digest, or the file to read it from."""

    size: int
    digest: bytes | None
    path: str | None

    def read(self) -> bytes | None:
        """The digest; None where the file cannot be read any more."""
        if self.digest is not None:
            return self.digest
        try:
            with open(self.path or "", "rb") as file:
                return hashlib.file_digest(file, _hasher).digest()
        except OSError:
            return None


def keys_of(examples: Any, item: str | None) -> np.ndarray:
    """What the items of examples are told by, (rows,): numbers, or for pictures an object array of keys.

    Args:
        examples: `Examples` or `StreamedExamples`. item: the column of the items; None compares whole rows.
    """
    parts = [_keys(part, item) for part in examples.batches(_ROWS)]
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def numbers_of(*keys: np.ndarray) -> list[np.ndarray]:
    """A number for each key, int64, the same for the same content; `NO_ITEM` for a missing item."""
    held = [key for some in keys if some.dtype == object for key in some if isinstance(key, PictureKey)]
    if not held:
        return [some if some.dtype != object else np.full(len(some), NO_ITEM) for some in keys]
    sizes = Counter(key.size for key in held)
    alike = list({id(key): key for key in held if sizes[key.size] > 1}.values())
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        digests = dict(zip(map(id, alike), pool.map(PictureKey.read, alike, chunksize=64), strict=True))
    return [np.fromiter((_number(key, digests.get(id(key))) for key in some), np.int64, len(some)) for some in keys]


def seen_again(seen: np.ndarray, examples: Any, item: str) -> tuple[Finding, ...]:
    """Which of the examples were trained on; `seen` are the keys of the training data."""
    before, now = numbers_of(seen, keys_of(examples, item))
    rows = np.flatnonzero(np.isin(now, before) & (now != NO_ITEM))
    return _leak(rows, f"{len(now):,} scored are also in the data that fit was given, which makes scores too good")


def shared_groups(group_of: np.ndarray, validation: Any, groups: str) -> tuple[Finding, ...]:
    """Which validation rows are of a group that is trained on; none where validation has no column `groups`."""
    if groups not in validation.names:
        return ()
    trained_on = {str(group) for group in group_of if group is not None}
    rows = [
        row for row, group in enumerate(validation.column(groups)) if group is not None and str(group) in trained_on
    ]
    return _leak(
        np.array(rows, np.int64),
        f"{len(validation):,} for validation have a {groups!r} that is also trained on, "
        "which makes validation too good",
    )


def _leak(rows: np.ndarray, of_which: str) -> tuple[Finding, ...]:
    if not len(rows):
        return ()
    return (Finding("leak", f"{rows_text(len(rows))} of the {of_which}", tuple(rows[:MOST_ROWS].tolist())),)


def _keys(part: Any, item: str | None) -> np.ndarray:
    if item is None:
        features = [part.column(name).tolist() for name in part.names if name != part.answer]
        return np.fromiter(map(hash, zip(*features, strict=True)), np.int64, len(part) if features else 0)
    values = part.column(item)
    if any(isinstance(value, Picture) for value in values):
        keys = np.empty(len(values), object)
        keys[:] = [_picture_key(value) for value in values]
        return keys
    # Python's own string hash is kept in the string, and is good within one process.
    return np.fromiter(_text_keys(values), np.int64, len(values))


def _text_keys(values: Iterable[Any]) -> Iterable[int]:
    for value in values:
        text = value.strip() if isinstance(value, str) else ""
        yield hash(text) if text else NO_ITEM


def _picture_key(value: Any) -> PictureKey | None:
    if not isinstance(value, Picture):
        return None
    if value.content is not None:
        return PictureKey(len(value.content), _hasher(value.content).digest(), None)
    try:
        return PictureKey(os.stat(value.path or "").st_size, None, value.path)
    except OSError:
        return None


def _number(key: Any, digest: bytes | None) -> int:
    if not isinstance(key, PictureKey):
        return NO_ITEM
    # A size of its own makes it unlike all others: the key itself is as good a number as any.
    return int.from_bytes(digest, "little", signed=True) if digest else hash((key.size, key.path or id(key)))


def _hasher(content: bytes = b"") -> Any:
    return hashlib.blake2b(content, digest_size=8)
