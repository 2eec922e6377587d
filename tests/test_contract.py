"""What every registered recipe keeps to, ours and third parties' alike."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from sklearn.base import clone, is_classifier

import sora_keras as sora
from sora_keras.errors import DataError, NotFittedError, NotFoundError, ParameterError, SaveError
from sora_keras.tasks import find_recipe, list_recipes
from tests.boxes import TINY, annotated_scenes
from tests.conftest import reviews
from tests.pictures import shapes
from tests.recommending import ratings

# A little data for each; a new recipe adds a line.
DATA = {
    "text-classifier": reviews, "image-classifier": shapes, "recommender": ratings, "detector": annotated_scenes,
}  # fmt: skip
# The default where it is quick enough; what trains longer is tested by itself.
QUICK = {"recommender": {"encoder": "linear"}, "detector": {"encoder": TINY, "size": 64, "augment": None}}


@pytest.fixture(scope="module", params=list_recipes())
def recipe_class(request):
    return find_recipe(request.param)


@pytest.fixture(scope="module")
def data(recipe_class):
    return DATA[recipe_class.name]()


@pytest.fixture(scope="module")
def fitted(recipe_class, data):
    """A recipe that tests only ask."""
    return quick(recipe_class).fit(*data)


def quick(recipe_class):
    return recipe_class(epochs=1, refit=False, verbose=False, **QUICK.get(recipe_class.name, {}))


def numbers(recipe, items):
    """What a recipe answers, before it becomes words."""
    if recipe.name == "detector":
        return np.stack([found.corners[:5] for found in recipe.predict(items, threshold=0)])
    return recipe.predict_proba(items) if is_classifier(recipe) else recipe.predict(items)


def test_parameters_are_kept_unchanged_and_cloned(recipe_class) -> None:
    recipe = recipe_class(epochs=3, seed=7)
    copy = clone(recipe)
    assert copy is not recipe
    assert copy.get_params() == recipe.get_params()
    assert copy.set_params(epochs=4) is copy
    assert recipe.epochs == 3
    assert "epochs=3" in repr(recipe)


def test_unknown_parameter_names_the_nearest(recipe_class) -> None:
    with pytest.raises(ParameterError, match="Did you mean 'epochs'"):
        recipe_class().use(epoch=3)


def test_core_builds_from_data_and_from_a_schema(recipe_class, data, fitted) -> None:
    core = quick(recipe_class).build(*data)
    assert isinstance(core, keras.Model)
    assert core.output_shape == fitted.model.output_shape
    if is_classifier(fitted):
        assert quick(recipe_class).build(fitted.fitted.schema).output_shape == core.output_shape


def test_every_item_gets_an_answer(data, fitted) -> None:
    answers = fitted.predict(data[0])
    assert len(answers) == len(data[0])
    if is_classifier(fitted):
        assert set(answers) <= set(fitted.classes_)
        assert np.allclose(fitted.predict_proba(data[0]).sum(axis=1), 1, atol=1e-5)


def test_one_answer_equals_that_answer_among_many(data, fitted) -> None:
    many = numbers(fitted, data[0])
    one = list(fitted(data[0][3]).probabilities.values()) if is_classifier(fitted) else numbers(fitted, [data[0][3]])
    assert np.allclose(one, many[3], atol=1e-4 if fitted.name == "detector" else 1e-6)


def test_saved_and_loaded_answers_alike(recipe_class, data, fitted, tmp_path) -> None:
    loaded = sora.load(fitted.save(tmp_path / "m"))
    assert type(loaded) is recipe_class
    assert loaded.get_params() == fitted.get_params()
    assert np.array_equal(numbers(loaded, data[0]), numbers(fitted, data[0]))


def test_every_verb_asks_for_fit_first(recipe_class, data, tmp_path) -> None:
    recipe = recipe_class()
    for verb in (
        lambda: recipe.predict(data[0]),
        lambda: recipe(data[0][0]),
        lambda: recipe.evaluate(*data),
        lambda: recipe.save(tmp_path / "m"),
        lambda: recipe.export(tmp_path / "e"),
        lambda: recipe.explain(data[0][0]),
        lambda: recipe.model,
    ):
        with pytest.raises(NotFittedError, match="Call fit"):
            verb()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0}, {"epochs": 1.5}, {"batch_size": 0}, {"learning_rate": -1}, {"patience": "long"},
        {"validation_fraction": 1.0}, {"time_limit": -3}, {"seed": -1}, {"precision": "float8"}, {"memory": "much"},
    ],
    ids=str,
)  # fmt: skip
def test_parameter_out_of_range_is_named(recipe_class, data, wrong) -> None:
    with pytest.raises(sora.SoraError, match=next(iter(wrong))):
        recipe_class(verbose=False, **wrong).fit(*data)


def test_unknown_encoder_lists_the_known(recipe_class, data) -> None:
    with pytest.raises(ParameterError, match="There is no encoder"):
        recipe_class(encoder="ngrm", verbose=False).fit(*data)


def test_missing_file_is_named(recipe_class, tmp_path) -> None:
    with pytest.raises(NotFoundError, match=r"nothing\.csv"):
        recipe_class(verbose=False).fit(str(tmp_path / "nothing.csv"))


def test_different_lengths_are_an_error(recipe_class, data) -> None:
    with pytest.raises(DataError):
        recipe_class(verbose=False).fit(data[0], data[1][:-1])


def test_saving_does_not_overwrite_unless_asked(data, fitted, tmp_path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "mine.txt").write_text("keep")
    with pytest.raises(SaveError, match="overwrite=True"):
        fitted.save(tmp_path / "m")
    with pytest.raises(SaveError, match="holds other things"):
        fitted.save(tmp_path / "m", overwrite=True)
    assert (tmp_path / "m" / "mine.txt").read_text() == "keep"
    (tmp_path / "m" / "mine.txt").unlink()
    fitted.save(tmp_path / "m", overwrite=True)
    fitted.save(tmp_path / "m", overwrite=True)
    assert sora.load(tmp_path / "m").predict(data[0][:1]) == fitted.predict(data[0][:1])


def test_failed_fit_keeps_what_was_fitted(data, fitted) -> None:
    before = numbers(fitted, data[0])
    with pytest.raises(sora.SoraError):
        fitted.fit(data[0], data[1][:-1])
    assert np.array_equal(numbers(fitted, data[0]), before)


def test_fit_returns_the_recipe_and_the_same_seed_gives_the_same_weights(recipe_class, data, fitted) -> None:
    recipe = quick(recipe_class)
    assert recipe.fit(*data) is recipe
    weights = recipe.model.get_weights(), fitted.model.get_weights()
    # TensorFlow orders some sums by the names of layers, which are numbered on: what a detector assigns follows.
    apart = 1e-2 if recipe.name == "detector" else 0
    assert all(np.allclose(a, b, rtol=0, atol=apart) for a, b in zip(*weights, strict=True))
