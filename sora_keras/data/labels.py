"""What the answers are: the classes, in the user's own type, and their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np

from sora_keras.data.answers import Answer, answer_key, as_answers
from sora_keras.errors import DataError, ParameterError, nearest

Kind = Literal["binary", "multiclass", "multilabel"]

_MANY = 20


@dataclass(frozen=True)
class LabelSpace:
    """The classes of a classification.

    kind: two classes, several, or several at once; classes: their names as shown, sorted, numbers by size;
    values: the same in the user's own type; separator: what stands between labels given as one string.

    Example:
        >>> labels = LabelSpace.learn(["pos", "neg ", "pos"])
        >>> labels.classes, labels.encode(["neg"])
        (('neg', 'pos'), array([0], dtype=int32))
    """

    kind: Kind
    classes: tuple[str, ...]
    values: tuple[Any, ...]
    separator: str | None = None

    @classmethod
    def learn(
        cls, answers: Any, *, name: str = "label", multi_label: bool | str = "auto",
        separator: str | None = None, class_names: Sequence[Any] | None = None,
    ) -> LabelSpace:  # fmt: skip
        """Find the classes in answers.

        Args:
            answers: one answer a row: `str`, `int`, `bool`, `float`, or a list of them for several labels; or
                an array of 0 and 1 (rows, classes).
            name: the answer's name, for messages.
            multi_label: whether a row can have several labels; `"auto"` looks at the answers.
            separator: what stands between the labels of one row, such as "|".
            class_names: the names of the columns of a 0/1 array.

        Raises:
            DataError: fewer than two classes, missing answers, or values that are no classes.
        """
        if multi_label not in (True, False, "auto"):
            raise ParameterError(f"multi_label must be True, False or 'auto'. Received: {multi_label!r}")
        rows, several = as_answers(answers, name=name, separator=separator, class_names=class_names)
        _check_several(several, multi_label, name)
        _check_complete(rows, name)
        found = {answer_key(value): value for row in rows for value in (row if several else (row,))}
        values = _in_order(found)
        classes = tuple(answer_key(value) for value in values)
        _check_classes(classes, values, len(rows), name)
        kind: Kind = "multilabel" if several else "binary" if len(classes) == 2 else "multiclass"
        return cls(kind, classes, values, separator if several else None)

    def encode(self, answers: Any, *, name: str = "label") -> np.ndarray:
        """Answers to class numbers int32 (rows,), or to 0/1 float32 (rows, classes) for several labels.

        Raises:
            DataError: an answer is missing, or none of the classes; names it, its rows and the nearest.
        """
        several = self.kind == "multilabel"
        names = self.values if several else None
        rows, listed = as_answers(answers, name=name, separator=self.separator, class_names=names)
        if listed != several and len(rows):
            expected = "a list of labels" if several else "one label"
            raise DataError(f"{name!r} must hold {expected} in each row. Received: {rows[0]!r}")
        number = {shown: place for place, shown in enumerate(self.classes)}
        if not several:
            encoded = [number.get(answer_key(value), -1) for value in rows]
            self._check_known(rows, encoded, name)
            return np.array(encoded, np.int32)
        matrix = np.zeros((len(rows), len(self.classes)), np.float32)
        for place, row in enumerate(rows):
            columns = [number.get(answer_key(value), -1) for value in row or ()]
            self._check_known(row or (), columns, name, place)
            matrix[place, columns] = 1
        return matrix

    def decode(self, encoded: Any) -> np.ndarray:
        """Class numbers, or 0/1 rows for several labels, back to the user's own type (tuples for several)."""
        encoded = np.asarray(encoded)
        if self.kind != "multilabel":
            return np.array(self.values)[encoded]
        decoded = np.empty(len(encoded), dtype=object)
        for place, row in enumerate(encoded):
            decoded[place] = tuple(self.values[column] for column in np.flatnonzero(row))
        return decoded

    def to_config(self) -> dict[str, Any]:
        """A dictionary for JSON."""
        return {
            "kind": self.kind,
            "classes": list(self.classes),
            "values": list(self.values),
            "separator": self.separator,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LabelSpace:
        """From what `to_config` gave."""
        values, classes = tuple(config["values"]), tuple(config["classes"])
        return cls(cast(Kind, config["kind"]), classes, values, config.get("separator"))

    def _check_known(self, row: Any, numbers: list[int], name: str, place: int | None = None) -> None:
        unknown = [at for at, number in enumerate(numbers) if number < 0]
        if not unknown:
            return
        shown = answer_key(row[unknown[0]])
        same = [at for at in unknown if answer_key(row[at]) == shown]
        rows = ", ".join(map(str, [place] if place is not None else same[:5]))
        more = "" if place is not None or len(same) <= 5 else f" and {len(same) - 5:,} more"
        raise DataError(
            f"{name!r} holds {shown!r} (row {rows}{more}), which is none of the known classes."
            f"{nearest(shown, self.classes)} Classes: {', '.join(self.classes)}."
        )


def _in_order(found: dict[str, Answer]) -> tuple[Any, ...]:
    """One value a class, of one type: the user's where there is one, or `str`; sorted."""
    types = {type(value) for value in found.values()}
    if types == {int, float}:
        return tuple(sorted(float(value) for value in found.values()))
    if len(types) == 1:
        return tuple(sorted(cast("Any", found.values())))
    return tuple(sorted(found))


def _check_several(several: bool, multi_label: bool | str, name: str) -> None:
    if multi_label is True and not several:
        raise DataError(
            f"multi_label=True needs lists of labels in {name!r}, or separator='|' (or what else stands "
            "between the labels of a row). Received: one value a row."
        )
    if multi_label is False and several:
        raise DataError(f"{name!r} holds lists of labels, but multi_label=False asks for one label a row.")


def _check_complete(rows: Sequence[Any], name: str) -> None:
    missing = [place for place, row in enumerate(rows) if row is None]
    if missing or not len(rows):
        which = f"row {missing[0]} of {len(rows):,}" if missing else "all of them: there are no rows"
        raise DataError(f"{name!r} has missing answers ({which}). Fill them in or leave these rows out.")


def _check_classes(classes: tuple[str, ...], values: tuple[Any, ...], rows: int, name: str) -> None:
    if len(classes) < 2:
        raise DataError(
            f"{name!r} needs at least two classes to tell apart. "
            f"Received: only {', '.join(map(repr, classes)) or 'empty lists'} in {rows:,} rows."
        )
    fractions = any(isinstance(value, float) and not value.is_integer() for value in values)
    if len(classes) > _MANY and (fractions or len(classes) == rows):
        raise DataError(
            f"{name!r} does not look like classes: {len(classes):,} different values in {rows:,} rows, "
            f"such as {values[0]!r}. Name the column that holds the classes with y=."
        )
