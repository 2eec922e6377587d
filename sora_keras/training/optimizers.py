"""An AdamW for models with large embedding tables."""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf

from sora_keras.errors import ParameterError

_SMALL = 8  # a table of as many values for each row number of the batch is looked through whole
_DENSE = "touches every row of a table in every step; keras.optimizers.AdamW takes it"
_REFUSED = {
    "use_ema": _DENSE,
    "gradient_accumulation_steps": _DENSE,
    "loss_scale_factor": "Keras cannot divide a sparse gradient by; wrap it in keras.optimizers.LossScaleOptimizer",
}


@keras.saving.register_keras_serializable(package="sora_keras")
class TouchedRowsAdamW(keras.optimizers.AdamW):
    """AdamW whose update of an embedding table costs what the batch touches, not what the table holds.

    Keras' Adam turns the sparse gradient of an embedding into an update of every row. Here the rows that a
    batch touches, and no others, have their moments and values updated and their weights decayed, as in
    LazyAdam (TensorFlow Addons) and SparseAdam (PyTorch): a row that rests keeps its moments as they are.
    Where a batch touches every row, the result is AdamW's. Dense gradients are updated as AdamW does.

    Rows that come twice in a batch have their gradients summed first, so that clipping by norm sees what it
    would see in the dense gradient. On another backend than TensorFlow it is `keras.optimizers.AdamW`.

    Args: as `keras.optimizers.AdamW`, without those of moving averages, gradient accumulation and a fixed
        loss scale; `keras.optimizers.LossScaleOptimizer` scales the loss.

    Raises:
        ParameterError: `use_ema` or `gradient_accumulation_steps` is set, which would touch every row, or
            `loss_scale_factor`, which Keras cannot take out of a sparse gradient.
    """

    def __init__(self, learning_rate: Any = 0.001, weight_decay: float = 0.004, **kwargs: Any) -> None:
        for name, advice in _REFUSED.items() if _on_tensorflow() else ():
            if kwargs.get(name):
                raise ParameterError(
                    f"TouchedRowsAdamW takes no {name}, which {advice}. Received: {name}={kwargs[name]!r}"
                )
        super().__init__(learning_rate=learning_rate, weight_decay=weight_decay, **kwargs)

    def _backend_apply_gradients(self, grads: list[Any], trainable_variables: list[Any]) -> None:
        if not _on_tensorflow():
            return super()._backend_apply_gradients(grads, trainable_variables)
        grads = self._clip_gradients([_summed(g, v) for g, v in zip(grads, trainable_variables, strict=True)])
        pairs = list(zip(grads, trainable_variables, strict=True))
        self._apply_weight_decay([v for g, v in pairs if not isinstance(g, tf.IndexedSlices)])
        self._backend_update_step(grads, trainable_variables, self.learning_rate)

    def _clip_gradients(self, grads: list[Any]) -> list[Any]:
        sparse = [isinstance(gradient, tf.IndexedSlices) for gradient in grads]
        plain = [g.values if rows else g for g, rows in zip(grads, sparse, strict=True)]
        clipped = super()._clip_gradients(plain)
        return [
            tf.IndexedSlices(c, g.indices, g.dense_shape) if rows else c
            for c, g, rows in zip(clipped, grads, sparse, strict=True)
        ]

    def _all_reduce_sum_gradients(self, grads_and_vars: list[Any]) -> list[Any]:
        # Replicas' slices come back joined end to end, so that a row stands once for each replica.
        reduced = super()._all_reduce_sum_gradients(grads_and_vars)
        if tf.distribute.get_strategy().num_replicas_in_sync == 1:
            return reduced
        return [(_summed(gradient, variable), variable) for gradient, variable in reduced]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        if isinstance(gradient, tf.IndexedSlices):
            self._update_rows(gradient, variable, learning_rate)
        else:
            super().update_step(gradient, variable, learning_rate)

    def _update_rows(self, gradient: tf.IndexedSlices, variable: tf.Variable, learning_rate: Any) -> None:
        kind, rows = variable.dtype, gradient.indices
        values = tf.cast(gradient.values, kind)
        rate, decay = tf.cast(learning_rate, kind), tf.cast(self.weight_decay, kind)
        step = tf.cast(self.iterations + 1, kind)
        beta_1, beta_2 = tf.cast(self.beta_1, kind), tf.cast(self.beta_2, kind)
        place = self._get_variable_index(variable)
        momentum = _moved(self._momentums[place], rows, values, beta_1)
        velocity = _moved(self._velocities[place], rows, tf.square(values), beta_2)
        if self.amsgrad:
            highest = self._velocity_hats[place].value
            velocity = tf.maximum(tf.gather(highest, rows), velocity)
            highest.scatter_update(tf.IndexedSlices(velocity, rows))
        alpha = rate * tf.sqrt(1 - beta_2**step) / (1 - beta_1**step)
        change = alpha * momentum / (tf.sqrt(velocity) + self.epsilon)
        before = tf.gather(variable, rows)
        if self.weight_decay and self._use_weight_decay(variable):
            change += rate * decay * before
        # scatter_sub works row by row: it takes several times what reading and overwriting the rows take.
        variable.scatter_update(tf.IndexedSlices(before - change, rows))


def _on_tensorflow() -> bool:
    return bool(keras.config.backend() == "tensorflow")


def _summed(gradient: Any, variable: Any) -> Any:
    """A sparse gradient of `variable` with each row once."""
    if not isinstance(gradient, tf.IndexedSlices):
        return gradient
    # To gather the rows of a long batch takes longer than to look through a table that is hardly larger.
    small = math.prod(variable.shape) <= _SMALL * tf.size(gradient.indices)
    length = variable.shape[0]
    rows, values = tf.cond(small, lambda: _through_table(gradient, length), lambda: _by_rows(gradient))
    return tf.IndexedSlices(values, rows, gradient.dense_shape)


def _by_rows(gradient: tf.IndexedSlices) -> tuple[tf.Tensor, tf.Tensor]:
    rows, place = tf.unique(gradient.indices)
    return rows, tf.math.unsorted_segment_sum(gradient.values, place, tf.size(rows))


def _through_table(gradient: tf.IndexedSlices, length: int) -> tuple[tf.Tensor, tf.Tensor]:
    met = tf.math.unsorted_segment_max(tf.ones_like(gradient.indices), gradient.indices, length)
    rows = tf.where(met > 0)[:, 0]
    values = tf.gather(tf.math.unsorted_segment_sum(gradient.values, gradient.indices, length), rows)
    return tf.cast(rows, gradient.indices.dtype), values


def _moved(moment: Any, rows: tf.Tensor, values: tf.Tensor, beta: tf.Tensor) -> tf.Tensor:
    """Move a running mean towards `values` at these rows, and give it there."""
    moment = moment.value
    moved = tf.gather(moment, rows)
    moved += (values - moved) * (1 - beta)
    moment.scatter_update(tf.IndexedSlices(moved, rows))
    return moved
