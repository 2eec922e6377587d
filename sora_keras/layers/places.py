"""The places at which a detector answers, and what its answers say of boxes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from keras import ops

STRIDES = (8, 16, 32)  # pixels between the places of each map
BINS = 16  # a side is 0 to 15 strides away, told as shares of these (generalized focal loss, Li et al., 2020)


def places_of(size: int) -> tuple[np.ndarray, np.ndarray]:
    """The places of all maps, (places, 2) x and y in pixels, and the stride of each, (places,); float32.

    Args:
        size: pixels a side of what the detector reads.
    """
    centres, strides = [], []
    for stride in STRIDES:
        side = -(-size // stride)
        middle = (np.arange(side, dtype=np.float32) + 0.5) * stride
        x, y = np.meshgrid(middle, middle)
        centres.append(np.stack([x.ravel(), y.ravel()], axis=1))
        strides.append(np.full(side * side, stride, np.float32))
    return np.concatenate(centres), np.concatenate(strides)


def side_of(places: int) -> int:
    """Pixels a side, a multiple of the largest stride, of what has so many places."""
    return STRIDES[-1] * round(math.sqrt(places / sum((STRIDES[-1] // stride) ** 2 for stride in STRIDES)))


def corners_of(sides: Any, centres: np.ndarray, strides: np.ndarray) -> Any:
    """Corners (batch, places, 4) in pixels, of logits of how far each side is, (batch, places, 4 × BINS)."""
    shares = ops.softmax(ops.reshape(sides, (-1, len(centres), 4, BINS)), axis=-1)
    away = ops.sum(shares * np.arange(BINS, dtype=np.float32), axis=-1) * strides[:, None]
    return ops.concatenate([centres - away[..., :2], centres + away[..., 2:]], axis=-1)
