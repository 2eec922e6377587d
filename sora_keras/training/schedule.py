"""How the learning rate moves while a core is trained."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import keras

SCHEDULES = ("constant", "cosine")
_WARM_UP = 0.05
_FROM = 0.05  # of the rate, where the warm-up begins
_TO = 0.01  # of the rate, where the schedule ends


def cosine(progress: float) -> float:
    """The share of the rate at this share of the training, both from 0 to 1.

    It rises evenly over the first twentieth, then falls along half a cosine (Loshchilov and Hutter, 2017).
    """
    if progress < _WARM_UP:
        return _FROM + (1 - _FROM) * progress / _WARM_UP
    left = (min(progress, 1.0) - _WARM_UP) / (1 - _WARM_UP)
    return _TO + (1 - _TO) * (1 + math.cos(math.pi * left)) / 2


class CosineRate(keras.callbacks.Callback):
    """Sets the rate before each step, by the steps made or by the time spent, whichever is further on.

    Args:
        rate: the highest. steps: of the whole training. made: of them in a run that is continued.
        ends: gives `time.monotonic()` at which training will be stopped, or None.
    """

    def __init__(self, rate: float, steps: int, made: int, ends: Callable[[], float | None]) -> None:
        super().__init__()
        self.rate, self.steps, self.made, self.ends = rate, steps, made, ends
        self._began = time.monotonic()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        progress = self.made / self.steps
        ends = self.ends()
        if ends is not None:
            progress = max(progress, (time.monotonic() - self._began) / max(ends - self._began, 1e-9))
        self.model.optimizer.learning_rate = self.rate * cosine(progress)
        self.made += 1
