"""First the head on what a frozen encoder gives, then all of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras.ops import convert_to_numpy

from sora_keras.training import Feed, PixelCache, TrainingSettings, train_in_two_steps, transfer
from tests.pictures import shapes


@pytest.fixture(autouse=True)
def few_passes_of_the_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "_EPOCHS", 20)


def feed(count: int, seed: int = 0, *, wrong: int = 0, **given: Any) -> Feed:
    pixels, labels = shapes(count, seed=seed)
    targets = np.array([label == "across" for label in labels], np.int64)
    targets[:wrong] = 1 - targets[:wrong]
    return Feed(PixelCache(pixels, np.arange(count)), targets, None, 16, 0, **given)


def core() -> keras.Model:
    keras.utils.set_random_seed(3)
    pixels = keras.Input((16, 16, 3))
    hidden = keras.layers.Conv2D(8, 5, activation="relu")(keras.layers.Rescaling(1 / 255)(pixels))
    hidden = keras.layers.BatchNormalization(momentum=0.5)(hidden)
    encoded = keras.layers.GlobalMaxPooling2D(name="encoder")(hidden)
    return keras.Model(pixels, keras.layers.Dense(1, name="head")(keras.layers.Dropout(0.1)(encoded)))


def settings(**given: Any) -> TrainingSettings:
    return TrainingSettings(**{"epochs": 3, "learning_rate": 1e-3, "patience": 9, "verbose": False, **given})


LOSS = keras.losses.BinaryCrossentropy(from_logits=True)


def test_head_learns_first_and_the_whole_makes_it_no_worse() -> None:
    model = core()
    record = train_in_two_steps(model, feed(120), feed(40, 1, shuffled=False), LOSS, settings(epochs=6))
    assert record.head_epochs > 0
    assert len(record.history["loss"]) == 6
    head = record.history["head_val_loss"]
    assert head[-1] < head[0]
    model.compile(loss=LOSS)
    kept = model.evaluate(feed(40, 1, shuffled=False).dataset(), verbose=0)
    assert kept == pytest.approx(min(head + record.history["val_loss"]), rel=1e-4)


def test_a_second_step_that_is_worse_changes_nothing() -> None:
    model = core()
    check = feed(40, 1, wrong=4, shuffled=False)  # so that the very sure answers of so high a rate cost much
    record = train_in_two_steps(model, feed(120), check, LOSS, settings(epochs=2, learning_rate=5.0))
    assert record.best_epoch == 0
    assert record.head_epochs > 0
    model.compile(loss=LOSS)
    kept = model.evaluate(check.dataset(), verbose=0)
    assert kept == pytest.approx(min(record.history["head_val_loss"]), rel=1e-4)


def test_the_encoders_statistics_stay_and_its_layers_are_trainable_again() -> None:
    model = core()
    normal = next(layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization))
    before = [
        convert_to_numpy(normal.moving_mean),
        convert_to_numpy(normal.moving_variance),
        convert_to_numpy(normal.gamma),
    ]
    train_in_two_steps(model, feed(60), feed(20, 1, shuffled=False), LOSS, settings())
    for old, new in zip(before, (normal.moving_mean, normal.moving_variance, normal.gamma), strict=True):
        assert np.array_equal(old, convert_to_numpy(new))
    assert normal.trainable


def test_known_passes_are_made_and_none_of_the_whole_where_there_were_none() -> None:
    model = core()
    kernel = convert_to_numpy(model.layers[2].kernel)
    record = train_in_two_steps(model, feed(60), None, LOSS, settings(), passes=(2, 0))
    assert (record.head_epochs, record.best_epoch, len(record.history["head_loss"])) == (2, 0, 2)
    assert np.array_equal(kernel, convert_to_numpy(model.layers[2].kernel))
    model = core()
    record = train_in_two_steps(model, feed(60), None, LOSS, settings(epochs=1), passes=(2, 1))
    assert (record.head_epochs, record.best_epoch) == (2, 1)
    assert not np.array_equal(kernel, convert_to_numpy(model.layers[2].kernel))


def test_no_time_leaves_the_encoder_as_it_is() -> None:
    model = core()
    kernel = convert_to_numpy(model.layers[2].kernel)
    late = settings(deadline=time.monotonic() - 1)
    record = train_in_two_steps(model, feed(60), feed(20, 1, shuffled=False), LOSS, late)
    assert record.stopped == "time limit reached"
    assert np.array_equal(kernel, convert_to_numpy(model.layers[2].kernel))


def test_both_steps_continue_where_they_were_killed(tmp_path: Path) -> None:
    def run(epochs: int, resume: Path | None) -> list[np.ndarray]:
        model = core()
        given = settings(epochs=epochs, resume=resume, identity="same")
        train_in_two_steps(model, feed(60), feed(20, 1, shuffled=False), LOSS, given)
        return [convert_to_numpy(weight) for weight in model.weights]

    run(1, tmp_path)
    continued, whole = run(3, tmp_path), run(3, None)
    for one, other in zip(continued, whole, strict=True):
        assert one == pytest.approx(other, abs=1e-6)
