"""The keras.io example "Simple MNIST convnet", on Fashion-MNIST, for as long as it is given.

Two convolutions, dropout, Adam, batches of 128, a tenth of the training rows to validate; its own fifteen epochs are
gone on with until the time is over. The accuracy on the test rows after `--first` seconds is taken on the way, with
the clock stopped.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from harness import Part, measure
from reading import CLASSES, read_fashion


class KerasConvnet:
    """The example's network and settings."""

    def __init__(self, options: argparse.Namespace) -> None:
        quick = options.quick
        self.first, self.limit = (2.0, 4.0) if quick else (float(options.first), float(options.limit))
        self.settings: dict[str, Any] = {"batch_size": 128, "validation_split": 0.1, "limit": self.limit}
        self.test = read_fashion(options.data)[0]["test"]

    def fit(self, train: Part, validation: Part | None) -> None:
        import keras

        keras.utils.set_random_seed(0)
        self.network = keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                keras.layers.Conv2D(32, 3, activation="relu"),
                keras.layers.MaxPooling2D(2),
                keras.layers.Conv2D(64, 3, activation="relu"),
                keras.layers.MaxPooling2D(2),
                keras.layers.Flatten(),
                keras.layers.Dropout(0.5),
                keras.layers.Dense(CLASSES, activation="softmax"),
            ]
        )
        self.network.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
        answers = keras.utils.to_categorical(np.array(train["label"], int), CLASSES)
        clock = clock_of(self)
        self.network.fit(
            scaled(train["picture"]), answers, batch_size=128, epochs=10_000, validation_split=0.1, verbose=0,
            callbacks=[clock],
        )  # fmt: skip
        self.settings |= {"seconds_trained": clock.spent(), f"accuracy_after_{self.first:.0f}_s": clock.accuracy}

    def predict(self, pictures: np.ndarray) -> Sequence[str]:
        answers = self.network.predict(scaled(pictures), batch_size=256, verbose=0)
        return [str(answer) for answer in answers.argmax(axis=1)]

    def answer(self, picture: np.ndarray) -> object:
        return self.network.predict(scaled(picture[None]), verbose=0).argmax()

    def save(self, folder: Path) -> None:
        self.network.save(folder / "model.keras")


def scaled(pictures: np.ndarray) -> np.ndarray:
    """Returns pictures (rows, 28, 28) as the example takes them."""
    return pictures[..., None].astype("float32") / 255


def clock_of(contender: KerasConvnet) -> Any:
    """Returns the callback that ends training, and scores on the way."""
    import keras

    class Clock(keras.callbacks.Callback):
        accuracy: float | None = None
        stood = 0.0

        def __init__(self) -> None:
            super().__init__()
            self.began = time.perf_counter()

        def spent(self) -> float:
            return time.perf_counter() - self.began - self.stood

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if self.accuracy is None and self.spent() >= contender.first:
                stopped = time.perf_counter()
                pictures = scaled(contender.test["picture"])
                answers = np.concatenate(
                    [np.asarray(self.model(pictures[start : start + 500])) for start in range(0, len(pictures), 500)]
                )
                right = answers.argmax(axis=1) == np.array(contender.test["label"], int)
                self.accuracy = float(right.mean())
                self.stood = time.perf_counter() - stopped
            if self.spent() >= contender.limit:
                self.model.stop_training = True

    return Clock()


if __name__ == "__main__":
    measure(
        KerasConvnet, ("tensorflow", "keras"), ("tensorflow", "keras", "numpy"),
        arguments=("first", "limit"), read=read_fashion,
    )  # fmt: skip
