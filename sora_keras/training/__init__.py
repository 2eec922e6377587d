"""The fit loop's settings: feeding, stopping, resuming, precision, optimizers."""

from sora_keras.training.feeding import Feed, NumberCache, Numbers
from sora_keras.training.loop import TrainingRecord, TrainingSettings, train
from sora_keras.training.numbering import text_numberer
from sora_keras.training.pixels import PixelCache, decode_pictures
from sora_keras.training.surroundings import precision, reproducible

__all__ = [
    "Feed",
    "NumberCache",
    "Numbers",
    "PixelCache",
    "TrainingRecord",
    "TrainingSettings",
    "decode_pictures",
    "precision",
    "reproducible",
    "text_numberer",
    "train",
]
