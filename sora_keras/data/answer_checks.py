"""What is wrong with the answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sora_keras.data.answers import answer_key, as_answers
from sora_keras.data.boxes import Boxes
from sora_keras.data.columns import is_blank
from sora_keras.data.findings import MOST_ROWS, Finding, rows_text
from sora_keras.data.labels import LabelSpace

_ROWS = 4096
_RARE = 5
_RARE_SHARE = 0.001
_SHOWN = 5


@dataclass
class _Tally:
    """What one pass over the answers keeps.

    numbers: a number for each different answer, labels of a row together; ids: that of each row, -1 where
    missing; classes: rows of each class, or boxes; stray: how many rows have stray spaces; types: rows of each
    type of answer; rows: the first rows of each type, and under `str.strip` those with stray spaces.
    """

    numbers: dict[tuple[str, ...], int] = field(default_factory=dict)
    ids: list[np.ndarray] = field(default_factory=list)
    classes: Counter[str] = field(default_factory=Counter)
    stray: int = 0
    types: Counter[type] = field(default_factory=Counter)
    rows: dict[Any, list[int]] = field(default_factory=dict)

    def note(self, kind: Any, row: int) -> None:
        rows = self.rows.setdefault(kind, [])
        if len(rows) < MOST_ROWS:
            rows.append(row)

    def all_ids(self) -> np.ndarray:
        return np.concatenate(self.ids) if self.ids else np.empty(0, np.int32)


def check_answers(examples: Any, labels: LabelSpace | None, hashes: np.ndarray) -> list[Finding]:
    """Stray spaces, mixed types, rare classes, and equal items with different answers.

    Args:
        labels: the classes, and what separates several labels of a row.
        hashes: one number for each row's item.
    """
    name = examples.answer
    if name is None:
        return []
    separator = labels.separator if labels else None
    tally = _Tally()
    start = 0
    others = [other for other in examples.names if other != name]
    for part in examples.without_columns(*others).batches(_ROWS):
        _add(tally, part.column(name), name, separator, start)
        start += len(part)
    found = [_conflicts(hashes, tally), _rare(tally), _stray_spaces(tally, name), _mixed_types(tally, name)]
    return [finding for finding in found if finding is not None]


def _add(tally: _Tally, column: np.ndarray, name: str, separator: str | None, start: int) -> None:
    boxed = len(column) > 0 and isinstance(column[0], Boxes)
    if boxed:
        tally.classes.update(label for boxes in column for label in boxes.labels)
    column = _kinds_in(column)
    rows, _ = as_answers(column, name=name, separator=separator)
    ids = np.full(len(rows), -1, np.int32)
    for place, row in enumerate(rows):
        if row is not None:
            key = tuple(sorted(map(answer_key, _parts(row))))
            ids[place] = tally.numbers.setdefault(key, len(tally.numbers))
            tally.classes.update(() if boxed else key)
    tally.ids.append(ids)
    if column.dtype == object:
        for row, value in enumerate(column, start):
            _add_shape(tally, value, row)


def _kinds_in(column: np.ndarray) -> np.ndarray:
    """Of annotated pictures the classes of their boxes, each once; other answers as they are."""
    if not len(column) or not isinstance(column[0], Boxes):
        return column
    kinds = np.empty(len(column), object)
    for row, boxes in enumerate(column):
        kinds[row] = tuple(sorted(set(boxes.labels)))
    return kinds


def _add_shape(tally: _Tally, value: Any, row: int) -> None:
    """Count the value's type, and note stray spaces."""
    parts = [part for part in _parts(value) if not is_blank(part)]
    if not parts:
        return
    tally.types[type(parts[0])] += 1
    tally.note(type(parts[0]), row)
    if any(isinstance(part, str) and part != part.strip() for part in parts):
        tally.stray += 1
        tally.note(str.strip, row)


def _parts(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _stray_spaces(tally: _Tally, name: str) -> Finding | None:
    if not tally.stray:
        return None
    message = f"{rows_text(tally.stray)} with spaces around the {name!r}, which are left out"
    return Finding("stray_space", message, tuple(tally.rows[str.strip]))


def _mixed_types(tally: _Tally, name: str) -> Finding | None:
    if len(tally.types) < 2 or set(tally.types) == {int, float}:
        return None
    unusual = [kind for kind, _ in tally.types.most_common()][1:]
    rows = sorted(row for kind in unusual for row in tally.rows[kind])
    types = ", ".join(sorted(kind.__name__ for kind in tally.types))
    message = f"{name!r} mixes types ({types}), which are compared as text"
    return Finding("mixed_type", message, tuple(rows[:MOST_ROWS]))


def _rare(tally: _Tally) -> Finding | None:
    ids = tally.all_ids()
    least = max(_RARE, _RARE_SHARE * len(ids))
    rare = sorted((count, name) for name, count in tally.classes.items() if count < least)
    if not rare:
        return None
    names = {name for _, name in rare}
    numbers = [number for key, number in tally.numbers.items() if names.intersection(key)]
    rows = np.flatnonzero(np.isin(ids, numbers))
    listed = ", ".join(f"{name!r} ({count:,})" for count, name in rare[:_SHOWN])
    more = f" and {len(rare) - _SHOWN} more" if len(rare) > _SHOWN else ""
    classes = "1 class" if len(rare) == 1 else f"{len(rare)} classes"
    message = f"{classes} with too few examples to learn or to score well: {listed}{more}"
    return Finding("rare_class", message, tuple(rows[:MOST_ROWS].tolist()))


def _conflicts(hashes: np.ndarray, tally: _Tally) -> Finding | None:
    answers = tally.all_ids()
    if len(hashes) != len(answers):
        return None
    valid = np.flatnonzero((answers >= 0) & (hashes != np.iinfo(np.int64).min))
    order = valid[np.lexsort((answers[valid], hashes[valid]))]
    same_item = hashes[order[1:]] == hashes[order[:-1]]
    differs = same_item & (answers[order[1:]] != answers[order[:-1]])
    rows = np.flatnonzero(np.isin(hashes, hashes[order[1:]][differs]) & (answers >= 0))
    if not len(rows):
        return None
    message = f"{rows_text(len(rows))} that share their content but not their answer"
    return Finding("conflicting_label", message, tuple(rows[:MOST_ROWS].tolist()))
