"""The one kind of registry: names to things, ours and third parties', no name twice."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from sora_keras.errors import ParameterError, nearest

T = TypeVar("T")


class Registry(Generic[T]):
    """Names and what they stand for.

    Args:
        what: the word for one entry in messages, such as "encoder".
        group: the entry-point group through which an installed package adds entries: each point loads to
            a callable without arguments that registers its own, and is called at the first look-up.
    """

    def __init__(self, what: str, group: str) -> None:
        self.what = what
        self.group = group
        self._entries: dict[str, T] = {}
        self._waiting: list[EntryPoint] | None = None

    def add(self, name: str, entry: T) -> T:
        """Register `entry`.

        Raises:
            ParameterError: the name is taken.
        """
        if name in self._entries:
            raise ParameterError(f"The {self.what} {name!r} is registered already; choose another name.")
        self._entries[name] = entry
        return entry

    def all(self) -> dict[str, T]:
        """Every entry, by name, in order of registration.

        An installed package whose entries cannot be added is an error at each look-up, not at the first alone.
        """
        if self._waiting is None:
            self._waiting = list(entry_points(group=self.group))
        while self._waiting:
            point = self._waiting.pop(0)
            try:
                point.load()()
            except BaseException:
                self._waiting.insert(0, point)
                raise
        return dict(self._entries)

    def find(self, name: str) -> T:
        """The entry of that name.

        Raises:
            ParameterError: there is none; names the nearest and lists all.
        """
        known = self.all()
        if name not in known:
            raise ParameterError(
                f"There is no {self.what} {name!r}.{nearest(name, known)} Known: {', '.join(sorted(known))}."
            )
        return known[name]
