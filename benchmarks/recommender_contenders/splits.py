"""The two ways in which a log is split, and the log itself; plain NumPy, since every environment reads it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

COLUMNS = ("user_id", "item_id", "rating", "timestamp")


@dataclass(frozen=True, eq=False)
class Log:
    """Interactions, sorted by user and then by time; rows of equal time keep the order of the file.

    `users` and `items` number `user_ids` and `item_ids`, which are sorted as text.
    """

    users: np.ndarray
    items: np.ndarray
    user_ids: np.ndarray
    item_ids: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """How many users and items there are."""
        return len(self.user_ids), len(self.item_ids)

    def numbers(self, ids: list[str]) -> np.ndarray:
        """Returns the numbers of users; all must be known."""
        found = np.searchsorted(self.user_ids, ids)
        assert (self.user_ids[found] == ids).all(), "a user without training rows"
        return found


def read_rows(file: Path) -> np.ndarray:
    """Returns the cells of a file with the columns `COLUMNS`, (rows, 4) of text, in the order of the file."""
    return np.array([line.split("\t") for line in file.read_text("utf-8").splitlines()[1:]])


def read_log(file: Path) -> Log:
    """Reads a training file."""
    rows = read_rows(file)
    user_ids, users = np.unique(rows[:, 0], return_inverse=True)
    item_ids, items = np.unique(rows[:, 1], return_inverse=True)
    order = np.lexsort((rows[:, 3].astype(float), users))
    return Log(users[order], items[order], user_ids, item_ids)


def last_rows(rows: np.ndarray, seed: int) -> np.ndarray:
    """Returns which rows (rows,) are the last of their user; one with a single row keeps it to train."""
    _, users = np.unique(rows[:, 0], return_inverse=True)
    order = np.lexsort((rows[:, 3].astype(float), users))
    last = np.zeros(len(rows), bool)
    last[order[np.append(np.diff(users[order]) > 0, True)]] = True
    return last & (np.bincount(users)[users] > 1)


def random_rows(rows: np.ndarray, seed: int) -> np.ndarray:
    """Returns which rows (rows,) are among the fifth drawn at random."""
    drawn = np.zeros(len(rows), bool)
    drawn[np.random.default_rng(seed).permutation(len(rows))[: len(rows) // 5]] = True
    return drawn


HELD_OUT = {"last": last_rows, "random": random_rows}
