"""One table of item vectors, read both ways."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from sora_keras.layers.item_vectors import ItemVectors
from tests.recommending import whole_reads

ITEMS, WIDTH, FEATURES = 7, 3, 2


def layer_of(features: int = 0, **settings: Any) -> ItemVectors:
    """With weights drawn at random."""
    layer, random = ItemVectors(ITEMS, WIDTH, features, **settings), np.random.default_rng(0)
    layer.build()
    for variable in (layer.table, layer.bias, *((layer.map,) if features else ())):
        variable.assign(random.normal(size=variable.shape))
    if features:
        layer.set_features(random.normal(size=(ITEMS, features)))
    return layer


def whole(layer: ItemVectors) -> np.ndarray:
    own = np.asarray(layer.table)
    return own + np.asarray(layer.described) @ np.asarray(layer.map) if layer.features else own


@pytest.mark.parametrize("features", [0, FEATURES])
@pytest.mark.parametrize("training", [False, True])
def test_items_are_numbered_from_one_and_padding_is_zero_and_masked(features: int, training: bool) -> None:
    layer, ids = layer_of(features, forget=0.0), np.array([[1, 7, 0], [3, 0, 0]], np.int32)
    expected = np.where(ids[..., None] > 0, whole(layer)[np.maximum(ids - 1, 0)], 0.0)
    assert np.allclose(layer(ids, training=training), expected, atol=1e-6)
    assert np.array_equal(layer.compute_mask(tf.constant(ids)), ids != 0)


@pytest.mark.parametrize("features", [0, FEATURES])
def test_reversed_it_scores_every_item(features: int) -> None:
    layer, states = layer_of(features), np.random.default_rng(1).normal(size=(2, 4, WIDTH)).astype(np.float32)
    expected = states @ whole(layer).T + np.asarray(layer.bias)
    assert np.allclose(layer(states, reverse=True), expected, atol=1e-5)
    assert layer.compute_mask(tf.constant(states)) is None


def test_items_from_nought_have_vectors_and_biases() -> None:
    layer, rows = layer_of(FEATURES, forget=0.0), np.array([[0, 6]])
    for training in (False, True):
        assert np.allclose(layer.look_up(rows, training=training), whole(layer)[rows], atol=1e-6)
        assert np.allclose(layer.look_up_bias(rows, training=training), np.asarray(layer.bias)[rows])


def test_what_an_item_is_like_stands_alone_where_its_own_vector_is_forgotten() -> None:
    ids = np.tile(np.arange(1, ITEMS + 1, dtype=np.int32), (300, 1))
    layer = layer_of(FEATURES, forget=0.25)
    found, described = np.asarray(layer(ids, training=True)), np.asarray(layer.described) @ np.asarray(layer.map)
    forgotten = np.isclose(found, described[ids - 1], atol=1e-5).all(axis=-1)
    kept = np.isclose(found, whole(layer)[ids - 1], atol=1e-5).all(axis=-1)
    assert (forgotten ^ kept).all()
    assert forgotten.mean() == pytest.approx(0.25, abs=0.04)
    assert np.allclose(layer(ids), whole(layer)[ids - 1], atol=1e-6)


def test_without_features_nothing_is_forgotten() -> None:
    layer, ids = layer_of(forget=0.9), np.array([[1, 2, 3]], np.int32)
    assert np.array_equal(layer(ids, training=True), layer(ids))


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("features", [0, FEATURES])
def test_in_training_gradients_are_of_rows_and_the_table_is_not_read_whole(policy: str, features: int) -> None:
    layer = layer_of(features, dtype=policy)
    asked = tf.function(lambda ids: layer(ids, training=True)).get_concrete_function(tf.TensorSpec((None, 3), tf.int32))
    assert not whole_reads(asked.graph, (ITEMS, WIDTH))
    assert not features or not whole_reads(asked.graph, (ITEMS, FEATURES))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(tf.cast(layer(tf.constant([[1, 2, 1]]), training=True), tf.float32))
    gradient = tape.gradient(total, layer.table.value)
    assert isinstance(gradient, tf.IndexedSlices)
    assert set(gradient.indices.numpy().ravel()) == {0, 1}


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("features", [0, FEATURES])
def test_vectors_and_scores_come_in_the_compute_dtype(policy: str, features: int) -> None:
    half, full, ids = layer_of(features, dtype=policy, forget=0.0), layer_of(features), np.array([[1, 0, 4]], np.int32)
    for training in (False, True):
        found = half(ids, training=training)
        assert keras.backend.standardize_dtype(found.dtype) == half.compute_dtype
        assert np.allclose(tf.cast(found, tf.float32), full(ids), atol=0.05)
    scores = half(half(ids), reverse=True)
    assert keras.backend.standardize_dtype(scores.dtype) == half.compute_dtype
    assert np.allclose(tf.cast(scores, tf.float32), full(full(ids), reverse=True), atol=0.2)


def test_shapes_and_types_are_known_before_it_is_called() -> None:
    layer = layer_of()
    assert layer(keras.Input((None,), dtype="int32")).shape == (None, None, WIDTH)
    assert layer(keras.Input((WIDTH,)), reverse=True).shape == (None, ITEMS)
    assert layer(keras.Input((None, WIDTH)), reverse=True).shape == (None, None, ITEMS)


def test_configuration_and_weights_come_back(tmp_path) -> None:
    layer = layer_of(FEATURES, forget=0.3, name="mine")
    assert ItemVectors.from_config(layer.get_config()).get_config() == layer.get_config()
    ids = keras.Input((None,), dtype="int32")
    model = keras.Model(ids, layer(keras.ops.sum(layer(ids), axis=1), reverse=True))
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras", safe_mode=True)
    asked = np.array([[1, 5, 0], [7, 0, 0]], np.int32)
    assert np.array_equal(model(asked), loaded(asked))


def test_features_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        layer_of(FEATURES).set_features(np.zeros((ITEMS, FEATURES + 1)))
