"""One epoch of the recipe's `cnn` ÷ one of the same graph trained by hand-written Keras.

The other side is what a careful Keras user writes: the same layers, batch size, rate and loss, and the pixels in
`tf.data`, cached, shuffled, batched and prefetched. It is timed with the recipe's own optimizer (`ratio`) and with
Keras' AdamW, which does less in a step (`ratio_to_adamw`). Both sides score the validation rows after each epoch;
neither changes pictures. The first epoch, which traces the graph, is subtracted.
"""

import time
from typing import Any

import numpy as np
from figure import figure_options, print_figures
from reading import CLASSES, read_fashion

ROWS, VALIDATION, EPOCHS, BATCH, RATE = 20_000, 4_000, 3, 128, 2e-2


def main() -> None:
    """Trains both, one after the other."""
    options = figure_options()
    fold = read_fashion(options.data)[0]["train"]
    rows, epochs = (400, 1) if options.quick else (ROWS, EPOCHS)
    pictures, labels = fold["picture"], np.array(fold["label"])
    train, held_out = slice(0, rows), slice(rows, rows + (100 if options.quick else VALIDATION))
    parts = [(pictures[part], labels[part]) for part in (train, held_out)]
    once, _ = train_recipe(parts, 1, options.seed)
    longer, classifier = train_recipe(parts, 1 + epochs, options.seed)
    ours = (longer - once) / epochs
    plain = train_plain_keras(classifier, "muon", parts, epochs, options.seed)
    adamw = train_plain_keras(classifier, "adamw", parts, epochs, options.seed)
    print_figures(
        recipe_epoch_seconds=ours,
        plain_keras_epoch_seconds=plain,
        ratio=ours / plain,
        plain_keras_adamw_epoch_seconds=adamw,
        ratio_to_adamw=ours / adamw,
        epochs=epochs,
        rows=rows,
        batch_size=BATCH,
        parameters=classifier.model.count_params(),
    )


def train_recipe(parts: list, epochs: int, seed: int) -> tuple[float, Any]:
    """Returns the seconds that `epochs` epochs took, and the fitted recipe."""
    import sora_keras as sora

    classifier = sora.ImageClassifier(
        encoder="cnn", epochs=epochs, patience=epochs, batch_size=BATCH, learning_rate=RATE, augment=None,
        seed=seed, verbose=False,
    )  # fmt: skip
    classifier.fit(*parts[0], validation=parts[1])
    return classifier.training_.seconds, classifier


def train_plain_keras(classifier: Any, optimizer: str, parts: list, epochs: int, seed: int) -> float:
    """Returns the seconds of one epoch of a fresh copy of the recipe's core."""
    import keras
    import tensorflow as tf

    from sora_keras.training.muon import ConvolutionMuon

    def dataset(part: tuple, batch: int) -> Any:
        pixels = tf.data.Dataset.from_tensor_slices((part[0][..., None], part[1].astype(np.int32))).cache()
        pixels = pixels.shuffle(len(part[1]), seed=seed).batch(batch)
        ready = pixels.map(lambda x, y: (tf.cast(x, tf.float32), tf.one_hot(y, CLASSES)), tf.data.AUTOTUNE)
        return ready.prefetch(tf.data.AUTOTUNE)

    train, validation = dataset(parts[0], BATCH), dataset(parts[1], 256)
    network = keras.models.clone_model(classifier.model)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.05)
    made = ConvolutionMuon if optimizer == "muon" else keras.optimizers.AdamW
    network.compile(made(RATE, weight_decay=0.05), loss, jit_compile=False)
    network.fit(train, validation_data=validation, epochs=1, verbose=0)
    started = time.perf_counter()
    network.fit(train, validation_data=validation, epochs=epochs, verbose=0)
    return (time.perf_counter() - started) / epochs


if __name__ == "__main__":
    main()
