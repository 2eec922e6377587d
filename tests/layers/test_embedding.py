"""An embedding that gathers from its table, held against Keras' own."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from sora_keras.layers.embedding import Embedding


def both(**settings: Any) -> tuple[keras.Layer, keras.Layer]:
    """Ours and Keras' with the same table."""
    ours, theirs = Embedding(4, 2, **settings), keras.layers.Embedding(4, 2, **settings)
    ours.build(None), theirs.build(None)
    ours.set_weights(theirs.get_weights())
    return ours, theirs


@pytest.mark.parametrize(
    "ids",
    [
        tf.constant([[1, 2, 0]]),
        tf.constant([[1, 2, 0]], tf.int64),
        tf.constant([[1.0, 2.0, 0.0]]),
        tf.sparse.from_dense([[1, 2, 0]]),
    ],
    ids=["int32", "int64", "float32", "sparse"],
)
def test_rows_are_those_of_keras(ids: Any) -> None:
    ours, theirs = both()
    assert np.array_equal(ours(ids), theirs(ids))


def test_mask_and_configuration_are_those_of_keras() -> None:
    ours, theirs = both(mask_zero=True)
    ids = tf.constant([[1, 2, 0]])
    assert np.array_equal(ours.compute_mask(ids), theirs.compute_mask(ids))
    assert Embedding.from_config(ours.get_config()).get_config() == ours.get_config()


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_rows_come_in_the_compute_dtype(policy: str) -> None:
    ours, theirs = both(dtype=policy)
    ids = tf.constant([[1, 2, 0]])
    assert ours(ids).dtype == theirs(ids).dtype
    assert np.array_equal(tf.cast(ours(ids), tf.float32), tf.cast(theirs(ids), tf.float32))


def test_gradients_are_sparse_and_the_table_is_not_read_whole() -> None:
    layer, _ = both()
    graph = tf.function(lambda ids: layer(ids)).get_concrete_function(tf.TensorSpec((None, 3), tf.int32)).graph
    kinds = {operation.type for operation in graph.get_operations()}
    assert "ResourceGather" in kinds
    assert "ReadVariableOp" not in kinds
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(tf.constant([[1, 2, 1]])))
    assert isinstance(tape.gradient(total, layer.embeddings.value), tf.IndexedSlices)
