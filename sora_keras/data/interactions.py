"""Interactions: a log of who did what, as numbers in compact columns."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from sora_keras.data.columns import is_blank
from sora_keras.data.examples import Examples
from sora_keras.data.findings import Finding
from sora_keras.errors import DataError, ParameterError, nearest

# A whole number that went through a column of floats: "42.0" is the id 42.
WHOLE = r"^([+-]?\d+)\.0+$"
# Large floats are written so, "1e+15".
_LARGE = r"^[+-]?\d(\.\d+)?e\+\d+$"
_ROWS = 2**22
_NEAREST_OF = 5000


@dataclass(frozen=True, eq=False, repr=False)
class Interactions:
    """Who did what, sorted by user and then by time; rows without times are in the order of their source.

    Args:
        users: the user's number (rows,) int32, never falling. items: the item's number (rows,) int32.
        user_ids, item_ids: the ids (users,) and (items,), `str`, in order of first appearance.
        weights: the rating or weight (rows,) float32, if there is one. times: seconds since 1970 (rows,) float64.
        source: where the rows came from, for messages. findings: what was noticed in reading.

    Raises:
        DataError: the columns are not of one length, or the users not in order.

    Example:
        >>> log = Interactions(np.array([0, 0]), np.array([0, 1]), np.array(["ann"]), np.array(["tea", "milk"]))
        >>> log.item_ids[log.history(0)]
        array(['tea', 'milk'], dtype=object)
    """

    users: np.ndarray
    items: np.ndarray
    user_ids: np.ndarray
    item_ids: np.ndarray
    weights: np.ndarray | None = None
    times: np.ndarray | None = None
    source: str = "data"
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        kinds = {"users": np.int32, "items": np.int32, "user_ids": object, "item_ids": object}
        for name, kind in (kinds | {"weights": np.float32, "times": np.float64}).items():
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, np.asarray(values, kind))
        lengths = {len(c) for c in (self.users, self.items, self.weights, self.times) if c is not None}
        if len(lengths) > 1:
            raise DataError(f"All columns of {self.source} must have the same length. Received: {sorted(lengths)}")
        if (self.users[1:] < self.users[:-1]).any():
            raise DataError(f"The users of {self.source} must be in order: read the rows with read_interactions.")

    @property
    def n_users(self) -> int:
        """How many users are known."""
        return len(self.user_ids)

    @property
    def n_items(self) -> int:
        """How many items are known."""
        return len(self.item_ids)

    def __len__(self) -> int:
        return len(self.users)

    def __repr__(self) -> str:
        return f"Interactions({len(self):,} rows of {self.n_users:,} users and {self.n_items:,} items)"

    @cached_property
    def starts(self) -> np.ndarray:
        """Where each user's rows start (users + 1,) int64: those of user u are `starts[u]:starts[u + 1]`."""
        return np.searchsorted(self.users, np.arange(self.n_users + 1, dtype=np.int32)).astype(np.int64)

    @cached_property
    def counts(self) -> np.ndarray:
        """How many rows each item has (items,) int64."""
        counts = np.zeros(self.n_items, np.int64)
        for start in range(0, len(self), _ROWS):  # bincount copies what it counts
            counts += np.bincount(self.items[start : start + _ROWS], minlength=self.n_items)
        return counts

    def history(self, user: int) -> np.ndarray:
        """The item numbers of the user of this number, the oldest first."""
        return self.items[self.starts[user] : self.starts[user + 1]]

    def take(self, rows: Any) -> Interactions:
        """These rows, by number or as a mask, in this log's order; numbers and ids mean the same."""
        rows = np.asarray(rows)
        rows = rows if rows.dtype == bool else np.sort(np.arange(len(self))[rows.astype(np.int64)])
        weights, times = (None if column is None else column[rows] for column in (self.weights, self.times))
        return replace(self, users=self.users[rows], items=self.items[rows], weights=weights, times=times)

    def user_number(self, user: Any) -> int:
        """The number of the user of this id; `ParameterError`, with the nearest, for one that is none."""
        return _number(user, self._user_numbers, "user", self.source)

    def item_number(self, item: Any) -> int:
        """The number of the item of this id; `ParameterError`, with the nearest, for one that is none."""
        return _number(item, self._item_numbers, "item", self.source)

    @cached_property
    def _user_numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.user_ids)}

    @cached_property
    def _item_numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.item_ids)}

    def fingerprint(self) -> str:
        """SHA-256 of ids and rows, in hexadecimal."""
        rows = {"users": self.users, "items": self.items, "weights": self.weights, "times": self.times}
        parts: tuple[dict[str, np.ndarray], ...] = (
            {"user": self.user_ids},
            {"item": self.item_ids},
            {name: column for name, column in rows.items() if column is not None},
        )
        return hashlib.sha256("".join(Examples(part).fingerprint() for part in parts).encode()).hexdigest()


def id_text(value: Any) -> str | None:
    """An id of any kind as a string, 42, 42.0 and " 42 " as one; None for a missing one."""
    if is_blank(value):
        return None
    text = str(value).strip()
    if isinstance(value, float | np.floating) or re.search(_LARGE, text):
        return str(int(float(text))) if float(text).is_integer() else text
    return re.sub(WHOLE, r"\1", text)


def _number(value: Any, numbers: dict[str, int], what: str, source: str) -> int:
    text = id_text(value)
    if text in numbers:
        return numbers[text]
    # Of a million ids only some are compared: those that begin alike.
    alike = (name for name in numbers if name[:1] == str(text)[:1])
    near = nearest(str(text), islice(alike, _NEAREST_OF))
    raise ParameterError(f"{source} has no {what} {text!r}.{near} It has {len(numbers):,} {what}s.")
