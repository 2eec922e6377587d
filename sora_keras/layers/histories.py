"""Cutting histories for training, and reading the state at their end."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="sora_keras")
class LastState(keras.layers.Layer):
    """The state at the last step that is no padding.

    Input: states (batch, steps, features) and item numbers (batch, steps), padded with 0 at the end.
    Output: (batch, features); of a history of nothing the first state.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        return None

    def call(self, inputs: tuple[Any, Any]) -> Any:
        states, items = inputs
        last = ops.maximum(ops.sum(ops.cast(ops.not_equal(items, 0), "int32"), axis=1) - 1, 0)
        return ops.squeeze(ops.take_along_axis(states, last[:, None, None], axis=1), axis=1)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        states, _ = input_shape
        return (states[0], states[-1])


@keras.saving.register_keras_serializable(package="sora_keras")
class RandomOrder(keras.layers.Layer):
    """Histories in another order in each step of training, where the order says nothing; otherwise as they are.

    Input, output: item numbers (batch, steps), padded with 0 at the end.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.random = keras.random.SeedGenerator()

    def call(self, windows: Any, training: bool = False) -> Any:
        if not training:
            return windows
        drawn = keras.random.uniform(ops.shape(windows), seed=self.random)
        drawn = ops.where(ops.not_equal(windows, 0), drawn, 2.0)
        return ops.take_along_axis(windows, ops.argsort(drawn, axis=1), axis=1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape


@keras.saving.register_keras_serializable(package="sora_keras")
class RandomPrefix(keras.layers.Layer):
    """Beginnings of histories, each with the item that came next.

    Args:
        cuts: how many beginnings of each history are drawn in training; otherwise there is one, all but its end.

    Input: item numbers (batch, steps + 1), padded with 0 at the end, two at least in each row; perhaps user numbers
        (batch,).
    Output: beginnings (batch × cuts, steps), and what came next (batch × cuts, 1); where users are given, theirs.
    """

    def __init__(self, cuts: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cuts = cuts
        self.random = keras.random.SeedGenerator()

    def call(self, windows: Any, users: Any = None, training: bool = False) -> tuple[Any, ...]:
        if training:
            windows = ops.repeat(windows, self.cuts, axis=0)
            users = None if users is None else ops.repeat(users, self.cuts, axis=0)
        most = ops.sum(ops.cast(ops.not_equal(windows, 0), "int32"), axis=1) - 1
        cut = most
        if training:
            share = keras.random.uniform(ops.shape(most), seed=self.random)
            cut = ops.minimum(1 + ops.cast(share * ops.cast(most, "float32"), "int32"), most)
        before = ops.arange(ops.shape(windows)[1] - 1, dtype="int32")[None, :] < cut[:, None]
        prefixes = ops.where(before, windows[:, :-1], ops.zeros_like(windows[:, :-1]))
        after = ops.take_along_axis(windows, cut[:, None], axis=1)
        return (prefixes, after) if users is None else (prefixes, after, users)

    def compute_output_spec(self, windows: Any, users: Any = None, training: bool = False) -> Any:
        steps = None if windows.shape[1] is None else windows.shape[1] - 1
        shapes = [(None, steps), (None, 1), *([] if users is None else [(None,)])]
        return tuple(keras.KerasTensor(shape, dtype="int32") for shape in shapes)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cuts": self.cuts}
