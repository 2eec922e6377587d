"""What was noticed in the data, and how it is said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MOST_ROWS = 1000


@dataclass(frozen=True)
class Finding:
    """Something in the data that the user should know.

    kind: `missing`, `empty`, `duplicate`, `leak`, `constant`, `rare_class`, `conflicting_label`, `unreadable`,
    `stray_space`, `mixed_type`, `very_long`, `pixel_range`, `single`, `unused`, `missing_items`,
    `box`, `box_unit` or `no_boxes`; message: one clause
    with the count; rows: the numbers of the first 1,000 rows it concerns, of the data for validation or scoring for a
    `leak`.
    """

    kind: str
    message: str
    rows: tuple[int, ...] = ()


def describe(findings: Iterable[Finding]) -> str:
    """One short paragraph; empty where nothing was found."""
    messages = [finding.message for finding in findings]
    return f"Noticed in the data: {'; '.join(messages)}." if messages else ""


def rows_text(count: int, noun: str = "row") -> str:
    """`1 row`, `2 rows`, `1,000 rows`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
