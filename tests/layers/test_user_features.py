"""What is known of users, kept with the model."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from sora_keras.layers.user_features import UserFeatures

DESCRIBED = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], np.float32)


def layer_of(**settings: str) -> UserFeatures:
    layer = UserFeatures(3, 2, **settings)
    layer.build()
    layer.set_features(DESCRIBED)
    return layer


def test_users_are_numbered_from_one_and_somebody_new_has_zeros() -> None:
    assert np.array_equal(layer_of()(np.array([3, 0, 1, 3])), [[5, 6], [0, 0], [1, 2], [5, 6]])
    assert layer_of()(keras.Input((), dtype="int32")).shape == (None, 2)


def test_features_are_not_trained_and_are_saved(tmp_path) -> None:
    layer, users = layer_of(), keras.Input((), dtype="int32")
    assert not layer.trainable_variables
    keras.Model(users, layer(users)).save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras", safe_mode=True)
    assert np.array_equal(loaded(np.array([1, 2, 3])), DESCRIBED)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_features_come_in_the_compute_dtype(policy: str) -> None:
    layer = layer_of(dtype=policy)
    found = layer(np.array([2]))
    assert keras.backend.standardize_dtype(found.dtype) == layer.compute_dtype
    assert np.array_equal(tf.cast(found, tf.float32), [[3, 4]])
    graph = tf.function(layer).get_concrete_function(tf.TensorSpec((None,), tf.int32)).graph
    cast = [one for one in graph.get_operations() if one.type == "Cast" and tuple(one.outputs[0].shape) == (4, 2)]
    assert not cast


def test_features_of_another_shape_are_refused() -> None:
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError)):
        layer_of().set_features(DESCRIBED[:, :1])
