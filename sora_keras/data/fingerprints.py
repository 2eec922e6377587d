"""One number for the contents of a data set."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

_ROWS = 4096


class _Batched(Protocol):
    @property
    def names(self) -> tuple[str, ...]: ...
    def batches(self, size: int) -> Iterator[Any]: ...


def fingerprint_of(examples: _Batched) -> str:
    """SHA-256 over names, types and values, column by column; where batches end makes no difference."""
    hashes = {name: hashlib.sha256(name.encode("utf-8", "surrogatepass")) for name in examples.names}
    for part in examples.batches(_ROWS):
        for name, running in hashes.items():
            _update(running, part.column(name))
    return hashlib.sha256(b"".join(running.digest() for running in hashes.values())).hexdigest()


def _update(running: Any, values: np.ndarray) -> None:
    if values.dtype != object:
        running.update(np.ascontiguousarray(values).tobytes())
        return
    for value in values:
        kind = b"s" if isinstance(value, str) else b"o"
        content = (value if isinstance(value, str) else repr(value)).encode("utf-8", "surrogatepass")
        running.update(kind + len(content).to_bytes(8, "little") + content)
