"""How unlikely a network finds the items that came next: what it is trained by."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from sora_keras.errors import require
from sora_keras.layers.item_vectors import ItemVectors

PAD = -1.0  # stands where there was no next item; a loss of this kind is never below 0
_NEVER = -1e9  # the logit of what is no negative


class NextItemLoss(keras.layers.Layer):
    """The negative log-likelihood of the item that came next, for training alone.

    Args:
        vectors: the items' table. negatives: how many other items each next item is compared with; None for all.
            Some are drawn at random once a step, and their logits are raised by log(items / negatives), which makes
            the sum over them an unbiased estimate of that over all: without it a network grows overconfident
            (Petrov and Macdonald, gSASRec, 2023).

    Input: states (batch, steps, width) and the items that came next (batch, steps), 0 where there is none.
    Output: (batch, steps) float32, at least 0; `PAD` where there is none.
    """

    def __init__(self, vectors: ItemVectors, negatives: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.vectors, self.negatives = vectors, negatives
        self.supports_masking = True
        self.random = keras.random.SeedGenerator()

    def call(self, inputs: tuple[Any, Any], training: bool = False) -> Any:
        return _lost(self.vectors, self.negatives, self.random, *inputs, training)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        return None

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        states, _ = input_shape
        return tuple(states[:-1])


def _lost(
    vectors: ItemVectors, negatives: int | None, random: Any, states: Any, targets: Any, training: bool
) -> Any:  # fmt: skip
    rows = ops.maximum(targets - 1, 0)
    compare = _with_all if negatives is None else _with_some(negatives, random)
    return ops.where(ops.not_equal(targets, 0), compare(vectors, states, rows, training), PAD)


def _with_all(vectors: ItemVectors, states: Any, rows: Any, training: bool) -> Any:
    logits = ops.cast(vectors(states, reverse=True), "float32")
    # Not picked out of the logits: the gradient of that would be as large as they are.
    right, bias = ops.take(vectors.vectors(), rows, axis=0), ops.take(vectors.bias, rows, axis=0)
    right = ops.sum(states * ops.cast(right, states.dtype), axis=-1) + ops.cast(bias, states.dtype)
    return ops.logsumexp(logits, axis=-1) - ops.cast(right, "float32")


def _with_some(drawn: int, random: Any) -> Any:
    def compare(vectors: ItemVectors, states: Any, rows: Any, training: bool) -> Any:
        def look_up(some: Any) -> tuple[Any, Any]:
            return vectors.look_up(some, training=training), vectors.look_up_bias(some, training=training)

        right, bias = look_up(rows)
        right = ops.cast(ops.sum(states * right, axis=-1) + bias, "float32")
        others = keras.random.randint((drawn,), 0, vectors.items, seed=random)
        found, bias = look_up(others)
        logits = ops.cast(ops.matmul(states, ops.transpose(found)) + bias, "float32")
        logits = logits + math.log(vectors.items / drawn)
        same = ops.equal(rows[..., None], others)
        logits = ops.where(same, ops.cast(_NEVER, "float32"), logits)
        return ops.logsumexp(ops.concatenate([right[..., None], logits], axis=-1), axis=-1) - right

    return compare


class InBatchLoss(keras.layers.Layer):
    """The same, compared with the next items of the other examples of the batch (Yi et al., 2019), by KerasRS layers.

    Popular items stand in a batch more often: their logits are lowered by the logarithm of how often
    (`SamplingProbabilityCorrection`). Other examples with the same item are no negatives; they are removed here, since
    `RemoveAccidentalHits` of KerasRS 0.4 adds 1e-40 to their logits and so leaves them in (keras-rs pull request 206).

    Args:
        vectors: the items' table. shares: (items,) how often each comes, as a share of all.
        hard: how many of the others, those with the highest scores, are looked at in training
            (`HardNegativeMining`); None for all.
        negatives: as `NextItemLoss` takes them, whose loss this is where nothing is trained: that within a batch says
            how well few items are told apart, and gets no better long before training should end.

    Input: queries (batch, 1, width) and the items that came next (batch, 1). Output: (batch, 1) float32.
    """

    def __init__(
        self, vectors: ItemVectors, shares: np.ndarray, hard: int | None = None, negatives: int | None = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        keras_rs: Any = require("keras_rs", "recommend")
        self.vectors, self.shares, self.hard = vectors, shares.astype(np.float32), hard
        self.supports_masking = True
        self.correct = keras_rs.layers.SamplingProbabilityCorrection()
        self.mine = None if hard is None else keras_rs.layers.HardNegativeMining(hard)
        self.negatives, self.random = negatives, keras.random.SeedGenerator()

    def call(self, inputs: tuple[Any, Any], training: bool = False) -> Any:
        if not training:
            return _lost(self.vectors, self.negatives, self.random, *inputs, training)
        queries, targets = inputs
        rows = ops.maximum(targets[:, 0] - 1, 0)
        candidates = self.vectors.look_up(rows, training=True)
        logits = ops.cast(ops.matmul(queries[:, 0], ops.transpose(candidates)), "float32")
        logits = logits + ops.cast(self.vectors.look_up_bias(rows, training=True), "float32")
        labels = ops.eye(ops.shape(rows)[0])
        logits = self.correct(logits, ops.take(ops.convert_to_tensor(self.shares), rows))
        same = ops.logical_and(ops.equal(rows[:, None], rows[None, :]), labels == 0)
        logits = ops.where(same, ops.cast(_NEVER, "float32"), logits)
        if self.mine is not None:
            logits, labels = self.mine(logits, labels)
        right = ops.sum(ops.where(labels > 0, logits, 0.0), axis=1, keepdims=True)
        lost = ops.maximum(ops.logsumexp(logits, axis=1, keepdims=True) - right, 0.0)
        return ops.where(ops.not_equal(targets, 0), lost, PAD)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        return None

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        queries, _ = input_shape
        return tuple(queries[:-1])
