"""Sources of rows: pieces as Arrow tables, brought to one set of columns and types, in memory or on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sora_keras.data.arrow import from_arrow
from sora_keras.data.examples import Examples
from sora_keras.data.store import Store
from sora_keras.data.streamed import StreamedExamples
from sora_keras.errors import DataError

Types = Mapping[str, Any]
_ATTEMPTS = 200


@dataclass(frozen=True)
class Source:
    """Where rows come from.

    name: for messages; size: bytes they will take in memory, roughly; tables: gives the pieces as Arrow
    tables, from the start each time, columns of the first argument in the types given there, each
    file in one piece where the second argument is true; loose: whether a piece may lack columns.
    """

    name: str
    size: int
    tables: Callable[[Types, bool], Iterator[Any]]
    loose: bool = False


class NewTypes(Exception):
    """A later piece needs other types than the first one had: start again with these."""

    def __init__(self, types: Types) -> None:
        super().__init__(f"start again with {types}")
        self.types = dict(types)


def load(source: Source, budget: int) -> Examples | StreamedExamples:
    """Read all of a source: into memory, or onto disk where it is larger than the budget in bytes."""
    types: dict[str, Any] = {}
    for _ in range(_ATTEMPTS):
        try:
            return _streamed(source, types) if source.size > budget else _in_memory(source, types)
        except NewTypes as new:
            types.update(new.types)
    raise DataError(f"The columns of {source.name} change their types too often to be read as a table.")


def _in_memory(source: Source, types: Types) -> Examples:
    import pyarrow as pa

    tables = list(_alike(source, types, whole=True))
    if not sum(table.num_rows for table in tables):
        raise _no_rows(source)
    table = pa.concat_tables(tables)
    return Examples({name: from_arrow(table[name]) for name in table.column_names}, source=source.name)


def _streamed(source: Source, types: Types) -> StreamedExamples:
    store = Store(_alike(source, types, whole=False))
    if not store.rows:
        raise _no_rows(source)
    return StreamedExamples(store, {name: name for name in store.names}, source=source.name)


def _no_rows(source: Source) -> DataError:
    return DataError(f"{source.name} has no rows.")


def _alike(source: Source, types: Types, *, whole: bool) -> Iterator[Any]:
    """The pieces with the columns and types of the first; raises `NewTypes` where one does not fit."""
    schema = None
    for table in source.tables(types, whole):
        table = _decoded(table)
        schema = _schema(table, types, source.loose) if schema is None else schema
        yield _fitted(table, schema, source)


def _schema(table: Any, types: Types, loose: bool) -> Any:
    import pyarrow as pa

    known = {field.name: types.get(field.name, field.type) for field in table.schema}
    if loose:
        known |= {name: kind for name, kind in types.items() if name not in known}
    return pa.schema(list(known.items()))


def _fitted(table: Any, schema: Any, source: Source) -> Any:
    import pyarrow as pa

    _check_names(table, schema, source)
    columns, wider = [], {}
    for field in schema:
        if field.name not in table.column_names:
            columns.append(pa.nulls(table.num_rows, field.type))
            continue
        column = table[field.name]
        wide = common_type(field.type, column.type)
        if wide != field.type:
            wider[field.name] = wide
            continue
        columns.append(cast(column, field.type))
    if wider:
        raise NewTypes(wider)
    return pa.table(columns, schema=schema)


def _check_names(table: Any, schema: Any, source: Source) -> None:
    names = table.column_names
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        listed = ", ".join(map(repr, twice))
        raise DataError(f"{source.name} has several columns named {listed}. Rename them.")
    more, less = set(names) - set(schema.names), set(schema.names) - set(names)
    if more and source.loose:
        raise NewTypes({name: table[name].type for name in names if name in more})
    if (more or less) and not source.loose:
        raise DataError(
            f"The files of {source.name} must have the same columns. The first has {schema.names}; another has {names}."
        )


def common_type(one: Any, other: Any) -> Any:
    """The narrowest Arrow type that holds the values of both; text where nothing else does."""
    import pyarrow as pa

    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    numeric = [pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in (one, other)]
    if all(numeric):
        whole = pa.types.is_integer(one) and pa.types.is_integer(other)
        return pa.int64() if whole else pa.float64()
    if pa.types.is_list(one) or pa.types.is_list(other):
        return pa.list_(pa.string())
    return pa.string()


def cast(column: Any, kind: Any) -> Any:
    """A column in another type, lists made of single values where a list is asked for."""
    import pyarrow as pa

    if column.type == kind:
        return column
    if pa.types.is_list(kind) or pa.types.is_nested(column.type):
        as_list = pa.types.is_list(kind)
        return pa.array([_as(value, as_list) for value in column.to_pylist()], kind)
    return column.cast(kind)


def _as(value: Any, as_list: bool) -> Any:
    if value is None or not as_list:
        return None if value is None else str(value)
    return [str(part) for part in (value if isinstance(value, list) else [value])]


def _decoded(table: Any) -> Any:
    """Without dictionary encoding, large offsets and views, which differ between pieces of one column."""
    import pyarrow as pa

    def plain(kind: Any) -> Any:
        if pa.types.is_dictionary(kind):
            return plain(kind.value_type)
        if pa.types.is_large_string(kind) or str(kind) == "string_view":
            return pa.string()
        return pa.list_(plain(kind.value_type)) if pa.types.is_large_list(kind) else kind

    fields = [(field.name, plain(field.type)) for field in table.schema]
    if all(kind == field.type for (_, kind), field in zip(fields, table.schema, strict=True)):
        return table
    columns = [table.column(place).cast(kind) for place, (_, kind) in enumerate(fields)]
    return pa.table(columns, schema=pa.schema(fields))
