"""The item–item model in closed form: EASE (Steck, 2019), and with dropout EDLAE (Steck, 2020)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.errors import ParameterError

if TYPE_CHECKING:
    from sora_keras.data import Interactions

MOST_ITEMS = 10_000  # a matrix of 0.8 GB, and three of them while it is solved
_ALONE = 4_000  # items up to which one thread solves


def gram(log: Interactions) -> np.ndarray:
    """How many users had both of two items, (items, items) float64.

    Raises:
        ParameterError: there are more than `MOST_ITEMS` items.
    """
    from scipy.sparse import csr_matrix

    if log.n_items > MOST_ITEMS:
        raise ParameterError(
            f"The linear model holds a number for every pair of items, so it takes {MOST_ITEMS:,} items at most. "
            f"Received: {log.n_items:,} items. Choose encoder='sequence' or 'two_tower'."
        )
    had = csr_matrix((np.ones(len(log)), (log.users, log.items)), shape=(log.n_users, log.n_items))
    had.data[:] = 1  # once, however often
    return np.asarray((had.T @ had).todense())


def solve(gram_matrix: np.ndarray, penalty: float, dropout: float = 0.0) -> np.ndarray:
    """Weights (items, items) float32: how much each past item (row) speaks for each item (column).

    Args:
        gram_matrix: as `gram` gives it. penalty: added to its diagonal; more makes the weights smaller.
        dropout: the share of what a user had that is taken as unknown, below 1; holds popular items' weights down.
    """
    from scipy.linalg import lapack
    from threadpoolctl import threadpool_limits

    lifted: Any = gram_matrix.copy()
    np.fill_diagonal(lifted, penalty + (1 + dropout / (1 - dropout)) * np.diag(gram_matrix))
    # Threads that wait for each other on a busy machine take twenty times as long as one does alone.
    with threadpool_limits(1 if len(lifted) < _ALONE else None, "blas"):
        factor, _ = lapack.dpotrf(lifted, lower=1, clean=1, overwrite_a=1)
        half, _ = lapack.dpotri(factor, lower=1, overwrite_c=1)
    inverse = half + half.T
    np.fill_diagonal(inverse, np.diag(half))
    inverse /= -np.diag(half)
    np.fill_diagonal(inverse, 0.0)
    return inverse.astype(np.float32)
