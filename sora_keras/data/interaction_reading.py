"""Any log of who did what to interactions, batch by batch, so that of its ids only the distinct are in memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from sora_keras.data.arrow import from_arrow
from sora_keras.data.columns import to_column
from sora_keras.data.files import file_source, is_file_list
from sora_keras.data.interaction_columns import GivenRoles, Roles, find_roles
from sora_keras.data.interactions import Interactions, id_text
from sora_keras.data.memory import parse_memory
from sora_keras.data.numbering import Part, numbered
from sora_keras.data.reading import read_examples
from sora_keras.data.sources import NewTypes, Source
from sora_keras.errors import ArgumentTypeError, DataError, ParameterError

_ATTEMPTS = 200
_ROWS = 2**20


def read_interactions(
    X: Any, y: Any = None, *, user: str | None = None, item: str | None = None, rating: str | bool | None = None,
    time: str | bool | None = None, memory: int | str = "auto", like: Interactions | None = None,
) -> Interactions:  # fmt: skip
    """Read a log of who did what.

    Rows without user or item are left out, of several rows of one user and item the last is kept, and ratings that
    are all equal are not used; `findings` tell of it.

    Args:
        X: what `read_examples` takes, with a column of users, one of items, and perhaps ratings and times; rows
            (user, item), (user, item, rating) or (user, item, rating, time); interactions. CSV and Parquet files
            may be larger than the memory. Ids of any kind become strings: 42, 42.0 and "42" are one.
        y: the ratings or weights, one a row, or the name of their column.
        user, item, rating, time: the columns, where their names don't say it; False does without ratings or times.
        memory: bytes, or as in "2GB": larger files of JSON lines are streamed too.
        like: interactions whose numbers are kept; ids unknown to them get numbers after theirs.

    Raises:
        NotFoundError: there is no such file.
        DataError: a column is unclear, a rating or time unreadable, or no row usable.
        ArgumentTypeError, ParameterError: `X`, `y` or a column's name is of no use.

    Example:
        >>> log = read_interactions([("ann", "tea"), ("ann", "milk"), ("bob", "tea")])
        >>> log.users, log.items
        (array([0, 0, 1], dtype=int32), array([0, 1, 0], dtype=int32))
    """
    budget = parse_memory(memory)
    if y is None and _is_pair(X):
        X, y = X
    if y is not None and rating:
        raise ParameterError(f"y holds the ratings, so rating= must not name a column. Received: {rating!r}")
    if isinstance(X, Interactions):
        return _again(X, y, like)
    if isinstance(y, str):
        rating, y = y, None
    given = GivenRoles(user, item, rating if y is None else False, time)
    ratings = None if y is None else _ratings(y)
    source = _source(X)
    if source is not None:
        return _from_source(source, given, ratings, like)
    examples = read_examples(_as_columns(X), answer_required=False, memory=budget, default_name="item")
    roles = find_roles(examples.names, given, examples.source)
    parts = (_part_of_columns(part.columns, roles) for part in examples.batches(_ROWS))
    return numbered(_rated(parts, ratings), examples.source, like, *_named(roles))


def _is_pair(X: Any) -> bool:
    """Whether this is `(X, y)` in one tuple, and not two rows or two files."""
    if not isinstance(X, tuple) or len(X) != 2 or _is_row(X[0]):
        return False
    return all(hasattr(part, "__len__") and not isinstance(part, str | bytes | Mapping) for part in X)


def _is_row(value: Any) -> bool:
    is_sequence = isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim == 1)
    return is_sequence and 2 <= len(value) <= 4 and not any(isinstance(v, list | tuple | np.ndarray) for v in value)


def _as_columns(X: Any) -> Any:
    """Rows as columns that are called by their place; anything else as it is."""
    if not isinstance(X, list | tuple) or not X or not _is_row(X[0]):
        return X
    for place, row in enumerate(X):
        if not _is_row(row) or len(row) != len(X[0]):
            raise DataError(
                f"Rows must be alike: (user, item), (user, item, rating) or (user, item, rating, time). "
                f"Received: {X[0]!r} in row 0 and {row!r} in row {place:,}."
            )
    return {f"x{place}": list(values) for place, values in enumerate(zip(*X, strict=True))}


def _ratings(y: Any) -> np.ndarray:
    if not hasattr(y, "__len__") or isinstance(y, bytes | Mapping | set | frozenset):
        raise ArgumentTypeError(f"y must be ratings, one a row, or the name of a column. Received: {type(y).__name__}")
    return to_column(np.asarray(y) if getattr(y, "ndim", 1) == 2 else y)


def _rated(parts: Iterable[Part], ratings: np.ndarray | None) -> Iterator[Part]:
    """The parts with the ratings that were given beside them."""
    if ratings is None:
        yield from parts
        return
    start = 0
    for part in parts:
        stop = start + len(part)
        # Where there are too few, the rows are still counted, for the message.
        yield replace(part, ratings=ratings[start:stop] if stop <= len(ratings) else np.zeros(len(part)))
        start = stop
    if start != len(ratings):
        raise DataError(f"X and y must have the same length. Received: {start:,} in X and {len(ratings):,} in y")


def _named(roles: Roles) -> tuple[str, str]:
    return roles.rating or "y", roles.time or "time"


def _part_of_columns(columns: Mapping[str, Any], roles: Roles) -> Part:
    rating, time = (None if name is None else columns[name] for name in (roles.rating, roles.time))
    return Part(_ids(columns[roles.user]), _ids(columns[roles.item]), rating, time)


def _ids(values: np.ndarray) -> Any:
    import pyarrow as pa

    if values.dtype != object:
        return pa.array(values)
    plain = set(map(type, values)) <= {str, type(None)}
    return pa.array(values if plain else list(map(id_text, values)), pa.string())


def _source(X: Any) -> Source | None:
    """Files and Arrow tables, which are read without a Python object a value; None for all else."""
    if isinstance(X, str | os.PathLike) or is_file_list(X):
        source = file_source(X)
        # Pieces of JSON lines may lack columns, which `read_examples` mends.
        return None if source.loose else source
    module, kind = type(X).__module__.partition(".")[0], type(X).__name__
    if module == "pandas" or not (hasattr(X, "__arrow_c_stream__") or kind == "RecordBatch"):
        return None
    import pyarrow as pa

    if kind in ("ChunkedArray", "Array"):
        return None
    table = X if isinstance(X, pa.Table) else pa.table(X)
    return Source("the table", table.nbytes, lambda types, whole: iter([table]))


def _from_source(
    source: Source, given: GivenRoles, ratings: np.ndarray | None, like: Interactions | None
) -> Interactions:  # fmt: skip
    types: dict[str, Any] = {}
    for _ in range(_ATTEMPTS):
        try:
            roles = _typed_roles(source, given, types)
            parts = (_part_of_table(table, roles) for table in _even(_tables(source, types, roles)))
            return numbered(_rated(parts, ratings), source.name, like, *_named(roles))
        except NewTypes as new:
            types.update(new.types)
    raise DataError(f"The columns of {source.name} change their types too often to be read as a table.")


def _typed_roles(source: Source, given: GivenRoles, types: dict[str, Any]) -> Roles:
    """Which column is what; ids are read as text from now on, so that 007 stays 007."""
    import pyarrow as pa

    first = next(source.tables(types, False))
    roles = find_roles(first.column_names, given, source.name)
    types.update({name: pa.string() for name in (roles.user, roles.item)})
    return roles


def _tables(source: Source, types: Mapping[str, Any], roles: Roles) -> Iterator[Any]:
    for table in source.tables(types, False):
        wrong = [name for name in roles.names if table.column_names.count(name) != 1]
        if wrong:
            raise DataError(
                f"{source.name} must have one column {wrong[0]!r} everywhere. Received the columns: "
                f"{', '.join(map(repr, table.column_names))}."
            )
        yield table.select(roles.names)


def _even(tables: Iterable[Any]) -> Iterator[Any]:
    """The same rows in tables of about as many as are best numbered at once."""
    import pyarrow as pa

    kept: list[Any] = []
    rows = 0
    for table in tables:
        if kept and (rows + len(table) > _ROWS or table.schema != kept[0].schema):
            yield from _cut(pa.concat_tables(kept))
            kept, rows = [], 0
        kept.append(table)
        rows += len(table)
    if kept:
        yield from _cut(pa.concat_tables(kept))


def _cut(table: Any) -> Iterator[Any]:
    return (table.slice(start, _ROWS) for start in range(0, len(table), _ROWS))


def _part_of_table(table: Any, roles: Roles) -> Part:
    rating, time = (None if name is None else from_arrow(table[name]) for name in (roles.rating, roles.time))
    return Part(table[roles.user].combine_chunks(), table[roles.item].combine_chunks(), rating, time)


def _again(log: Interactions, y: Any, like: Interactions | None) -> Interactions:
    """Interactions with the numbers of others."""
    if y is not None:
        raise ParameterError("y cannot be given with Interactions: their rows are in another order already.")
    if like is None:
        return log
    parts = (_part_of_log(log, slice(start, start + _ROWS)) for start in range(0, len(log), _ROWS))
    return replace(numbered(parts, log.source, like), findings=log.findings)


def _part_of_log(log: Interactions, rows: slice) -> Part:
    ratings, times = (None if column is None else column[rows] for column in (log.weights, log.times))
    return Part(_ids(log.user_ids[log.users[rows]]), _ids(log.item_ids[log.items[rows]]), ratings, times)
