"""One epoch of the recipe's core ÷ one of the same graph trained by hand-written Keras.

The other side is what a careful Keras user writes: the same layers and batch size, `AdamW`, and
the numbers of each text cached by `tf.data`, shuffled, padded to the longest of their batch and
prefetched. Turning text into numbers is in neither time; tracing the graph and scoring the
validation rows after each epoch is in both.
"""

import time

from figure import figure_options, first_fold, print_figures

# Enough epochs that the first, with its tracing, does not decide; an LSTM's are slow enough.
EPOCHS = {"ngram": 6, "cnn": 3, "lstm": 2}
BATCH = {"ngram": 256, "cnn": 64, "lstm": 64}


def main() -> None:
    """Trains both, one after the other."""
    import keras
    import tensorflow as tf

    import sora_keras as sora

    options = figure_options("encoder")
    fold = first_fold(options)
    train, validation = fold["train"], fold["validation"]
    epochs = 2 if options.quick else EPOCHS[options.encoder]
    batch = BATCH[options.encoder]
    classifier = sora.TextClassifier(
        encoder=options.encoder,
        epochs=epochs,
        patience=epochs,
        batch_size=batch,
        seed=options.seed,
        verbose=False,
    )
    held_out = (validation["text"], validation["label"])
    classifier.fit(train["text"], train["label"], validation=held_out)
    classes = sorted(set(train["label"]))
    ragged = tf.function(classifier.fitted.preprocessing.ragged)

    def dataset(part: dict, shuffle: bool) -> tf.data.Dataset:
        texts = tf.data.Dataset.from_tensor_slices(part["text"]).batch(256)
        numbers = tf.concat([ragged(some) for some in texts], axis=0)
        answers = tf.constant([[float(classes.index(label))] for label in part["label"]])
        rows = tf.data.Dataset.from_tensor_slices((numbers, answers)).cache()
        if shuffle:
            rows = rows.shuffle(len(part["text"]), seed=options.seed)
        return rows.padded_batch(batch).prefetch(tf.data.AUTOTUNE)

    network = keras.models.clone_model(classifier.model)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    # XLA would compile anew for every length of batch; without it this side is the faster.
    rate = float(classifier.model.optimizer.learning_rate)
    network.compile(keras.optimizers.AdamW(rate), loss, jit_compile=False)
    rows, checked = dataset(train, True), dataset(validation, False)
    started = time.perf_counter()
    network.fit(rows, validation_data=checked, epochs=epochs, verbose=0)
    plain = (time.perf_counter() - started) / epochs
    ours = classifier.training_.seconds_per_epoch
    print_figures(
        recipe_epoch_seconds=ours,
        plain_keras_epoch_seconds=plain,
        ratio=ours / plain,
        epochs=epochs,
        batch_size=batch,
        parameters=network.count_params(),
    )


if __name__ == "__main__":
    main()
