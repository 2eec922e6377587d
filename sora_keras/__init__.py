"""Sora Keras: from raw data to a trained, measured, explained and deployable Keras model in one line."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sora_keras.data import load_sample, read, samples, train_test_split
    from sora_keras.encoders import list_encoders, register_encoder
    from sora_keras.errors import SoraError
    from sora_keras.evaluation import Report
    from sora_keras.explanation import Explanation
    from sora_keras.prediction import Prediction
    from sora_keras.recipe import Recipe
    from sora_keras.tasks import list_recipes, load, register_recipe
    from sora_keras.tasks.detector import ObjectDetector
    from sora_keras.tasks.image import ImageClassifier
    from sora_keras.tasks.recommender import Recommender
    from sora_keras.tasks.text import TextClassifier

__version__ = "0.1.0"

# Names resolve when they are asked for, so that importing this package loads no TensorFlow.
_PLACES = {
    "Explanation": "explanation",
    "ImageClassifier": "tasks.image",
    "ObjectDetector": "tasks.detector",
    "Prediction": "prediction",
    "Recipe": "recipe",
    "Recommender": "tasks.recommender",
    "Report": "evaluation",
    "SoraError": "errors",
    "TextClassifier": "tasks.text",
    "list_encoders": "encoders",
    "load": "tasks",
    "load_sample": "data",
    "read": "data",
    "list_recipes": "tasks",
    "register_encoder": "encoders",
    "register_recipe": "tasks",
    "samples": "data",
    "train_test_split": "data",
}

__all__ = [
    "Explanation",
    "ImageClassifier",
    "ObjectDetector",
    "Prediction",
    "Recipe",
    "Recommender",
    "Report",
    "SoraError",
    "TextClassifier",
    "list_encoders",
    "list_recipes",
    "load",
    "load_sample",
    "read",
    "register_encoder",
    "register_recipe",
    "samples",
    "train_test_split",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'sora_keras' has no attribute {name!r}")
    return getattr(import_module(f"sora_keras.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
