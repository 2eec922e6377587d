"""What a column is, number, date, category, several or of no use to a model, and how it becomes features."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from sora_keras.data.columns import is_blank
from sora_keras.data.feature_encoding import ColumnEncoding, Encoding, Kind, category_key, numbers_in, parts_of
from sora_keras.data.findings import MOST_ROWS, Finding, rows_text

MOST_CATEGORIES = 200
_SEPARATORS = ("|", ";", ",", "、", "，", " ")
_KINDS: tuple[Kind, ...] = ("number", "date")
# The share of values that can be read as numbers from which on the others are mistakes.
_MOSTLY = 0.95
# How many parts a row there must be beyond the first for a separator to count.
_MORE = 0.05
# Longer values are texts, unless they come again and again.
_SHORT = 40
Found = Iterator[ColumnEncoding | Finding]


def fit_encoding(columns: Mapping[str, np.ndarray]) -> tuple[Encoding, tuple[Finding, ...]]:
    """Choose how each column of a table becomes features, and learn it.

    Args:
        columns: numbers, times, or objects as in `Examples`, by name.

    Returns:
        The encoding, without columns of one value and of free text, and what was noticed: `constant`, `unused`,
        `mixed_type`.
    """
    found = [part for name, column in columns.items() for part in _chosen(name, column)]
    encodings = tuple(part for part in found if isinstance(part, ColumnEncoding))
    return Encoding(encodings), tuple(part for part in found if isinstance(part, Finding))


def _chosen(name: str, column: np.ndarray) -> Found:
    blank = np.array([is_blank(value) for value in column], bool)
    if blank.all():
        yield Finding("empty", f"{name!r} has no values and gives no features")
        return
    for kind in _KINDS:
        values = numbers_in(column, kind)
        wrong = np.flatnonzero(np.isnan(values) & ~blank)
        if len(wrong) <= (1 - _MOSTLY) * np.count_nonzero(~blank):
            yield from _numbers(name, kind, values, wrong)
            return
    yield from _categories(name, column)


def _numbers(name: str, kind: Kind, values: np.ndarray, wrong: np.ndarray) -> Found:
    from sklearn.preprocessing import StandardScaler

    if np.nanmin(values) == np.nanmax(values):
        yield _constant(name)
        return
    scaler = StandardScaler().fit(values[:, None])
    yield ColumnEncoding(name, kind, float(scaler.mean_[0]), float(scaler.scale_[0]))
    if len(wrong):
        message = f"{rows_text(len(wrong))} of {name!r} with no {kind}, counted as missing"
        yield Finding("mixed_type", message, tuple(wrong[:MOST_ROWS].tolist()))


def _categories(name: str, column: np.ndarray) -> Found:
    whole = Counter(map(category_key, column))
    missing = whole.pop(None, 0)
    if len(whole) == 1 and not missing:
        yield _constant(name)
        return
    listed = any(isinstance(value, tuple) for value in whole)
    for separator in (None,) if listed else (*_SEPARATORS, None):
        tokens = _tokens(whole, separator)
        if tokens is not None and _is_clear(whole, tokens, separator):
            yield ColumnEncoding(name, "category", values=tuple(sorted(tokens)), separator=separator)
            return
    yield Finding("unused", f"{name!r} holds {len(whole):,} different values and gives no features")


def _constant(name: str) -> Finding:
    return Finding("constant", f"{name!r} holds one value and gives no features")


def _tokens(whole: Counter[Any], separator: str | None) -> Counter[str] | None:
    """How many rows name each category; None for too many categories."""
    tokens: Counter[str] = Counter()
    for value, count in whole.items():
        for part in set(parts_of(value, separator)):
            tokens[part] += count
        if len(tokens) > MOST_CATEGORIES:
            return None
    return tokens


def _is_clear(whole: Counter[Any], tokens: Counter[str], separator: str | None) -> bool:
    """Whether these are categories: they come again, and where texts were split, in several combinations."""
    rows, named = whole.total(), tokens.total()
    if named <= len(tokens):
        return False
    if separator is None:
        return 2 * len(whole) <= rows or max(map(len, tokens)) <= _SHORT
    if named < (1 + _MORE) * rows:
        return False
    # "New York" and "New Orleans" are not New and York and Orleans: there, splitting makes no fewer.
    return separator == "|" or len(tokens) + (separator == " ") <= len(whole)
