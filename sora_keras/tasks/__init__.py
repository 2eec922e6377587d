"""One file a recipe: what is particular to it, and the registry that finds recipes by name."""

from sora_keras.tasks.catalogue import find_recipe, list_recipes, load, register_recipe

__all__ = ["find_recipe", "list_recipes", "load", "register_recipe"]
