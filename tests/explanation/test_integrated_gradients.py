"""Attributions that sum to the change in output."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_keras.errors import ParameterError
from sora_keras.explanation.integrated_gradients import embedding_of, integrated_gradients
from tests.explanation.conftest import FILLERS, fitted_with

TOLERANCE = {"ngram": 1e-5, "cnn": 1e-3, "lstm": 1e-3, "own": 1e-3}


def logit(outputs):
    return outputs[:, 0]


@pytest.mark.parametrize(
    "text", ["superb", "a dreadful story of rain", " ".join([*FILLERS, "superb", *FILLERS, "dreadful", "zebra"])]
)
def test_scores_sum_to_output_less_baseline(every, text: str) -> None:
    name, recipe = every
    numbers = np.pad(recipe.fitted.preprocessing.trace(text).ids, (0, 2))
    found = integrated_gradients(recipe.model, numbers, logit)
    assert found.scores.shape == numbers.shape
    change = found.output - found.baseline
    assert found.scores.sum() == pytest.approx(change, abs=TOLERANCE[name], rel=TOLERANCE[name])
    assert abs(found.output - found.baseline) > 0.01


def test_output_is_the_cores_and_baseline_that_of_an_embedding_of_zeros(every) -> None:
    _, recipe = every
    numbers = recipe.fitted.preprocessing.trace("a superb story").ids
    found = integrated_gradients(recipe.model, numbers, logit)
    assert found.output == pytest.approx(float(recipe.model(numbers[None])[0, 0]), abs=1e-5)
    embedding = embedding_of(recipe.model)
    kept = embedding.get_weights()
    embedding.set_weights([np.zeros_like(kept[0])])
    assert found.baseline == pytest.approx(float(recipe.model(numbers[None])[0, 0]), abs=1e-5)
    embedding.set_weights(kept)


@given(words=st.lists(st.sampled_from([*FILLERS, "superb", "dreadful", "zebra"]), max_size=9))
@settings(deadline=None, max_examples=15)
def test_scores_of_any_bag_sum_to_the_change(words: list[str]) -> None:
    recipe = fitted_with("ngram")
    numbers = np.pad(recipe.fitted.preprocessing.trace(" ".join(words)).ids, (0, 2))
    found = integrated_gradients(recipe.model, numbers, logit, steps=4)
    assert found.scores.sum() == pytest.approx(found.output - found.baseline, abs=1e-5)
    assert np.array_equal(found.scores[-2:], [0, 0])  # the padding


def test_core_answers_as_before_afterwards(every) -> None:
    _, recipe = every
    numbers = recipe.fitted.preprocessing.trace("a superb story").ids[None]
    before = recipe.model(numbers).numpy()

    def fail(outputs):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        integrated_gradients(recipe.model, numbers[0], fail)
    integrated_gradients(recipe.model, numbers[0], logit)
    assert np.array_equal(recipe.model(numbers).numpy(), before)


def test_other_value_is_explained_as_itself(ngram) -> None:
    numbers = ngram.fitted.preprocessing.trace("a superb story").ids
    plain = integrated_gradients(ngram.model, numbers, logit)
    turned = integrated_gradients(ngram.model, numbers, lambda outputs: -2 * outputs[:, 0])
    assert np.allclose(turned.scores, -2 * plain.scores, atol=1e-5)


def test_half_precision_core_is_explained() -> None:
    ids = keras.Input((None,), dtype="int32")
    words = keras.layers.Embedding(9, 4, mask_zero=True, dtype="mixed_float16")(ids)
    core = keras.Model(ids, keras.layers.Dense(1, dtype="float32")(keras.layers.GlobalAveragePooling1D()(words)))
    found = integrated_gradients(core, np.array([3, 4], np.int32), logit)
    assert found.scores.sum() == pytest.approx(found.output - found.baseline, abs=1e-2)


def test_embedding_inside_a_model_of_the_users_is_found() -> None:
    own = keras.Sequential([keras.layers.Embedding(9, 4, mask_zero=True), keras.layers.LSTM(3)])
    ids = keras.Input((None,), dtype="int32")
    core = keras.Model(ids, keras.layers.Dense(1)(own(ids)))
    assert embedding_of(core) is own.layers[0]
    found = integrated_gradients(core, np.array([3, 4, 5], np.int32), logit)
    assert found.scores.sum() == pytest.approx(found.output - found.baseline, abs=1e-4)


def test_core_without_an_embedding_is_refused_with_the_other_way() -> None:
    numbers = keras.Input((None,), dtype="int32")
    core = keras.Model(numbers, keras.ops.sum(keras.ops.cast(numbers, "float32"), axis=1, keepdims=True))
    with pytest.raises(ParameterError, match=r"no Embedding layer.*method='occlusion'"):
        integrated_gradients(core, np.array([3], np.int32), logit)
