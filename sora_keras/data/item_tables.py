"""Tables about items, or users: their ids, titles and features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sora_keras.data.columns import object_column
from sora_keras.data.feature_choice import fit_encoding
from sora_keras.data.feature_encoding import Encoding
from sora_keras.data.findings import MOST_ROWS, Finding, rows_text
from sora_keras.data.interactions import id_text
from sora_keras.data.item_table_reading import Kind, TableColumns, read_table_columns
from sora_keras.errors import DataError

_SHOWN = 3


@dataclass(frozen=True, eq=False, repr=False)
class ItemTable:
    """What is known of items, or of users, beside what was done.

    Args:
        ids: each once (rows,), `str` as in `Interactions`. titles: what people call them (rows,) `str`, or None.
        features: (rows, f) float32, where f may be 0. feature_names: of the f features.
        encoding: how features are made of columns, for other tables. source: where the rows came from, for messages.
        findings: what was noticed in reading.
    """

    ids: np.ndarray
    titles: np.ndarray | None
    features: np.ndarray
    feature_names: tuple[str, ...] = ()
    encoding: Encoding = field(default_factory=Encoding)
    source: str = "data"
    findings: tuple[Finding, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        titles = "titles" if self.titles is not None else "no titles"
        return f"ItemTable({len(self):,} rows with {titles} and {len(self.feature_names):,} features)"

    def aligned(self, item_ids: Sequence[Any] | np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
        """The titles (items,) and features (items, f) float32 of these ids, and how many the table lacks.

        An id that it lacks is its own title, and has zeros for features.

        Raises:
            DataError: it lacks all of them; shows ids of both sides.
        """
        wanted = object_column([id_text(value) or "" for value in item_ids])
        place = {name: row for row, name in enumerate(self.ids)}
        rows = np.array([place.get(name, -1) for name in wanted], np.int64)
        there = rows >= 0
        if len(wanted) and not there.any():
            raise self._stranger(wanted)
        titles, features = wanted.copy(), np.zeros((len(wanted), self.features.shape[1]), np.float32)
        features[there] = self.features[rows[there]]
        if self.titles is not None:
            titles[there] = self.titles[rows[there]]
        return titles, features, int(np.count_nonzero(~there))

    def _stranger(self, wanted: np.ndarray) -> DataError:
        own, others = (", ".join(map(repr, ids[:_SHOWN])) for ids in (self.ids, wanted))
        return DataError(
            f"{self.source} has none of the {len(wanted):,} ids of the interactions. Its ids are as {own}; those of "
            f'the interactions as {others}. Write both alike, or say which column holds the ids with id="…".'
        )


def read_item_table(
    X: Any, *, id: str | None = None, title: str | None = None, encoding: Encoding | None = None, what: Kind = "item"
) -> ItemTable:  # fmt: skip
    """Read a table with a row for each item, or user: an id, perhaps a title, and features.

    Numbers, dates, categories and lists of categories become features; columns of one value, and text that is nearly
    nowhere the same, do not. Rows without an id are left out, and of several rows of one id the last is kept:
    `findings` tell of it.

    Args:
        X: what `read_examples` takes. A type behind a column's name, as in "year:float", is no part of the name.
        id, title: the columns, where their names don't say it.
        encoding: an earlier table's, to make the same features; None chooses and learns one.
        what: "item" or "user": whose names to look for.

    Raises:
        NotFoundError: there is no such file. DataError: the column of ids is unclear, or no row has one.
        ArgumentTypeError, ParameterError: `X` or `what` is of no use.

    Example:
        >>> table = read_item_table({"id": [1, 2], "title": ["Tea", "Milk"], "price": [3.0, 1.0]})
        >>> table.ids, table.feature_names, table.features[:, 0]
        (array(['1', '2'], dtype=object), ('price',), array([ 1., -1.], dtype=float32))
    """
    columns = read_table_columns(X, id, title, what)
    rows, findings = _usable(columns)
    others = {name: values[rows] for name, values in columns.others.items()}
    encoding, noticed = fit_encoding(others) if encoding is None else (encoding, _lacking(encoding, others))
    findings += [replace(finding, rows=tuple(rows[list(finding.rows)].tolist())) for finding in noticed]
    ids = columns.ids[rows]
    titles = None if columns.titles is None else _titles(columns.titles[rows], ids)
    features = encoding.encode(others, len(rows))
    return ItemTable(ids, titles, features, encoding.feature_names, encoding, columns.source, tuple(findings))


def _usable(columns: TableColumns) -> tuple[np.ndarray, list[Finding]]:
    """The last row of each id, in order."""
    missing = np.flatnonzero([name is None for name in columns.ids])
    last = {name: row for row, name in enumerate(columns.ids) if name is not None}
    if not last:
        raise DataError(f"{columns.source} has no row with an id.")
    findings = []
    if len(missing):
        message = f"{rows_text(len(missing))} of {columns.source} without an id left out"
        findings.append(Finding("missing", message, tuple(missing[:MOST_ROWS].tolist())))
    rows = np.array(sorted(last.values()), np.int64)
    again = np.setdiff1d(np.arange(len(columns.ids)), np.concatenate([rows, missing]))
    if len(again):
        message = f"{rows_text(len(again))} of {columns.source} whose id comes again left out, the last kept"
        findings.append(Finding("duplicate", message, tuple(again[:MOST_ROWS].tolist())))
    return rows, findings


def _lacking(encoding: Encoding, columns: dict[str, np.ndarray]) -> tuple[Finding, ...]:
    lacking = [column.name for column in encoding.columns if column.name not in columns]
    if not lacking:
        return ()
    return (Finding("missing", f"no column {', '.join(map(repr, lacking))}: its features count as missing"),)


def _titles(values: np.ndarray, ids: np.ndarray) -> np.ndarray:
    return object_column([title or name for title, name in zip(values, ids, strict=True)])
