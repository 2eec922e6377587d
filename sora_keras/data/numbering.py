"""Ids to numbers and rows to compact columns, as they come; then into order, each user and item once."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sora_keras.data.columns import to_column
from sora_keras.data.findings import MOST_ROWS, Finding, rows_text
from sora_keras.data.interactions import WHOLE, Interactions, id_text
from sora_keras.data.times import read_times, to_seconds
from sora_keras.errors import DataError

# An array grows where it stands, without the second copy that joining parts takes.
_KINDS = {"users": "i", "items": "i", "weights": "f", "times": "d", "bare": "b"}
_COMPARED_AT_ONCE = 2**22
Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class Part:
    """Some rows of a log: ids as Arrow arrays, ratings and times as columns."""

    users: Any
    items: Any
    ratings: np.ndarray | None = None
    times: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.users)

    def take(self, rows: np.ndarray) -> Part:
        """These rows."""
        ratings, times = (None if column is None else column[rows] for column in (self.ratings, self.times))
        return Part(self.users.take(rows), self.items.take(rows), ratings, times)


def numbered(
    parts: Iterable[Part], source: str, like: Interactions | None = None, rating: str = "rating", time: str = "time"
) -> Interactions:  # fmt: skip
    """Interactions from parts of a log, which all have ratings and times or all lack them.

    Args:
        like: interactions whose numbers go before new ones. rating, time: the columns' names, for messages.

    Raises:
        DataError: a rating or time is unreadable, or no row has a user and an item.
    """
    rows = _Rows(like, rating, time)
    for part in parts:
        rows.add(part)
    columns = rows.columns()
    findings = [_without_missing(columns, source)]
    _put_in_order(columns)
    findings += [_last_of_each(columns), _without_equal_weights(columns), _single(columns["users"])]
    ids = {"user_ids": rows.users.ids(), "item_ids": rows.items.ids()}
    return Interactions(**columns, **ids, source=source, findings=tuple(filter(None, findings)))


class _Numbers:
    """Numbers for ids in order of first appearance."""

    def __init__(self, known: Iterable[str]) -> None:
        import pyarrow as pa

        self._ids = pa.array(known, pa.large_string())

    def of(self, codes: np.ndarray, distinct: Any) -> np.ndarray:
        """The numbers (rows,) int32 of rows whose ids are `distinct[codes]`."""
        import pyarrow as pa
        import pyarrow.compute as pc

        found = pc.index_in(distinct, value_set=self._ids)
        unknown = distinct.filter(found.is_null())
        new = unknown.unique()
        numbers = found.fill_null(-1).to_numpy(zero_copy_only=False).copy()
        numbers[numbers < 0] = pc.index_in(unknown, value_set=new).to_numpy(zero_copy_only=False) + len(self._ids)
        self._ids = pa.concat_arrays([self._ids, new])
        return numbers[codes]

    def ids(self) -> np.ndarray:
        """The ids in the order of their numbers."""
        return np.asarray(self._ids.to_numpy(zero_copy_only=False), object)


class _Rows:
    """The rows so far; those that lack a user or item have the numbers -1, so that row numbers stay."""

    def __init__(self, like: Interactions | None, rating: str, time: str) -> None:
        self.users, self.items = (_Numbers(()) if like is None else _Numbers(ids) for ids in _ids_of(like))
        self._names = (rating, time)
        self._grown = {name: array(kind) for name, kind in _KINDS.items()}
        self._count = 0

    def add(self, part: Part) -> None:
        """Append the rows of a part."""
        count = len(part)
        coded = [_coded(part.users), _coded(part.items)]
        there = [distinct.is_valid().to_numpy(zero_copy_only=False)[codes] for codes, distinct in coded]
        places = np.flatnonzero(there[0] & there[1])
        if len(places) < count:
            # Once more, so that the ids of rows that are left out get no number.
            part = part.take(places)
            coded = [_coded(part.users), _coded(part.items)]
        rows = self._count + places
        new = {"users": self.users.of(*coded[0]), "items": self.items.of(*coded[1])}
        if part.ratings is not None:
            new["weights"] = _weights(part.ratings, self._names[0], rows)
        if part.times is not None:
            new["times"], new["bare"] = read_times(part.times, self._names[1], rows)
        for name, values in new.items():
            self._append(name, values, places, count)
        self._count += count

    def _append(self, name: str, values: np.ndarray, places: np.ndarray, count: int) -> None:
        kind = np.dtype(_KINDS[name])
        if len(places) < count:
            full = np.full(count, np.nan if kind.kind == "f" else -1, kind)
            full[places] = values
            values = full
        self._grown[name].frombytes(np.ascontiguousarray(values, kind).view(np.uint8).data)

    def columns(self) -> Columns:
        """The columns, times in seconds; this object gives them away."""
        columns = {name: np.frombuffer(values, values.typecode) for name, values in self._grown.items() if values}
        self._grown = {}
        if "bare" in columns:
            to_seconds(columns["times"], columns.pop("bare") == 1, self._names[1])
        return columns


def _ids_of(log: Interactions | None) -> tuple[Any, Any]:
    return ((), ()) if log is None else (log.user_ids, log.item_ids)


def _coded(ids: Any) -> tuple[np.ndarray, Any]:
    """Which of the distinct ids each row has, and these as an Arrow array of strings, null for a missing one."""
    import pyarrow as pa

    if pa.types.is_dictionary(ids.type):
        ids = ids.cast(ids.type.value_type)
    if pa.types.is_nested(ids.type):
        ids = pa.array(list(map(id_text, ids.to_pylist())), pa.string())
    encoded = ids.dictionary_encode()
    distinct = _as_text(encoded.dictionary)
    codes = encoded.indices
    if codes.null_count:
        codes = codes.fill_null(len(distinct))
        distinct = pa.concat_arrays([distinct, pa.nulls(1, distinct.type)])
    return codes.to_numpy(zero_copy_only=False), distinct


def _as_text(ids: Any) -> Any:
    """As `id_text`, for an Arrow array."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = ids.type
    if pa.types.is_integer(kind):
        return ids.cast(pa.large_string())
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return pa.array(list(map(id_text, ids.to_pylist())), pa.large_string())
    texts = pc.utf8_trim_whitespace(ids).cast(pa.large_string())
    if pc.any(pc.match_substring(texts, ".")).as_py():
        texts = pc.replace_substring_regex(texts, WHOLE, r"\1")
    if pc.any(pc.match_substring(texts, "e+")).as_py():
        texts = pa.array(list(map(id_text, texts.to_pylist())), pa.large_string())
    return pc.if_else(pc.equal(texts, ""), None, texts)


