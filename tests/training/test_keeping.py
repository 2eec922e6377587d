"""The best weights are kept, and a kept run is whole, refused or named as damaged."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from sora_keras.errors import DataError, ParameterError, SaveError
from sora_keras.training.keeping import KeepBest, RunStore
from tests.training.small import loss, small_core, small_feed

FACTS = {"best": 0.5, "best_epoch": 1, "epochs": 2, "waited": 0}


@pytest.fixture
def core() -> keras.Model:
    core = small_core()
    core.compile("adam", loss())
    core.optimizer.build(core.trainable_variables)
    return core


def fill(core: keras.Model, value: float) -> None:
    core.set_weights([np.full_like(weight, value) for weight in core.get_weights()])


def filled_with(core: keras.Model) -> float:
    values = {float(value) for weight in core.get_weights() for value in np.unique(weight)}
    assert len(values) == 1
    return values.pop()


def keeper_of(core: keras.Model, *, patience: int = 2, store: RunStore | None = None) -> KeepBest:
    keeper = KeepBest("val_loss", patience, None, small_feed(), store)
    keeper.set_model(core)
    return keeper


def pass_epochs(keeper: KeepBest, figures: list[float]) -> None:
    """Epochs that end with these figures; the weights of epoch n are all n."""
    keeper.model.stop_training = False
    for epoch, figure in enumerate(figures, keeper.epochs):
        keeper.on_epoch_begin(epoch)
        fill(keeper.model, epoch)
        keeper.on_epoch_end(epoch, {"loss": 0.0, "val_loss": figure})


def test_weights_of_the_lowest_figure_come_back(core: keras.Model) -> None:
    keeper = keeper_of(core, patience=9)
    pass_epochs(keeper, [0.7, 0.4, 0.4, 0.9])
    assert filled_with(core) == 3
    keeper.restore()
    assert filled_with(core) == 1
    assert (keeper.best, keeper.best_epoch, keeper.epochs) == (0.4, 1, 4)


def test_weights_stay_when_no_epoch_ended(core: keras.Model) -> None:
    fill(core, 7)
    keeper_of(core).restore()
    assert filled_with(core) == 7


def test_patience_counts_epochs_in_a_row_without_a_better_figure(core: keras.Model) -> None:
    keeper = keeper_of(core, patience=2)
    pass_epochs(keeper, [0.7, 0.8, 0.6, 0.6])
    assert not core.stop_training
    assert keeper.stopped == "all epochs done"
    pass_epochs(keeper, [0.65])
    assert core.stop_training
    assert keeper.stopped == "no better for 2 epochs"


def test_figure_that_is_no_number_stops_and_is_not_kept(core: keras.Model, tmp_path: Path) -> None:
    keeper = keeper_of(core, store=RunStore(tmp_path, "same"))
    pass_epochs(keeper, [0.7, float("nan")])
    assert core.stop_training
    assert not keeper.diverged
    keeper.restore()
    assert filled_with(core) == 0
    assert RunStore(tmp_path, "same").read()["epochs"] == 1


def test_feed_is_told_the_epoch_that_begins(core: keras.Model) -> None:
    keeper = keeper_of(core)
    keeper.on_epoch_begin(5)
    assert keeper.feed.epoch == 5


def test_kept_run_is_taken_up_with_best_and_last_weights_and_the_optimizer(core: keras.Model, tmp_path: Path) -> None:
    first = keeper_of(core, store=RunStore(tmp_path, "same"))
    core.optimizer.iterations.assign(40)
    pass_epochs(first, [0.7, 0.4, 0.5])

    other = small_core(seed=1)
    other.compile("adam", loss())
    other.optimizer.build(other.trainable_variables)
    second = keeper_of(other, store=RunStore(tmp_path, "same"))
    second.resume(other)
    assert filled_with(other) == 2
    assert int(other.optimizer.iterations) == 40
    assert (second.best, second.best_epoch, second.epochs, second.waited) == (0.4, 1, 3, 1)
    second.restore()
    assert filled_with(other) == 1


def test_run_that_patience_ended_says_so_when_taken_up_again(core: keras.Model, tmp_path: Path) -> None:
    pass_epochs(keeper_of(core, store=RunStore(tmp_path, "same")), [0.4, 0.5, 0.6])
    again = keeper_of(core, store=RunStore(tmp_path, "same"))
    again.resume(core)
    assert again.stopped == "no better for 2 epochs"


def test_new_run_has_nothing_to_take_up(core: keras.Model, tmp_path: Path) -> None:
    fill(core, 7)
    keeper = keeper_of(core, store=RunStore(tmp_path / "new", "same"))
    keeper.resume(core)
    assert filled_with(core) == 7
    assert keeper.epochs == 0


def test_run_on_other_data_is_refused_and_stays(core: keras.Model, tmp_path: Path) -> None:
    RunStore(tmp_path, "these").write(core, FACTS, better=True)
    with pytest.raises(ParameterError, match=r"other data.*delete this one"):
        RunStore(tmp_path, "others").read()
    assert RunStore(tmp_path, "these").read() == FACTS


def test_only_the_last_epoch_is_kept(core: keras.Model, tmp_path: Path) -> None:
    pass_epochs(keeper_of(core, patience=9, store=RunStore(tmp_path, "same")), [0.7, 0.4, 0.5, 0.6])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-00004", "state.json"]


def test_disk_without_hard_links_holds_a_copy(
    core: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    store = RunStore(tmp_path, "same")
    pass_epochs(keeper_of(core, store=store), [0.4, 0.5])
    store.load(core, "best")
    assert filled_with(core) == 0


def test_half_written_epoch_of_a_killed_run_is_no_obstacle(core: keras.Model, tmp_path: Path) -> None:
    store = RunStore(tmp_path, "same")
    pass_epochs(keeper_of(core, store=store), [0.4])
    (tmp_path / "epoch-00002").mkdir()
    (tmp_path / "epoch-00002" / "last.weights.h5").write_bytes(b"half")
    again = keeper_of(core, store=store)
    again.resume(core)
    assert again.epochs == 1
    pass_epochs(again, [0.3])
    store.load(core, "last")
    assert filled_with(core) == 1


@pytest.mark.parametrize("step", ["save_weights", "replace"])
def test_full_disk_is_named_and_the_kept_epoch_stays(
    core: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    store = RunStore(tmp_path, "same")
    pass_epochs(keeper_of(core, store=store), [0.4])

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(*((keras.Model, "save_weights") if step == "save_weights" else (os, "replace")), full)
        fill(core, 9)
        with pytest.raises(SaveError, match=r"No space left.*still whole"):
            store.write(core, FACTS, better=True)
    assert store.read()["epochs"] == 1
    store.load(core, "best")
    assert filled_with(core) == 0


@pytest.mark.parametrize("damage", ["state", "json", "weights", "missing"])
def test_damaged_run_is_named_with_what_to_do(core: keras.Model, tmp_path: Path, damage: str) -> None:
    store = RunStore(tmp_path, "same")
    pass_epochs(keeper_of(core, store=store), [0.4])
    state, weights = tmp_path / "state.json", tmp_path / "epoch-00001" / "best.weights.h5"
    if damage == "state":
        state.write_text(state.read_text()[:20])
    elif damage == "json":
        state.write_text(json.dumps({"identity": "same"}))
    elif damage == "weights":
        weights.write_bytes(weights.read_bytes()[:500])
    else:
        shutil.rmtree(weights.parent)
    with pytest.raises(DataError, match=r"damaged.*Delete the folder"):
        keeper_of(core, store=store).resume(core)
