"""Which column of a log says who, what, how much and when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields

from sora_keras.data.examples import check_column
from sora_keras.data.names import ITEM_NAMES, RATING_NAMES, TIME_NAMES, USER_NAMES, find_named_column
from sora_keras.errors import DataError, ParameterError

_KNOWN = {"user": USER_NAMES, "item": ITEM_NAMES, "rating": RATING_NAMES, "time": TIME_NAMES}
# Columns without names are called by their place: of an array x0, x1, …; of a data frame 0, 1, …
_PLACES = ("x", "")


@dataclass(frozen=True)
class Roles:
    """The names of a log's columns; None for a rating or time that is not there or not wanted."""

    user: str
    item: str
    rating: str | None = None
    time: str | None = None

    @property
    def names(self) -> list[str]:
        """The columns that are there."""
        return [name for name in (self.user, self.item, self.rating, self.time) if name is not None]


@dataclass(frozen=True)
class GivenRoles:
    """What the user says of the columns: a name, None to look for one, False to do without it."""

    user: str | None = None
    item: str | None = None
    rating: str | bool | None = None
    time: str | bool | None = None


def find_roles(names: Sequence[str], given: GivenRoles, source: str) -> Roles:
    """Which of the columns is what; two to four columns without names are user, item, rating and time.

    Raises:
        DataError: the column of users or items is unclear, or one that is named is not there; lists the columns.
        ParameterError: one column is named twice.
    """
    names = tuple(names)
    wanted = {field.name: getattr(given, field.name) for field in fields(given)}
    found: dict[str, str] = {role: name for role, name in wanted.items() if isinstance(name, str)}
    for name in found.values():
        check_column(name, names, source)
    if len(set(found.values())) < len(found):
        raise ParameterError(f"user, item, rating and time must be different columns. Received: {found}")
    if not found and _without_names(names):
        found = dict(zip(_KNOWN, names))
    else:
        found |= _found(names, [role for role, name in wanted.items() if name is None], found.values())
    for role in ("user", "item"):
        if role not in found:
            raise _unclear(role, names, source)
    return Roles(**{role: name for role, name in found.items() if wanted[role] is not False})


def _without_names(names: tuple[str, ...]) -> bool:
    return 2 <= len(names) <= 4 and any(names == tuple(f"{prefix}{n}" for n in range(len(names))) for prefix in _PLACES)


def _found(names: tuple[str, ...], roles: list[str], taken: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for role in roles:
        name = find_named_column(names, _KNOWN[role], exclude=(*taken, *found.values()))
        if name is not None:
            found[role] = name
    return found


def _unclear(role: str, names: tuple[str, ...], source: str) -> DataError:
    headless = all(name.replace(".", "", 1).isdigit() for name in names)
    hint = " Its first row looks like data: give it a header." if headless else ""
    return DataError(
        f"Which column of {source} holds the {role}s? No name says so.{hint} "
        f'Say it with {role}="name of the column". Columns: {", ".join(map(repr, names))}.'
    )
