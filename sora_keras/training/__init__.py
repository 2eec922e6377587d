"""The fit loop's settings: feeding, stopping, resuming, precision, optimizers."""

from sora_keras.training.feeding import NumberCache, Feed
from sora_keras.training.loop import TrainingRecord, TrainingSettings, train

__all__ = ["Feed", "NumberCache", "TrainingRecord", "TrainingSettings", "train"]
