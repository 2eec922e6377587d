"""A score of every item that is the same for everybody."""

from __future__ import annotations

import keras
import numpy as np

from sora_keras.layers.item_bias import ItemBias

COUNTS = np.array([5.0, 0.0, 2.0, 9.0], np.float32)


def test_everybody_gets_the_same_whatever_they_had() -> None:
    layer = ItemBias(4)
    layer.build()
    layer.bias.assign(COUNTS)
    assert np.array_equal(layer(np.array([[1, 2, 3], [4, 0, 0], [0, 0, 0]], np.int32)), np.tile(COUNTS, (3, 1)))
    assert layer.compute_output_shape((3, None)) == (3, 4)


def test_it_is_not_trained() -> None:
    layer = ItemBias(4)
    layer.build()
    assert not layer.trainable_variables


def test_it_is_saved_with_its_numbers(tmp_path) -> None:
    history = keras.Input((None,), dtype="int32")
    layer = ItemBias(4)
    model = keras.Model(history, layer(history))
    assert model.output_shape == (None, 4)
    layer.bias.assign(COUNTS)
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras", safe_mode=True)
    assert np.array_equal(loaded(np.zeros((2, 1), np.int32)), np.tile(COUNTS, (2, 1)))
