"""One epoch of the recipe's core ÷ one of the same graph trained by hand-written Keras.

The other side is what a careful Keras user writes: the same layers, batch size and learning rate,
`AdamW`, and the numbers of each text cached by `tf.data`, shuffled, padded to the longest of their
batch and prefetched. Both score the validation rows after each epoch. Turning text into numbers
and tracing the graph are in neither time: the first epoch is subtracted from the later ones.
"""

import time
from typing import Any

from figure import figure_options, first_fold, print_figures

# Epochs timed after the first; an LSTM's are long enough that one will do.
EPOCHS = {"ngram": 10, "cnn": 3, "lstm": 1}
BATCH = {"ngram": 256, "cnn": 64, "lstm": 64}


def main() -> None:
    """Trains both, one after the other."""
    options = figure_options("encoder")
    fold, batch = first_fold(options), BATCH[options.encoder]
    epochs = 1 if options.quick else EPOCHS[options.encoder]
    once, _ = train_recipe(options, fold, 1)
    longer, classifier = train_recipe(options, fold, 1 + epochs)
    ours = (longer - once) / epochs
    plain = train_plain_keras(classifier, fold, epochs, options.seed)
    print_figures(
        recipe_epoch_seconds=ours,
        plain_keras_epoch_seconds=plain,
        ratio=ours / plain,
        epochs=epochs,
        batch_size=batch,
        parameters=classifier.model.count_params(),
    )


def train_recipe(options: Any, fold: dict, epochs: int) -> tuple[float, Any]:
    """Returns the seconds that `epochs` epochs took, and the fitted recipe."""
    import sora_keras as sora

    classifier = sora.TextClassifier(
        encoder=options.encoder,
        epochs=epochs,
        patience=epochs,
        batch_size=BATCH[options.encoder],
        seed=options.seed,
        verbose=False,
    )
    train, validation = fold["train"], fold["validation"]
    held_out = (validation["text"], validation["label"])
    classifier.fit(train["text"], train["label"], validation=held_out)
    return classifier.training_.seconds, classifier


def train_plain_keras(classifier: Any, fold: dict, epochs: int, seed: int) -> float:
    """Returns the seconds of one epoch of a fresh copy of the recipe's core."""
    import keras

    batch = BATCH[classifier.encoder]
    train = dataset(classifier, fold["train"]).cache()
    train = train.shuffle(len(fold["train"]["text"]), seed=seed).padded_batch(batch).prefetch(4)
    validation = dataset(classifier, fold["validation"]).cache().padded_batch(256).prefetch(4)
    network = keras.models.clone_model(classifier.model)
    rate = classifier.defaults(classifier.encoder, len(fold["train"]["text"])).learning_rate
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    # XLA would compile anew for every length of batch: without it this side is the faster.
    network.compile(keras.optimizers.AdamW(rate), loss, jit_compile=False)
    network.fit(train, validation_data=validation, epochs=1, verbose=0)
    started = time.perf_counter()
    network.fit(train, validation_data=validation, epochs=epochs, verbose=0)
    return (time.perf_counter() - started) / epochs


def dataset(classifier: Any, part: dict) -> Any:
    """Returns a `tf.data.Dataset` of (numbers of one text, answer)."""
    import tensorflow as tf

    ragged = tf.function(classifier.fitted.preprocessing.ragged)
    texts = tf.data.Dataset.from_tensor_slices(part["text"]).batch(256)
    numbers = tf.concat([ragged(some) for some in texts], axis=0)
    classes = sorted(set(part["label"]))
    answers = tf.constant([[float(classes.index(label))] for label in part["label"]])
    rows = tf.data.Dataset.from_tensor_slices((numbers, answers))
    # Slices of a ragged tensor stay ragged in name, which `padded_batch` refuses; `map` drops it.
    return rows.map(lambda number, answer: (number, answer))


if __name__ == "__main__":
    main()
