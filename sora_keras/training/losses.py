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
