"""Recipes by name."""

from __future__ import annotations

import os
from importlib import import_module

from sora_keras.recipe import Recipe
from sora_keras.registry import Registry

_REGISTRY: Registry[str] = Registry("recipe", "sora_keras.recipes")
_REGISTRY.add("detector", "sora_keras.tasks.detector:ObjectDetector")
_REGISTRY.add("image-classifier", "sora_keras.tasks.image:ImageClassifier")
_REGISTRY.add("recommender", "sora_keras.tasks.recommender:Recommender")
_REGISTRY.add("text-classifier", "sora_keras.tasks.text:TextClassifier")


def register_recipe(name: str, place: str) -> None:
    """Make a recipe known by `name`; `place` is `"module:Class"`, imported when it is asked for."""
    _REGISTRY.add(name, place)


def list_recipes() -> tuple[str, ...]:
    """The names of the known recipes, ours and those of installed packages."""
    return tuple(_REGISTRY.all())


def find_recipe(name: str) -> type[Recipe]:
    """The recipe class of that name; an unknown one raises `ParameterError` with the nearest."""
    module, _, attribute = _REGISTRY.find(name).partition(":")
    found: type[Recipe] = getattr(import_module(module), attribute)
    return found


def load(path: str | os.PathLike[str]) -> Recipe:
    """The fitted recipe that `save` kept.

    Nothing in the folder is executed: it holds JSON and Keras files, and Keras loads its own and registered
    classes alone.

    Raises:
        NotFoundError: there is no such folder, or it holds no recipe.
        DataError: a file is missing, cut short or changed since it was saved.
    """
    from sora_keras.saving import load_recipe

    return load_recipe(path, find_recipe)
