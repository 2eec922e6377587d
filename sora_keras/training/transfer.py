"""Two steps for an encoder that was trained elsewhere: first the head, then all of it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.data import Finding
from sora_keras.training.feeding import Feed
from sora_keras.training.loop import TrainingRecord, TrainingSettings, train

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

ENCODER = "encoder"
_RATE, _DECAY, _EPOCHS, _PATIENCE = 5e-3, 1e-2, 100, 10  # of the head's training
_AT_ONCE = 32


@dataclass(eq=False)
class FeatureCache:
    """What a frozen encoder gives for every example: (examples, features) float32."""

    features: np.ndarray
    findings: tuple[Finding, ...] = ()
    lengths: None = None
    on_disk: bool = False

    @property
    def rows(self) -> np.ndarray:
        """All rows."""
        return np.arange(len(self))

    def __len__(self) -> int:
        return len(self.features)

    def gather(self) -> Callable[[tf.Tensor], tf.Tensor]:
        """A function for `tf.data` from row numbers (rows,) to their features."""
        import tensorflow as tf

        kept = tf.constant(self.features)
        return lambda rows: tf.gather(kept, rows)


def train_in_two_steps(
    core: keras.Model, training: Feed, validation: Feed | None, loss: Any, settings: TrainingSettings,
    passes: tuple[int, int] | None = None,
) -> TrainingRecord:  # fmt: skip
    """Train the head on the frozen encoder's features, computed once, and then the whole core at `settings`.

    Batch normalisation in the encoder keeps its statistics. Where validation says that the second step made nothing
    better, the core is as the first left it.

    Args:
        core: with a layer named `"encoder"` that gives (batch, features).
        passes: of the head and of the whole, where they are known; with 0 the encoder stays as it is.
    """
    began = time.perf_counter()
    first = _train_head(core, training, validation, loss, settings, passes and passes[0])
    over = settings.deadline is not None and time.monotonic() >= settings.deadline
    if over or first.stopped == "interrupted" or (passes and not passes[1]):
        return _joined(first, None, began)
    if settings.verbose:
        print("The head is trained. Now the encoder with it, at a lower rate.")
    best = math.inf if validation is None or first.best is None else first.best
    frozen = _freeze_statistics(core)
    try:
        whole = replace(settings, best=best, resume=_part(settings.resume, "whole"))
        return _joined(first, train(core, training, validation, loss, whole), began)
    finally:
        for layer in frozen:
            layer.trainable = True


def _train_head(
    core: keras.Model, training: Feed, validation: Feed | None, loss: Any, settings: TrainingSettings,
    epochs: int | None,
) -> TrainingRecord:  # fmt: skip
    import keras

    middle = core.get_layer(ENCODER).output
    encoder, head = keras.Model(core.input, middle), keras.Model(middle, core.output, name="head")
    if settings.verbose:
        print("Computing once what the encoder sees in every example.")
    until = None if settings.deadline is None else (time.monotonic() + settings.deadline) / 2
    held_out = None if validation is None else _of_features(encoder, validation, until)
    return train(
        head, _of_features(encoder, training, until), held_out, loss,
        replace(
            settings, learning_rate=_RATE, weight_decay=_DECAY, epochs=epochs or _EPOCHS, patience=epochs or _PATIENCE,
            schedule="constant", average=0.0, resume=_part(settings.resume, "head"), deadline=until,
        ),
    )  # fmt: skip


def _of_features(encoder: keras.Model, feed: Feed, until: float | None) -> Feed:
    """The feed with features for numbers; of as many examples, drawn at random, as there is time for."""
    import tensorflow as tf

    spec = [tf.TensorSpec(encoder.input.shape, encoder.input.dtype)]
    traced = tf.function(lambda numbers: encoder(numbers, training=False), input_signature=spec, autograph=False)
    gather = feed.numbers.gather()
    order = np.random.default_rng(feed.seed).permutation(len(feed))
    parts: list[np.ndarray] = []
    for start in range(0, len(order), _AT_ONCE):
        if parts and until is not None and time.monotonic() > until:
            break
        numbers = tf.cast(gather(order[start : start + _AT_ONCE]), spec[0].dtype)
        parts.append(traced(numbers).numpy().astype(np.float32))
    features = np.concatenate(parts)
    order = order[: len(features)]
    ascending = np.argsort(order)
    rows = order[ascending]
    weights = None if feed.weights is None else feed.weights[rows]
    cache = FeatureCache(features[ascending])
    return replace(feed, numbers=cache, targets=feed.targets[rows], weights=weights, augmentation=None)


def _freeze_statistics(core: keras.Model) -> list[Any]:
    """Stop the encoder's batch normalisation from learning; gives the layers that did."""
    import keras

    encoder = keras.Model(core.input, core.get_layer(ENCODER).output)
    layers = [
        layer
        for layer in encoder._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
    ]
    for layer in layers:
        layer.trainable = False
    return layers


def _part(resume: Any, name: str) -> Path | None:
    return Path(resume) / name if resume else None


def _joined(first: TrainingRecord, second: TrainingRecord | None, began: float) -> TrainingRecord:
    """One record of both steps."""
    history = {f"head_{name}": values for name, values in first.history.items()}
    seconds = time.perf_counter() - began
    if second is None:
        return replace(
            first, epochs=0, best_epoch=0, head_epochs=first.best_epoch, history=history, seconds=seconds,
        )  # fmt: skip
    return replace(second, head_epochs=first.best_epoch, history={**history, **second.history}, seconds=seconds)
