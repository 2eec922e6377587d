"""What is wrong with the data, found in one pass that keeps a few bytes a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from sora_keras.data.answer_checks import check_answers
from sora_keras.data.columns import is_blank, is_missing
from sora_keras.data.findings import MOST_ROWS, Finding, rows_text
from sora_keras.data.labels import LabelSpace
from sora_keras.data.names import find_text_column
from sora_keras.data.picture import Picture
from sora_keras.data.sameness import NO_ITEM, keys_of, numbers_of
from sora_keras.errors import DataError

_ROWS = 4096
_VERY_LONG = 100_000
_NONE = np.empty(0, np.int64)
# U+FFFD is what a decoder puts where bytes made no sense; NUL has no place in a text.
_SIGNS = ("\ufffd", "\0")


def usable_rows(examples: Any, text: str, answer: str | None = None) -> np.ndarray:
    """The numbers of the rows with a text and, where `answer` is a column, an answer; ascending."""
    kept = []
    start = 0
    for part in examples.batches(_ROWS):
        usable = _flags(part.column(text), _has_text)
        if answer is not None and answer in part.names:
            usable &= ~_missing(part.column(answer), blank=True)
        kept.append(np.flatnonzero(usable) + start)
        start += len(part)
    return np.concatenate(kept) if kept else np.empty(0, np.int64)


def check(
    examples: Any, *, item: str | None = None, validation: Any = None, labels: LabelSpace | None = None
) -> tuple[Finding, ...]:
    """Look for what spoils training or its scores.

    Args:
        examples: `Examples` or `StreamedExamples`, all rows, also those that cannot be used.
        item: the column with the texts; None finds it; where there is none, whole rows are compared.
        validation: examples kept apart, to be told which of their rows are in `examples` too.
        labels: the classes; they tell whether rows can have several.

    Returns:
        Findings, the gravest kinds first.
    """
    return check_and_keep(examples, item=item, validation=validation, labels=labels)[0]


def check_and_keep(
    examples: Any, *, item: str | None = None, validation: Any = None, labels: LabelSpace | None = None
) -> tuple[tuple[Finding, ...], np.ndarray]:
    """`check`, and what the items are told by (see `seen_again`), a few bytes each."""
    item = _item(examples) if item is None else item
    keys = keys_of(examples, item)
    hashes, theirs = numbers_of(keys, _NONE if validation is None else keys_of(validation, item))
    found = [
        *getattr(examples, "notes", ()),
        *_scan(examples, item),
        *_duplicates(hashes, item),
        *_leaks(hashes, theirs),
        *check_answers(examples, labels, hashes),
    ]
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.kind))), keys


_ORDER = (
    "leak", "conflicting_label", "unreadable", "missing", "empty", "rare_class", "stray_space",
    "mixed_type", "duplicate", "constant", "very_long", "pixel_range", "box", "box_unit", "no_boxes",
)  # fmt: skip


def _item(examples: Any) -> str | None:
    try:
        return find_text_column(examples, exclude=(examples.answer,))
    except DataError:
        return None


def _scan(examples: Any, item: str | None) -> list[Finding]:
    """What the columns hold."""
    noted: dict[tuple[str, str], list[np.ndarray]] = {}
    constants: dict[str, Any] = {}
    start = 0
    for part in examples.batches(_ROWS):
        for kind, name, flags in _flagged(part, item):
            noted.setdefault((kind, name), []).append(np.flatnonzero(flags) + start)
        _narrow(constants, part, item)
        start += len(part)
    found = [_noted(kind, name, np.concatenate(rows)) for (kind, name), rows in noted.items()]
    same = [_constant(name, value) for name, value in constants.items() if value is not _VARIES and start > 1]
    return [finding for finding in [*found, *same] if finding is not None]


def _flagged(part: Any, item: str | None) -> Iterator[tuple[str, str, np.ndarray]]:
    for name in part.names:
        values = part.column(name)
        missing = _missing(values, blank=name == part.answer)
        yield "missing", name, missing
        if name == item:
            yield "empty", name, _flags(values, _is_empty)
            yield "unreadable", name, _flags(values, _is_unreadable)
            yield "very_long", name, _flags(values, _is_very_long)


def _is_empty(value: Any) -> bool:
    return isinstance(value, str) and not _has_text(value)


def _has_text(value: Any) -> bool:
    return isinstance(value, Picture) or (isinstance(value, str) and value != "" and not value.isspace())


def _is_very_long(value: Any) -> bool:
    return isinstance(value, str) and len(value) > _VERY_LONG


def _is_unreadable(value: Any) -> bool:
    if isinstance(value, str):
        return any(sign in value for sign in _SIGNS)
    return value is not None and not isinstance(value, Picture) and not is_missing(value)


def _flags(values: np.ndarray, test: Callable[[Any], bool]) -> np.ndarray:
    return np.fromiter(map(test, values), bool, len(values))


def _missing(values: np.ndarray, *, blank: bool) -> np.ndarray:
    if values.dtype != object:
        return np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), bool)
    return _flags(values, is_blank if blank else is_missing)


_MESSAGES = {
    "missing": "without a value in {name!r}",
    "empty": "with nothing but white space in {name!r}",
    "unreadable": "whose {name!r} is no readable text (broken encoding, NUL bytes or numbers)",
    "very_long": f"longer than {_VERY_LONG:,} characters in {{name!r}}",
}


def _noted(kind: str, name: str, rows: np.ndarray) -> Finding | None:
    if not len(rows):
        return None
    message = f"{rows_text(len(rows))} {_MESSAGES[kind].format(name=name)}"
    return Finding(kind, message, tuple(rows[:MOST_ROWS].tolist()))


_VARIES = object()


def _narrow(constants: dict[str, Any], part: Any, item: str | None) -> None:
    """Keep of each feature the one value it has had so far, or that it varies."""
    for name in part.names:
        if name in (item, part.answer) or constants.get(name) is _VARIES or not len(part):
            continue
        values = part.column(name).tolist()
        first = constants.setdefault(name, values[0])
        constants[name] = first if all(_equal(value, first) for value in values) else _VARIES


def _equal(one: Any, other: Any) -> bool:
    return one is other or bool(one == other) or (is_missing(one) and is_missing(other))


def _constant(name: str, value: Any) -> Finding:
    return Finding("constant", f"column {name!r} is {value!r} in every row, so it says nothing")


def _duplicates(hashes: np.ndarray, item: str | None) -> list[Finding]:
    order = np.argsort(hashes, kind="stable")
    again = np.zeros(len(hashes), bool)
    again[order[1:]] = hashes[order[1:]] == hashes[order[:-1]]
    rows = np.flatnonzero(again & (hashes != NO_ITEM))
    if not len(rows):
        return []
    what = f"the {item!r}" if item else "all features"
    message = f"{rows_text(len(rows))} with {what} of an earlier row"
    return [Finding("duplicate", message, tuple(rows[:MOST_ROWS].tolist()))]


def _leaks(hashes: np.ndarray, theirs: np.ndarray) -> list[Finding]:
    rows = np.flatnonzero(np.isin(theirs, hashes) & (theirs != NO_ITEM))
    if not len(rows):
        return []
    message = (
        f"{rows_text(len(rows))} of the {len(theirs):,} for validation also in the training data, "
        "which makes scores too good"
    )
    return [Finding("leak", message, tuple(rows[:MOST_ROWS].tolist()))]
