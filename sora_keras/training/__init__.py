"""The fit loop's settings: feeding, stopping, resuming, precision, optimizers."""

from sora_keras.training.augmentation import Augmentation, make_augmentation
from sora_keras.training.box_augmentation import BoxAugmentation, OwnAugmentation, make_box_augmentation
from sora_keras.training.box_loss import detection_loss
from sora_keras.training.box_targets import make_box_targets
from sora_keras.training.feeding import Feed, NumberCache, Numbers
from sora_keras.training.loop import TrainingRecord, TrainingSettings, train
from sora_keras.training.losses import mean_next_item, smoothed_crossentropy
from sora_keras.training.numbering import text_numberer
from sora_keras.training.pixels import BatchDecoder, PixelCache, decode_pictures
from sora_keras.training.speed import work_in
from sora_keras.training.surroundings import precision, reproducible
from sora_keras.training.transfer import train_in_two_steps
from sora_keras.training.windows import Windows, cut_windows, end_windows

__all__ = [
    "Augmentation",
    "BatchDecoder",
    "BoxAugmentation",
    "Feed",
    "NumberCache",
    "Numbers",
    "OwnAugmentation",
    "PixelCache",
    "TrainingRecord",
    "TrainingSettings",
    "Windows",
    "cut_windows",
    "decode_pictures",
    "detection_loss",
    "end_windows",
    "make_augmentation",
    "make_box_augmentation",
    "make_box_targets",
    "mean_next_item",
    "precision",
    "reproducible",
    "smoothed_crossentropy",
    "text_numberer",
    "train",
    "train_in_two_steps",
    "work_in",
]
