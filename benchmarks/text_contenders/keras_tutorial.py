"""The network of the Keras text tutorials, written in plain Keras.

`Embedding(10000, 100)` → `LSTM(100, dropout=0.2, recurrent_dropout=0.2)` → `Dense(1)`, on 500
tokens a review, padded at the end and not masked, batches of 32, three epochs.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from harness import Part, measure

VOCABULARY, TOKENS, UNITS, EPOCHS, BATCH = 10_000, 500, 100, 3, 32


class KerasTutorial:
    """Answers by `model.predict` on the model that carries its own vocabulary."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.seed = options.seed
        self.settings = {
            "vocabulary": VOCABULARY,
            "tokens": TOKENS,
            "units": UNITS,
            "epochs": EPOCHS,
            "batch": BATCH,
            "optimizer": "adam",
            "padding": "post, unmasked",
        }

    def fit(self, train: Part, validation: Part | None) -> None:
        import keras
        import tensorflow as tf

        keras.utils.set_random_seed(self.seed)
        vectorize = keras.layers.TextVectorization(VOCABULARY, output_sequence_length=TOKENS)
        vectorize.adapt(tf.data.Dataset.from_tensor_slices(train["text"]).batch(512))
        self.classes = sorted(set(train["label"]))
        network = keras.Sequential(
            [
                keras.layers.Embedding(VOCABULARY, UNITS),
                keras.layers.LSTM(UNITS, dropout=0.2, recurrent_dropout=0.2),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )
        network.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        held_out = self._numbers(vectorize, validation) if validation else None
        ids, answers = self._numbers(vectorize, train)
        network.fit(ids, answers, batch_size=BATCH, epochs=EPOCHS, validation_data=held_out, verbose=2)
        text = keras.Input((), dtype="string")
        self.model = keras.Model(text, network(vectorize(text)))

    def predict(self, texts: list[str]) -> Sequence[str]:
        import tensorflow as tf

        positive = self.model.predict(tf.constant(texts), verbose=0)[:, 0] > 0.5
        return np.where(positive, self.classes[1], self.classes[0])

    def answer(self, text: str) -> object:
        return self.predict([text])[0]

    def save(self, folder: Path) -> None:
        self.model.save(folder / "model.keras")

    def _numbers(self, vectorize: object, part: Part) -> tuple[object, np.ndarray]:
        import tensorflow as tf

        answers = np.array([self.classes.index(label) for label in part["label"]])
        return vectorize(tf.constant(part["text"])), answers


if __name__ == "__main__":
    measure(KerasTutorial, ("tensorflow", "keras"), ("tensorflow", "keras", "numpy"))
