"""Which columns of a table about items, or users, are their ids and titles; read as interactions read ids."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from sora_keras.data.columns import is_blank
from sora_keras.data.examples import check_column
from sora_keras.data.files import file_source, is_file_list
from sora_keras.data.interactions import id_text
from sora_keras.data.memory import parse_memory
from sora_keras.data.names import ITEM_NAMES, TYPED, USER_NAMES, find_named_column
from sora_keras.data.reading import AnyExamples, read_examples
from sora_keras.data.sources import load
from sora_keras.errors import DataError, ParameterError

Kind = Literal["item", "user"]

# In order of preference, as `find_named_column` compares names.
TITLE_NAMES = (
    "title", "name", "itemtitle", "itemname", "producttitle", "productname", "movietitle", "moviename", "filmtitle",
    "songtitle", "songname", "tracktitle", "trackname", "booktitle", "bookname", "gametitle", "gamename", "videotitle",
    "articletitle", "newstitle", "headline", "coursetitle", "coursename", "recipename", "artistname", "displayname",
    "fullname", "username", "nickname", "movie", "film", "song", "track", "book", "game", "product", "item",
    "标题", "名称", "名字", "片名", "电影名", "电影名称", "书名", "歌名", "商品名", "商品名称", "产品名称", "物品名称",
    "姓名", "昵称", "標題", "名稱", "書名", "商品名稱", "タイトル", "名前", "商品名", "品名",
)  # fmt: skip
_KNOWN = {"item": ITEM_NAMES, "user": USER_NAMES}
_PLAIN = ("id", "ids", "编号", "編號", "番号")
# Names that mean an id whatever else is there; "movie" beside "id" is a title.
_ID_ENDINGS = ("id", "编号", "asin", "isbn", "sku")
# RecBole writes a column's type behind its name: "year:float".


@dataclass(frozen=True)
class TableColumns:
    """A table's columns by part; ids and titles are `str`, None where missing."""

    ids: np.ndarray
    titles: np.ndarray | None
    others: dict[str, np.ndarray]
    source: str


def read_table_columns(X: Any, id: str | None, title: str | None, what: Kind) -> TableColumns:
    """Read a table, and find the columns of ids and titles; arguments and errors as of `read_item_table`."""
    if what not in _KNOWN:
        raise ParameterError(f"what must be 'item' or 'user'. Received: {what!r}")
    examples = _without_types(read_examples(X, answer_required=False, default_name=what))
    id, title = _roles(examples, id, title, what)
    named = [name for name in (id, title) if name is not None]
    if _is_file(X) and not all(_is_text(examples.column(name)) for name in named):
        examples = _with_texts(X, named)
    held = examples.column(id)
    if any(isinstance(value, tuple) for value in held):
        raise DataError(f"{id!r} of {examples.source} must hold one id a row. Received: lists. Give columns names.")
    ids = _texts(map(id_text, held), len(examples))
    titles = None if title is None else _texts(map(_title_text, examples.column(title)), len(examples))
    others = {name: examples.column(name) for name in examples.names if name not in named}
    return TableColumns(ids, titles, others, examples.source)


def _without_types(examples: AnyExamples) -> AnyExamples:
    names = {name: TYPED.sub("", name) for name in examples.names}
    return examples.rename({old: new for old, new in names.items() if old != new})


def _with_texts(X: Any, named: list[str]) -> AnyExamples:
    """A file once more, so that an id 007 stays 007, as in interactions."""
    texts = tuple(name + typed for name in named for typed in ("", ":token", ":token_seq"))
    return _without_types(load(file_source(X, texts), parse_memory("auto")))


def _is_file(X: Any) -> bool:
    return isinstance(X, str | os.PathLike) or is_file_list(X)


def _is_text(column: np.ndarray) -> bool:
    """Whether reading anew as text would change nothing, or write floats as 1e+15."""
    return set(map(type, column.tolist())) <= {str, float, type(None)}


def _roles(examples: AnyExamples, id: str | None, title: str | None, what: Kind) -> tuple[str, str | None]:
    id, title = (None if name is None else TYPED.sub("", name) for name in (id, title))
    for name in (id, title):
        if name is not None:
            check_column(name, examples.names, examples.source)
    if id is not None and id == title:
        raise ParameterError(f"id and title must be different columns. Received: {id!r} as both")
    id = id or _named_id(examples, title, what) or _only_unique(examples, title, what)
    return id, title or _mostly_distinct(examples, TITLE_NAMES, (id,))[0]


def _named_id(examples: AnyExamples, title: str | None, what: Kind) -> str | None:
    known = _KNOWN[what]
    for names in ((*(name for name in known if name.endswith(_ID_ENDINGS)), *_PLAIN), known):
        best, others = _mostly_distinct(examples, names, (title,))
        if best or others:
            return best or others[0]
    return None


def _mostly_distinct(
    examples: AnyExamples, known: Iterable[str], exclude: Collection[str | None]
) -> tuple[str | None, list[str]]:  # fmt: skip
    """The first named column whose values mostly stand once, and those before it, as the artist of a song."""
    passed: list[str] = []
    while name := find_named_column(examples.names, known, exclude=(*exclude, *passed)):
        if 2 * _distinct(examples.column(name)) >= len(examples):
            return name, passed
        passed.append(name)
    return None, passed


def _only_unique(examples: AnyExamples, title: str | None, what: Kind) -> str:
    title = title or _mostly_distinct(examples, TITLE_NAMES, ())[0]
    unique = [name for name in examples.names if _is_unique(examples.column(name))]
    unique = [name for name in unique if name != title] or unique
    if len(unique) == 1:
        return unique[0]
    listed = ", ".join(map(repr, unique))
    why = f"Several have no value twice: {listed}." if unique else "No name says so, and none is without repetition."
    raise DataError(
        f"Which column of {examples.source} holds the ids of the {what}s? {why} "
        f'Say it with id="name of the column". Columns: {", ".join(map(repr, examples.names))}.'
    )


def _is_unique(column: np.ndarray) -> bool:
    fractions = column.dtype.kind == "f" and not all(float(value).is_integer() for value in column)
    return not fractions and _distinct(column) == len(column)


def _distinct(column: np.ndarray) -> int:
    return len(set(column.tolist() if column.dtype != object else map(str, column)) - {"None"})


def _title_text(value: Any) -> str | None:
    return (value.strip() or None) if isinstance(value, str) else None if is_blank(value) else id_text(value)


def _texts(values: Iterable[str | None], count: int) -> np.ndarray:
    texts = np.empty(count, object)
    texts[:] = list(values)
    return texts
