"""Encoders that users bring: layers, models and callables."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from sora_keras.encoders import resolve_encoder
from sora_keras.encoders.custom import apply, fresh
from sora_keras.errors import ArgumentTypeError, ParameterError
from tests.encoders.conftest import FACTS, make_core

IDS = np.array([[3, 4, 5], [6, 0, 0]], np.int32)


def functional() -> keras.Model:
    words = keras.Input((None, 128))
    return keras.Model(words, keras.layers.GRU(4)(words), name="mine")


def from_ids() -> keras.Model:
    return keras.Sequential(
        [keras.layers.Embedding(FACTS.vocabulary_size, 6, mask_zero=True), keras.layers.LSTM(5)], name="mine"
    )


def pooled(words: Any) -> Any:
    return keras.ops.max(words, axis=1)


@pytest.mark.parametrize(
    ("given", "width"),
    [
        (keras.layers.GRU(7), 7),
        (functional(), 4),
        (keras.Sequential([keras.layers.Bidirectional(keras.layers.GRU(3))]), 6),
        (from_ids(), 5),
        (keras.layers.Embedding(FACTS.vocabulary_size, 9, mask_zero=True), 9),
        (keras.layers.GRU(8, return_sequences=True), 8),
        (pooled, 128),
        (lambda words: keras.layers.Dense(3)(words), 3),
    ],
    ids=["layer", "functional", "sequential", "with embedding", "embedding", "a vector a word", "callable", "lambda"],
)
def test_gives_one_vector_a_text(given: Any, width: int) -> None:
    core = make_core(given)
    assert core.get_layer("head").kernel.shape == (width, 1)
    assert np.isfinite(core(IDS).numpy()).all()


def convolved_functional() -> keras.Model:
    words = keras.Input((None, 128))
    return keras.Model(words, keras.layers.Conv1D(4, 1)(words), name="mine")


@pytest.mark.filterwarnings("ignore:(?s).*does not support masking:UserWarning")
@pytest.mark.parametrize(
    "given", [convolved_functional(), keras.Sequential([keras.layers.Conv1D(4, 1, padding="same")])],
    ids=["functional", "sequential"],
)  # fmt: skip
def test_padding_is_not_averaged_in_where_the_layers_lost_the_mask(given: Any) -> None:
    core = make_core(given)
    alone, padded = core(IDS[1:, :1]).numpy()[0], core(IDS).numpy()[1]
    assert np.allclose(alone, padded, atol=1e-6)


@pytest.mark.filterwarnings("ignore:(?s).*does not support masking:UserWarning")
def test_layers_that_shorten_the_text_average_what_is_left() -> None:
    core = make_core(keras.Sequential([keras.layers.Conv1D(4, 3)]))
    assert np.isfinite(core(np.ones((2, 5), np.int32)).numpy()).all()


@pytest.mark.parametrize(
    "given", [keras.layers.GRU(7), functional(), from_ids(), keras.layers.GRU(8, return_sequences=True)],
    ids=["layer", "functional", "with embedding", "a vector a word"],
)  # fmt: skip
def test_padding_changes_nothing_where_the_mask_is_kept(given: Any) -> None:
    core = make_core(given)
    alone, padded = core(IDS[1:, :1]).numpy()[0], core(IDS).numpy()[1]
    assert np.allclose(alone, padded, atol=1e-6)


def test_vector_a_word_is_averaged_over_the_words() -> None:
    table = np.random.default_rng(0).normal(size=(FACTS.vocabulary_size, 9)).astype(np.float32)
    core = make_core(keras.layers.Embedding(FACTS.vocabulary_size, 9, mask_zero=True))
    core.layers[1].set_weights([table])
    core.get_layer("head").set_weights([np.ones((9, 1), np.float32), np.zeros(1, np.float32)])
    expected = [table[[3, 4, 5]].mean(axis=0).sum(), table[6].sum()]
    assert np.allclose(core(IDS).numpy()[:, 0], expected, atol=1e-5)


def test_name_and_defaults_are_those_of_what_was_given() -> None:
    assert resolve_encoder(keras.layers.GRU(4, name="mine"), "text").name == "mine"
    assert resolve_encoder(pooled, "text").name == "pooled"
    assert resolve_encoder(pooled, "text").reads == "words"


@pytest.mark.parametrize(
    "make", [lambda: keras.layers.GRU(4), functional, from_ids], ids=["layer", "functional", "ids"]
)
def test_two_cores_share_no_weights(make: Any) -> None:
    given = make()
    first, second = make_core(given), make_core(given)
    before = [weight.copy() for weight in second.get_weights()]
    first.set_weights([np.zeros_like(weight) for weight in first.get_weights()])
    for weight, kept in zip(second.get_weights(), before, strict=True):
        assert np.array_equal(weight, kept)


@pytest.mark.parametrize(
    "make", [lambda: keras.layers.Dense(3), functional, from_ids], ids=["layer", "functional", "ids"]
)
def test_trained_weights_come_along(make: Any) -> None:
    given = make()
    given(np.zeros((1, 2), np.int32) if make is from_ids else np.zeros((1, 2, 128), np.float32))
    weights = [np.full_like(weight, 0.5) for weight in given.get_weights()]
    given.set_weights(weights)
    copy = fresh(given)
    assert copy is not given
    assert [np.unique(weight).tolist() for weight in copy.get_weights()] == [[0.5]] * len(weights)


@pytest.mark.parametrize(
    "given",
    [keras.layers.Conv2D(3, 3, name="flat"), keras.Sequential([keras.layers.Conv2D(3, 3)], name="flat"),
     keras.Sequential([keras.Input((None, 64)), keras.layers.GRU(3)], name="flat")],
    ids=["layer", "sequential", "other width"],
)  # fmt: skip
def test_layer_that_does_not_fit_is_named_with_the_shape(given: Any) -> None:
    with pytest.raises(ParameterError, match=r"'flat' given as encoder does not fit: .*\(None, None, 128\)"):
        make_core(given)


def test_callable_that_does_not_fit_is_named() -> None:
    def crooked(words: Any) -> Any:
        return keras.ops.matmul(words, np.zeros((3, 3), np.float32))

    with pytest.raises(ParameterError, match=r"crooked.*does not fit"):
        make_core(crooked)


def test_result_of_a_wrong_rank_is_shown() -> None:
    with pytest.raises(ParameterError, match=r"must give \(batch, features\).*\(None, None, 128, 1\)"):
        make_core(lambda words: keras.ops.expand_dims(words, -1))


@pytest.mark.parametrize("given", [3, None, keras.layers.GRU, ["lstm"]], ids=repr)
def test_what_is_no_encoder_is_a_type_error(given: Any) -> None:
    with pytest.raises(ArgumentTypeError, match=r"encoder must be a name.*Received"):
        resolve_encoder(given, "text")


def test_apply_gives_what_the_layer_gives() -> None:
    tensor = keras.KerasTensor((None, 5))
    assert apply(keras.layers.Dense(2), tensor, "extend()").shape == (None, 2)
