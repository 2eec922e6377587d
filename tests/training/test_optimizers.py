"""AdamW that updates the rows a batch touches, held against Keras' own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from sora_keras.errors import ParameterError
from sora_keras.layers.embedding import Embedding
from sora_keras.training import optimizers
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


def test_rows_of_small_and_large_tables_are_summed_alike() -> None:
    ids, values = np.array([3, 1, 3, 0, 3], np.int32), np.arange(10, dtype=np.float32).reshape(5, 2)
    for rows in (4, 4_000):  # looked through whole, and not
        table = keras.Variable(np.zeros((rows, 2)))
        summed = optimizers._summed(tf.IndexedSlices(tf.constant(values), tf.constant(ids)), table)
        found = dict(zip(summed.indices.numpy().tolist(), summed.values.numpy().tolist(), strict=True))
        assert found == {3: [12.0, 15.0], 1: [2.0, 3.0], 0: [6.0, 7.0]}


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


# Keras' loading reads HDF5 with NumPy 1's `__array__`.
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
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


@pytest.mark.parametrize(
    "settings", [{"use_ema": True}, {"gradient_accumulation_steps": 2}, {"loss_scale_factor": 8.0}], ids=str
)
def test_what_sparse_gradients_do_not_allow_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=next(iter(settings))):
        TouchedRowsAdamW(**settings)


@pytest.mark.parametrize("by_name", [True, False])
def test_tables_excluded_from_weight_decay_do_not_decay(by_name: bool) -> None:
    weights = []
    for embedding, kind in ((Embedding, TouchedRowsAdamW), (DenseEmbedding, keras.optimizers.AdamW)):
        core, optimizer = model(embedding), kind(0.01, weight_decay=0.5)
        table = core.layers[1].embeddings
        optimizer.exclude_from_weight_decay(**({"var_names": ["embeddings"]} if by_name else {"var_list": [table]}))
        weights.append(train(core, optimizer, every_row()))
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(*weights, strict=True))


def test_a_table_looked_up_twice_is_updated_once() -> None:
    def twice(embedding: Any) -> keras.Model:
        ids = keras.Input((ROWS,), dtype="int32")
        layer = embedding(ROWS, FEATURES, embeddings_initializer=keras.initializers.RandomNormal(seed=1))
        hidden = keras.ops.sum(layer(ids), axis=1) + keras.ops.sum(layer(ROWS - 1 - ids) ** 2, axis=1)
        return keras.Model(ids, keras.layers.Dense(2, kernel_initializer="ones")(hidden))

    ours = train(twice(Embedding), TouchedRowsAdamW(0.01), every_row())
    theirs = train(twice(DenseEmbedding), keras.optimizers.AdamW(0.01), every_row())
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(ours, theirs, strict=True))


def test_on_another_backend_it_is_adamw(monkeypatch) -> None:
    monkeypatch.setattr(optimizers, "_on_tensorflow", lambda: False)
    ours = train(model(DenseEmbedding), TouchedRowsAdamW(0.01, use_ema=True), every_row())
    theirs = train(model(DenseEmbedding), keras.optimizers.AdamW(0.01, use_ema=True), every_row())
    assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


ON_TWO_REPLICAS = """
import numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import keras
from sora_keras.training.optimizers import TouchedRowsAdamW
from tests.training.test_optimizers import DenseEmbedding, Embedding, every_row, model
def trained(embedding, optimizer):
    one_device = tf.distribute.ReductionToOneDevice()
    with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"], cross_device_ops=one_device).scope():
        core = model(embedding)
        core.compile(optimizer(0.01, weight_decay=0.1, clipnorm=0.5), "mse", jit_compile=False)
    batch = tf.data.Dataset.from_tensor_slices((np.concatenate(every_row(2)), np.ones((4, 2)))).batch(4)
    core.fit(batch, epochs=3, verbose=0)
    return core.get_weights()
for ours, theirs in zip(trained(Embedding, TouchedRowsAdamW), trained(DenseEmbedding, keras.optimizers.AdamW)):
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
"""


def test_rows_that_come_from_two_replicas_are_updated_once() -> None:
    # Devices are divided before TensorFlow starts, hence the process.
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", ON_TWO_REPLICAS], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
