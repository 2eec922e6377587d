"""The fit loop's settings: feeding, stopping, resuming, precision, optimizers."""

from sora_keras.training.feeding import Feed, NumberCache
from sora_keras.training.loop import TrainingRecord, TrainingSettings, train
from sora_keras.training.surroundings import precision, reproducible

__all__ = [
    "Feed",
    "NumberCache",
    "TrainingRecord",
    "TrainingSettings",
    "precision",
    "reproducible",
    "train",
]
