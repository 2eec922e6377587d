"""What hits don't tell of recommendations: how much of the catalogue is seen, and how popular it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sora_keras.errors import DataError
from sora_keras.evaluation.item_lists import ItemLists


@dataclass(frozen=True)
class Beyond:
    """Of the first k recommended to every user.

    Args:
        k: how many to each user, at most.
        coverage: the share of the catalogue that is recommended to anyone, in [0, 1].
        novelty: mean self-information in bits: 10 for an item that one user in 1,024 had.
        popularity_ratio: how popular the recommended items are, over how popular those are that the same users had;
            1 where tastes are met, more where the popular is favoured. A mean over items a user, then over users,
            as the group average popularity of Abdollahpouri et al. (2019). None where no user had an item.
        gini: how unevenly recommendations fall on the catalogue (Gini index): 0 for all items alike, near 1 for few.
        filling_half: the fewest items that make up half of all that is recommended.
    """

    k: int
    coverage: float
    novelty: float
    popularity_ratio: float | None
    gini: float
    filling_half: int


def beyond_accuracy(recommended: np.ndarray, counts: np.ndarray, n_users: int, history: ItemLists) -> Beyond:
    """Measure coverage, novelty and popularity bias.

    Args:
        recommended: (users, k) int item numbers, -1 where there was none.
        counts: (items,) how many users had each item in training; items that nobody had count as had by one.
        n_users: how many users there were in training.
        history: what each of the `users` had in training.

    Raises:
        DataError: nothing is recommended to anyone.
    """
    given = recommended >= 0
    if not given.any():
        raise DataError("Nothing is recommended to anyone. Is every item filtered out?")
    share = np.clip(counts / n_users, 1 / n_users, 1)
    often = np.bincount(recommended[given], minlength=len(counts))
    had = _mean_over_users(share[history.items], history.users, len(history))
    users = np.nonzero(given)[0]
    shown = _mean_over_users(share[recommended[given]], users, len(recommended))
    return Beyond(
        k=recommended.shape[1],
        coverage=float((often > 0).mean()),
        novelty=float(-np.log2(share[recommended[given]]).mean()),
        popularity_ratio=None if had is None or shown is None else shown / had,
        gini=_gini(often),
        filling_half=int(np.searchsorted(np.cumsum(np.sort(often)[::-1]), often.sum() / 2)) + 1,
    )


def _mean_over_users(values: np.ndarray, users: np.ndarray, n_users: int) -> float | None:
    """The mean of each user's mean; users without a value are left out."""
    number = np.bincount(users, minlength=n_users)
    has = number > 0
    if not has.any():
        return None
    return float((np.bincount(users, values, n_users)[has] / number[has]).mean())


def _gini(often: np.ndarray) -> float:
    ordered, places = np.sort(often), np.arange(1, len(often) + 1)
    return float(2 * (places * ordered).sum() / (len(often) * ordered.sum()) - (len(often) + 1) / len(often))
