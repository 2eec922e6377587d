"""Items that cannot be read: a few are left out, many are an error."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sora_keras.data.findings import Finding
from sora_keras.errors import DataError

_MOST = 0.05
_LISTED = 10
_CLAUSE = "items cannot be read"


def left_out(
    items: np.ndarray, reasons: Mapping[int, str], clause: str = _CLAUSE, before: tuple[int, int] = (0, 0)
) -> Finding:  # fmt: skip
    """What is said of items that are left out.

    Args:
        reasons: why each of them cannot be read, by its place in `items`.
        clause: what is said after their count.
        before: how many of how many items of the same data were left out already.

    Raises:
        DataError: they are more than a twentieth of all items.
    """
    finding = Finding("unreadable", named(items, reasons, clause), tuple(sorted(reasons)[:_LISTED]))
    if len(reasons) + before[0] > _MOST * (len(items) + before[1]):
        raise DataError(f"{finding.message}. Mend them or leave them out.")
    return finding


def named(items: np.ndarray, reasons: Mapping[int, str], clause: str = _CLAUSE) -> str:
    """How many cannot be read, the first ten of them, and why."""
    shown = "; ".join(_with_reason(str(items[place]), reasons[place]) for place in sorted(reasons)[:_LISTED])
    more = "; …" if len(reasons) > _LISTED else ""
    return f"{len(reasons):,} of {len(items):,} {clause} ({shown}{more})"


def _with_reason(name: str, reason: str) -> str:
    reason = reason.rstrip(".")
    return reason if reason.startswith(name) else f"{name}: {reason}"
