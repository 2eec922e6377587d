"""Keeping the best weights, stopping when no better come, and continuing a killed run."""

from __future__ import annotations

import json
import math
import os
import shutil
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from sora_keras.errors import DataError, ParameterError, SaveError
from sora_keras.training.feeding import Feed

_STATE = "state.json"


class KeepBest(keras.callbacks.Callback):
    """Watches one figure after each epoch, where less is better.

    Args:
        watch: the figure's name in Keras' logs, such as `"val_loss"`.
        patience: epochs without a better figure before training stops.
        deadline: `time.monotonic()` at which training stops, or None; the last validation ends by then.
        feed: is told the epoch, which its order depends on.
        store: where the run is kept so that it can continue, or None.
        best: a figure that the weights at hand are known to have.
    """

    def __init__(
        self, watch: str, patience: int, deadline: float | None, feed: Feed, store: RunStore | None,
        best: float = math.inf,
    ) -> None:  # fmt: skip
        super().__init__()
        self.watch, self.patience, self.deadline = watch, patience, deadline
        self.feed, self.store = feed, store
        self.best, self.best_epoch, self.epochs, self.waited = best, -1, 0, 0
        self.stopped, self.diverged = "all epochs done", False
        self._weights: list[np.ndarray] | None = None
        self._validation_began = self._validation_seconds = 0.0

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        if math.isfinite(self.best) and self._weights is None:
            self._weights = model.get_weights()

    @property
    def ends(self) -> float | None:
        """When the last step is made, so that validation ends by the deadline."""
        return None if self.deadline is None else self.deadline - self._validation_seconds

    def on_test_begin(self, logs: Any = None) -> None:
        self._validation_began = time.monotonic()

    def on_test_end(self, logs: Any = None) -> None:
        self._validation_seconds = time.monotonic() - self._validation_began

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.feed.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.ends is not None and time.monotonic() > self.ends:
            self.model.stop_training = True
            self.stopped = "time limit reached"

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.epochs = epoch + 1
        figure = float((logs or {})[self.watch])
        if not math.isfinite(figure):
            self.model.stop_training = True
            self.stopped = "the loss is no finite number any more"
            self.diverged = self._weights is None
            return
        better = figure < self.best
        if better:
            self.best, self.best_epoch, self.waited = figure, epoch, 0
            self._weights = self.model.get_weights()
        else:
            self.waited += 1
            if self.waited >= self.patience:
                self.model.stop_training = True
                self.stopped = self.without_better
        if self.store:
            facts = {name: getattr(self, name) for name in ("best", "best_epoch", "epochs", "waited")}
            augmentation = self.feed.augmentation
            flips = augmentation.allowed if augmentation and augmentation.asked else None
            self.store.write(self.model, {**facts, "flips": flips}, better=better)

    @property
    def without_better(self) -> str:
        """What is recorded when patience ends."""
        return f"no better for {self.patience} epochs"

    def restore(self) -> None:
        """Give the model the best weights seen, if an epoch has ended."""
        if self._weights is not None:
            self.model.set_weights(self._weights)

    def resume(self, model: keras.Model) -> None:
        """Take up what `store` holds."""
        if self.store is None or (facts := self.store.read()) is None:
            return
        self.store.load(model, "best")
        self._weights = model.get_weights()
        self.store.load(model, "last")
        flips = facts.pop("flips", None)
        if self.feed.augmentation and flips is not None:
            self.feed.augmentation.allow(flips)
        for name, value in facts.items():
            setattr(self, name, value)
        if self.waited >= self.patience:
            self.stopped = self.without_better


class RunStore:
    """A folder with the state of a run: weights and optimizer of the last epoch, the best weights.

    Args:
        folder: made if it is not there.
        identity: what the run is on (data, settings); another run's folder is refused.
    """

    def __init__(self, folder: str | os.PathLike[str], identity: str) -> None:
        self.folder, self.identity = Path(folder), identity

    def read(self) -> dict[str, Any] | None:
        """What the callback keeps, or None for a new run.

        Raises:
            ParameterError: the folder holds a run on other data or settings.
        """
        state = self._state()
        if state is None:
            return None
        if state["identity"] != self.identity:
            raise ParameterError(
                f"resume={str(self.folder)!r} holds a run on other data or with other settings. "
                "Name another folder, or delete this one to begin anew."
            )
        return dict(state["facts"])

    def write(self, model: keras.Model, facts: dict[str, Any], *, better: bool) -> None:
        """Keep this epoch: a new folder is filled first, and the state file then points to it."""
        try:
            old = self._state()
            name = f"epoch-{facts['epochs']:05d}"
            fresh = self.folder / name
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(parents=True)
            model.save_weights(fresh / "last.weights.h5")
            if better or old is None:
                model.save_weights(fresh / "best.weights.h5")
            else:
                _link(self.folder / old["epoch"] / "best.weights.h5", fresh / "best.weights.h5")
            random = [variable.numpy().tolist() for variable in _random_states(model)]
            state = {"identity": self.identity, "epoch": name, "facts": facts, "random": random}
            (self.folder / "state.new").write_text(json.dumps(state), encoding="utf-8")
            os.replace(self.folder / "state.new", self.folder / _STATE)
            if old is not None and old["epoch"] != name:
                shutil.rmtree(self.folder / old["epoch"], ignore_errors=True)
        except OSError as error:
            raise SaveError(
                f"Could not keep the run in resume={str(self.folder)!r}: {error}. What was kept before is still whole."
            ) from error

    def load(self, model: keras.Model, which: str) -> None:
        """Give the model, and its optimizer, the weights of the `"last"` or the `"best"` epoch.

        Raises:
            DataError: the file is missing or was changed.
        """
        state = self._state()
        assert state is not None
        try:
            model.load_weights(self.folder / state["epoch"] / f"{which}.weights.h5")
            for variable, value in zip(_random_states(model), state["random"], strict=True):
                variable.assign(value)
        except (OSError, ValueError, KeyError) as error:
            raise self._damaged(error) from error

    def _state(self) -> dict[str, Any] | None:
        path = self.folder / _STATE
        if not path.exists():
            return None
        try:
            state = json.loads(path.read_text(encoding="utf-8"))
            return {name: state[name] for name in ("identity", "epoch", "facts", "random")}
        except (ValueError, KeyError, TypeError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> DataError:
        return DataError(
            f"The run kept in resume={str(self.folder)!r} is damaged: {error!r}. Delete the folder to begin anew."
        )


def _random_states(model: keras.Model) -> list[Any]:
    """Where each dropout stands, which Keras does not save with the weights."""
    others = {id(variable) for variable in (*model.weights, *model.metrics_variables)}
    return [variable for variable in model.variables if id(variable) not in others]


def _link(source: Path, target: Path) -> None:
    """A second name for a file; a copy where the disk knows no such names, as on network drives."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
