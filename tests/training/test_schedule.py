"""The rate rises, falls, and is used up when the steps or the time are."""

from __future__ import annotations

import time

import keras
import numpy as np
import pytest

from sora_keras.training import TrainingSettings, train
from sora_keras.training.schedule import CosineRate, cosine
from tests.training.small import loss, small_core, small_feed


def test_cosine_rises_over_a_twentieth_and_then_falls() -> None:
    shares = np.array([cosine(progress) for progress in np.linspace(0, 1, 201)])
    assert shares.argmax() == 10
    assert shares.max() == pytest.approx(1)
    assert (np.diff(shares[:11]) > 0).all()
    assert (np.diff(shares[10:]) < 0).all()
    assert shares[-1] == pytest.approx(0.01)
    assert cosine(1.7) == cosine(1)


class Rates(keras.callbacks.Callback):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[float] = []

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        self.seen.append(float(self.model.optimizer.learning_rate))


def rates(*callbacks: keras.callbacks.Callback, epochs: int = 2) -> np.ndarray:
    core, watched = small_core(), Rates()
    core.compile(keras.optimizers.AdamW(0.5), loss())
    core.fit(small_feed().dataset(), epochs=epochs, callbacks=[*callbacks, watched], shuffle=False, verbose=0)
    return np.array(watched.seen)


def test_every_step_has_its_own_rate() -> None:
    steps = small_feed().steps
    seen = rates(CosineRate(0.1, 2 * steps, 0, lambda: None))
    assert len(seen) == 2 * steps
    assert seen == pytest.approx([0.1 * cosine(step / (2 * steps)) for step in range(2 * steps)])


def test_a_continued_run_goes_on_where_its_rate_was() -> None:
    steps = small_feed().steps
    seen = rates(CosineRate(0.1, 2 * steps, steps, lambda: None), epochs=1)
    assert seen == pytest.approx([0.1 * cosine((steps + step) / (2 * steps)) for step in range(steps)])


def test_the_rate_is_used_up_when_the_time_is() -> None:
    ends = time.monotonic() + 0.05
    time_is_over = CosineRate(0.1, 10**9, 0, lambda: ends)
    while time.monotonic() < ends:
        pass
    assert rates(time_is_over) == pytest.approx(0.001)


def test_a_time_limit_ends_a_falling_rate_near_nothing() -> None:
    core = small_core()
    limit = time.monotonic() + 2
    settings = TrainingSettings(10**6, 0.1, 10**6, deadline=limit, schedule="cosine", verbose=False)
    record = train(core, small_feed(), small_feed(40, seed=1, shuffled=False), loss(), settings)
    assert record.stopped == "time limit reached"
    assert float(core.optimizer.learning_rate) < 0.01
