"""One way to train a core, whatever the recipe."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass, field
from typing import Any

from sora_keras.errors import ParameterError
from sora_keras.quiet import quiet_tensorflow
from sora_keras.training.feeding import Feed


@dataclass(frozen=True)
class TrainingSettings:
    """How to train.

    epochs: the most passes; learning_rate: of the optimizer; patience: passes without a better figure before
    it stops; deadline: `time.monotonic()` at which it stops; resume: a folder that keeps the run;
    identity: what the run is on, for `resume`; verbose: show progress; schedule: of the rate, `"constant"` or
    `"cosine"`; average: how slowly the moving average of the weights moves that is kept instead of them, 0 for
    none; weight_decay: of the optimizer; best: what the weights at hand are known to score, to be bettered; optimizer:
    `"adamw"` or `"muon"`.
    """

    epochs: int
    learning_rate: float
    patience: int
    deadline: float | None = None
    resume: str | os.PathLike[str] | None = None
    identity: str = ""
    verbose: bool = True
    schedule: str = "constant"
    average: float = 0.0
    weight_decay: float = 0.004
    best: float = math.inf
    optimizer: str = "adamw"


@dataclass(frozen=True)
class TrainingRecord:
    """What happened in training.

    epochs: passes made; best_epoch: whose weights were kept, from 1 (0: none was finished);
    history: each figure by epoch; stopped: why it ended; seconds: the whole, seconds_per_epoch: mean;
    refitted: whether it was then trained on all examples, those for validation too;
    head_epochs: passes that the head made before, on what an encoder that was trained elsewhere gives;
    best: the figure of the weights that were kept; mirrored: the directions in which training pictures were mirrored.
    """

    epochs: int
    best_epoch: int
    history: dict[str, list[float]] = field(repr=False)
    stopped: str
    seconds: float
    seconds_per_epoch: float
    refitted: bool = False
    head_epochs: int = 0
    best: float | None = None
    mirrored: list[str] = field(default_factory=list)


def train(core: Any, training: Feed, validation: Feed | None, loss: Any, settings: TrainingSettings) -> TrainingRecord:
    """Train `core` and leave the best weights in it.

    The best are those of the lowest validation loss, or training loss without validation examples.
    Ctrl-C ends training, not the program: the best weights so far stay, and it says so.

    Raises:
        ParameterError: the loss was no finite number after the first epoch already.
        SaveError, DataError: `settings.resume` could not be written, or what it holds is damaged.
    """
    from sora_keras.training.keeping import KeepBest, RunStore

    # XLA would compile anew for every length of batch.
    core.compile(_optimizer(settings), loss, jit_compile=False)
    core.optimizer.build(core.trainable_variables)
    store = RunStore(settings.resume, settings.identity) if settings.resume else None
    watch = "loss" if validation is None else "val_loss"
    keeper = KeepBest(watch, settings.patience, settings.deadline, training, store, settings.best)
    keeper.resume(core)
    keeper.set_model(core)
    callbacks = _callbacks(keeper, training, validation, settings)
    began = time.perf_counter()
    if keeper.waited < settings.patience and keeper.epochs < settings.epochs:
        try:
            with quiet_tensorflow():
                core.fit(
                    training.dataset(),
                    validation_data=None if validation is None else validation.dataset(),
                    epochs=settings.epochs,
                    initial_epoch=keeper.epochs,
                    callbacks=callbacks,
                    shuffle=False,  # the feed shuffles, and Keras warns where it cannot
                    verbose=0,
                )
        except KeyboardInterrupt:
            keeper.stopped = "interrupted"
            print(_interrupted(keeper.best_epoch))
        finally:  # Keras leaves callbacks as they are when training is broken off, such as a bar half drawn
            for callback in callbacks:
                callback.on_train_end()
    if keeper.diverged:
        raise ParameterError(
            "The loss was no finite number after the first epoch. Give a lower learning_rate, or look for "
            f"very large numbers in the data. Received: learning_rate={settings.learning_rate!r}"
        )
    keeper.restore()
    history: dict[str, list[float]] = getattr(getattr(core, "history", None), "history", {})
    seconds = time.perf_counter() - began
    return TrainingRecord(
        keeper.epochs, keeper.best_epoch + 1, history, keeper.stopped, seconds,
        seconds / max(1, len(history.get("loss", []))), best=keeper.best if math.isfinite(keeper.best) else None,
    )  # fmt: skip


def _optimizer(settings: TrainingSettings) -> Any:
    import keras

    from sora_keras.training.muon import ConvolutionMuon
    from sora_keras.training.optimizers import TouchedRowsAdamW

    averaged = {"use_ema": True, "ema_momentum": settings.average} if settings.average else {}
    if settings.optimizer == "muon":
        return ConvolutionMuon(settings.learning_rate, settings.weight_decay, **averaged)
    plain = keras.optimizers.AdamW if averaged else TouchedRowsAdamW
    return plain(settings.learning_rate, settings.weight_decay, **averaged)


def _callbacks(keeper: Any, training: Feed, validation: Feed | None, settings: TrainingSettings) -> list[Any]:
    """In the order in which they act: what is kept are the averaged weights, after the flips are decided."""
    import keras

    from sora_keras.training.flips import AskFlips
    from sora_keras.training.progress import ShowProgress
    from sora_keras.training.schedule import CosineRate

    callbacks: list[Any] = []
    if settings.average:
        swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
        # A run is kept at the end of an epoch, when the averages have changed places with the weights.
        swap._ema_weights_in_model = keeper.epochs > 0
        callbacks.append(swap)
    if settings.schedule == "cosine":
        made = keeper.epochs * training.steps
        callbacks.append(
            CosineRate(settings.learning_rate, settings.epochs * training.steps, made, lambda: keeper.ends)
        )
    if training.augmentation and validation is not None:
        callbacks.append(AskFlips(training.augmentation, validation, verbose=settings.verbose))
    return [*callbacks, keeper, *([ShowProgress()] if settings.verbose else [])]


def _interrupted(best_epoch: int) -> str:
    if best_epoch < 0:
        return "Interrupted before the first epoch ended: the weights are kept as they are now."
    return f"Interrupted: the best weights so far, of epoch {best_epoch + 1}, are kept."