def _weights(values: np.ndarray, name: str, rows: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        if values.dtype.kind in "biuf":
            weights = values.astype(np.float32)
        else:
            weights = np.array([_number(value) for value in values], np.float64).astype(np.float32)
    wrong = ~np.isfinite(weights)
    if wrong.any():
        place = int(np.argmax(wrong))
        raise DataError(
            f"{name!r} must hold a finite number in every row. Received: {to_column(values)[place]!r} in row "
            f"{rows[place]:,}. Mend it, leave such rows out, or do without ratings: rating=False."
        )
    return weights


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return np.nan


def _without_missing(columns: Columns, source: str) -> Finding | None:
    there = columns["users"] >= 0 if columns else np.zeros(0, bool)
    if not there.any():
        raise DataError(f"{source} has no row with a user and an item.")
    if there.all():
        return None
    rows = np.flatnonzero(~there)
    _keep(columns, there)
    message = f"{rows_text(len(rows))} without a user or item left out"
    return Finding("missing", message, tuple(rows[:MOST_ROWS].tolist()))


def _keep(columns: Columns, rows: np.ndarray) -> None:
    # One after the other, so that only one column is there twice.
    for name in columns:
        columns[name] = columns[name][rows]


def _put_in_order(columns: Columns) -> None:
    """By user, then by time, then as the rows came."""
    users, times = columns["users"], columns.get("times")
    wrong = (users[1:] < users[:-1]).any()
    if not wrong and times is not None:
        wrong = ((users[1:] == users[:-1]) & (times[1:] < times[:-1])).any()
    if wrong:
        order = np.argsort(users, kind="stable") if times is None else np.lexsort((times, users))
        del users, times
        _keep(columns, order)


def _last_of_each(columns: Columns) -> Finding | None:
    """Of the rows of one user and item the last; whole users at a time, so that little memory is taken."""
    users, items = columns["users"], columns["items"]
    kept = np.ones(len(users), bool)
    start = 0
    while start < len(users):
        last = users[min(start + _COMPARED_AT_ONCE, len(users)) - 1]
        stop = int(np.searchsorted(users, last, side="right"))
        keys = (users[start:stop].astype(np.int64) << 32) | items[start:stop]
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        kept[start + order[:-1][keys[1:] == keys[:-1]]] = False
        start = stop
    count = len(users) - int(np.count_nonzero(kept))
    if not count:
        return None
    del users, items
    _keep(columns, kept)
    return Finding("duplicate", f"{rows_text(count)} of a user and an item that come again left out, the last kept")


def _without_equal_weights(columns: Columns) -> Finding | None:
    weights = columns.get("weights")
    if weights is None or weights.min() < weights.max():
        return None
    del columns["weights"]
    return Finding("constant", f"every rating is {weights[0]:g}: they say nothing and are not used")


def _single(users: np.ndarray) -> Finding | None:
    ends = np.flatnonzero(users[1:] != users[:-1])
    lengths = np.diff(ends, prepend=-1, append=len(users) - 1)
    count = int(np.count_nonzero(lengths == 1))
    if not count:
        return None
    return Finding("single", f"{rows_text(count, 'user')} with one interaction, which cannot be tested")
