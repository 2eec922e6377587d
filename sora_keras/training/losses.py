"""Losses that Keras has for one form of the answers, for every form that training gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def smoothed_crossentropy(smoothing: float) -> Callable[[Any, Any], Any]:
    """Cross-entropy of logits (batch, classes) for class numbers (batch,) and for mixed shares (batch, classes) alike.

    Args:
        smoothing: the share of each answer that is spread over all classes (Szegedy et al., 2016).
    """
    import keras
    from keras import ops

    def loss(truth: Any, logits: Any) -> Any:
        if len(truth.shape) == 1 or truth.shape[-1] == 1:
            truth = ops.one_hot(ops.reshape(ops.cast(truth, "int32"), (-1,)), logits.shape[-1], dtype=logits.dtype)
        return keras.losses.categorical_crossentropy(truth, logits, from_logits=True, label_smoothing=smoothing)

    return loss


def mean_next_item(first: Any, lost: Any) -> Any:
    """The mean of what `sora_keras.layers.next_item` gives, over the steps that count.

    Args:
        first: (batch,) the first step that counts. lost: (batch, steps), below 0 where nothing comes next; or one step
            of each of several beginnings of the histories, (more than batch, 1), which all count.
    """
    from keras import ops

    counted = lost >= 0
    if lost.shape[1] != 1:
        step = ops.arange(ops.shape(lost)[1], dtype="int32")[None, :]
        counted = ops.logical_and(counted, step >= ops.cast(ops.reshape(first, (-1, 1)), "int32"))
    return ops.sum(ops.where(counted, lost, 0.0)) / ops.maximum(ops.sum(ops.cast(counted, "float32")), 1.0)
