"""Items of many users, end to end: what each shall be recommended, or what each already had."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sora_keras.errors import ParameterError


@dataclass(frozen=True, eq=False, repr=False)
class ItemLists:
    """A list of item numbers for each user; that of user u is `items[starts[u]:starts[u + 1]]`.

    Args:
        items: (n,) int, from 0. starts: (users + 1,) int, from 0 up to n.

    Raises:
        ParameterError: the starts do not cut the items into lists, or a number is negative.
    """

    items: np.ndarray
    starts: np.ndarray

    def __post_init__(self) -> None:
        starts = self.starts
        fits = starts.ndim == 1 and len(starts) and starts[0] == 0 and starts[-1] == len(self.items)
        if not fits or (np.diff(starts) < 0).any():
            raise ParameterError(
                f"starts must rise from 0 to the {len(self.items):,} items. Received: {starts.tolist()[:5]} …"
            )
        if self.items.min(initial=0) < 0:
            raise ParameterError(f"items must be numbers from 0 up. Received: {self.items.min()}")

    def __len__(self) -> int:
        """How many users."""
        return len(self.starts) - 1

    @property
    def lengths(self) -> np.ndarray:
        """(users,) how many items each has."""
        return np.diff(self.starts)

    @property
    def users(self) -> np.ndarray:
        """(n,) whose each item is."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def take(self, users: np.ndarray) -> ItemLists:
        """The lists of some users, in the order given."""
        lengths = self.lengths[users]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        places = np.arange(starts[-1]) + np.repeat(self.starts[:-1][users] - starts[:-1], lengths)
        return ItemLists(self.items[places], starts)

    def contains(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Whether each item stands in the list of its user.

        Args:
            users, items: int arrays that broadcast to one shape; an item of -1 stands in none.
        """
        width = 1 + max(int(self.items.max(initial=0)), int(items.max(initial=0)))
        return np.isin(users.astype(np.int64) * width + items, self._keys(width)) & (items >= 0)

    def distinct(self) -> ItemLists:
        """Each list sorted and without repetitions."""
        width = 1 + int(self.items.max(initial=0))
        users, items = np.divmod(np.unique(self._keys(width)), width)
        return ItemLists(items, np.concatenate([[0], np.cumsum(np.bincount(users, minlength=len(self)))]))

    def _keys(self, width: int) -> np.ndarray:
        return self.users * width + self.items
