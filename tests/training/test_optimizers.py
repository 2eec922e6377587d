"""AdamW that updates the rows a batch touches, held against Keras' own."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from sora_keras.errors import ParameterError
from sora_keras.layers.embedding import Embedding
from sora_keras.training.optimizers import TouchedRowsAdamW

ROWS, FEATURES = 6, 3
SETTINGS = [
    {}, {"weight_decay": 0.1}, {"weight_decay": 0.0}, {"clipnorm": 0.01}, {"global_clipnorm": 0.01},
    {"clipvalue": 0.001}, {"amsgrad": True},
]  # fmt: skip


class DenseEmbedding(keras.layers.Embedding):
    """The same table, looked up by a product, so that its gradient is dense.

    Keras' own sparse gradient is no reference: its Adam squares the parts of a row that comes twice, not their sum.
    """

    def call(self, inputs: Any) -> Any:
        return keras.ops.one_hot(inputs, self.input_dim) @ self.embeddings


def model(embedding: Any = Embedding) -> keras.Model:
    ids = keras.Input((None,), dtype="int32")
    layer = embedding(ROWS, FEATURES, embeddings_initializer=keras.initializers.RandomNormal(seed=1))
    hidden = keras.ops.sum(layer(ids), axis=1)
    return keras.Model(ids, keras.layers.Dense(2, kernel_initializer=keras.initializers.Ones())(hidden))


def train(core: keras.Model, optimizer: Any, batches: list[np.ndarray]) -> list[np.ndarray]:
    core.compile(optimizer, "mse", jit_compile=False)
    for place, ids in enumerate(batches):
        core.train_on_batch(ids, np.full((len(ids), 2), place + 0.5, np.float32))
    return core.get_weights()


def every_row(steps: int = 5) -> list[np.ndarray]:
    """Batches that touch every row, some twice."""
    random = np.random.default_rng(0)
    return [np.stack([random.permutation(ROWS), random.integers(0, ROWS, ROWS)]) for _ in range(steps)]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_equals_adamw_where_every_row_is_touched(settings: dict[str, Any]) -> None:
    ours = train(model(), TouchedRowsAdamW(0.01, **settings), every_row())
    theirs = train(model(DenseEmbedding), keras.optimizers.AdamW(0.01, **settings), every_row())
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(ours, theirs, strict=True))


def test_equals_adamw_on_dense_gradients() -> None:
    def dense() -> keras.Model:
        initial = keras.initializers.RandomNormal(seed=2)
        return keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(2, kernel_initializer=initial)])

    batches = [np.ones((4, FEATURES), np.float32) * place for place in range(4)]
    ours = train(dense(), TouchedRowsAdamW(0.01), batches)
    theirs = train(dense(), keras.optimizers.AdamW(0.01), batches)
    assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_rows_that_rest_stay_as_they_are() -> None:
    core = model()
    before = core.get_weights()[0].copy()
    after = train(core, TouchedRowsAdamW(0.01, weight_decay=0.1), [np.array([[1, 1, 4]])] * 3)[0]
    rests = [0, 2, 3, 5]
    assert np.array_equal(before[rests], after[rests])
    assert (np.abs(before[[1, 4]] - after[[1, 4]]) > 1e-4).all()


def test_duplicates_are_summed_before_they_are_squared() -> None:
    def moments(indices: list[int], values: list[float]) -> list[np.ndarray]:
        table = keras.Variable(np.zeros((4, 1), np.float32))
        optimizer = TouchedRowsAdamW(0.1)
        optimizer.build([table])
        slices = tf.IndexedSlices(tf.constant(values)[:, None], tf.constant(indices), tf.constant([4, 1]))
        optimizer.apply([slices], [table])
        return [variable.numpy() for variable in (table, *optimizer.variables[2:])]

    for twice, once in zip(moments([2, 2], [1.0, 2.0]), moments([2], [3.0]), strict=True):
        assert np.allclose(twice, once, atol=1e-7)


def test_learning_rate_schedules_are_followed() -> None:
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([1], [0.1, 0.0])
    core = model()
    first = [w.copy() for w in train(core, TouchedRowsAdamW(schedule), every_row(1))]
    core.train_on_batch(every_row(1)[0], np.ones((2, 2)))
    core.train_on_batch(every_row(1)[0], np.ones((2, 2)))
    second = [w.copy() for w in core.get_weights()]
    core.train_on_batch(every_row(1)[0], np.ones((2, 2)))
    assert not np.array_equal(first[0], second[0])
    assert np.array_equal(second[0], core.get_weights()[0])


def test_saved_and_loaded_it_goes_on_alike(tmp_path) -> None:
    core = model()
    train(core, TouchedRowsAdamW(0.01, weight_decay=0.1, clipnorm=1.0), every_row(3))
    core.save(tmp_path / "core.keras")
    loaded = keras.saving.load_model(tmp_path / "core.keras")
    assert type(loaded.optimizer) is TouchedRowsAdamW
    for one in (core, loaded):
        one.train_on_batch(every_row(1)[0], np.ones((2, 2)))
    assert all(np.array_equal(a, b) for a, b in zip(core.get_weights(), loaded.get_weights(), strict=True))


def test_works_under_loss_scaling() -> None:
    core = model()
    before = core.get_weights()[0].copy()
    scaled = keras.optimizers.LossScaleOptimizer(TouchedRowsAdamW(0.01))
    after = train(core, scaled, [np.array([[1, 1]])])[0]
    assert np.isfinite(after).all()
    assert not np.array_equal(before[1], after[1])
    assert np.array_equal(before[2], after[2])


@pytest.mark.parametrize("settings", [{"use_ema": True}, {"gradient_accumulation_steps": 2}], ids=str)
def test_what_touches_every_row_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=next(iter(settings))):
        TouchedRowsAdamW(**settings)


def test_embedding_is_that_of_keras_with_mask_and_configuration(tmp_path) -> None:
    ids = tf.constant([[1, 2, 0]])
    ours, theirs = Embedding(4, 2, mask_zero=True), keras.layers.Embedding(4, 2, mask_zero=True)
    ours(ids), theirs(ids)
    ours.set_weights(theirs.get_weights())
    assert np.array_equal(ours(ids), theirs(ids))
    assert np.array_equal(ours.compute_mask(ids), theirs.compute_mask(ids))
    assert Embedding.from_config(ours.get_config()).get_config() == ours.get_config()
