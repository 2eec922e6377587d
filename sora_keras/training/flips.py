"""Whether pictures may be mirrored is asked of the validation pictures."""

from __future__ import annotations

from typing import Any

import keras

from sora_keras.training.augmentation import Augmentation
from sora_keras.training.feeding import Feed


class AskFlips(keras.callbacks.Callback):
    """Asks once, after an epoch in which no picture was mirrored.

    Args:
        augmentation: whose flips are decided. validation: pictures that are not trained on. verbose: say what was
            found.
    """

    def __init__(self, augmentation: Augmentation, validation: Feed, *, verbose: bool) -> None:
        super().__init__()
        self.augmentation, self.validation, self.verbose = augmentation, validation, verbose

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.augmentation.asked:
            return
        found = self.augmentation.ask(self.model, self.validation)
        if self.verbose:
            print(found)
