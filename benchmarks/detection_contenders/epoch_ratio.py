"""One epoch of the recipe ÷ one of the same graph trained by hand-written Keras.

The other side is what a careful Keras user writes: the same layers, batch size, rate and loss, and the pixels in
`tf.data`, cached, shuffled, batched, changed by the same augmentation and prefetched. It is timed with the recipe's own
optimizer (`ratio`) and with Keras' AdamW, which does less in a step (`ratio_to_adamw`). Both sides score the validation
pictures after each epoch. The first epoch, which traces the graph, is subtracted.
"""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from detecting import class_names, read_boxes, read_pictures
from figure import figure_options, print_figures

ROWS, VALIDATION, EPOCHS, BATCH, RATE = 2_000, 400, 3, 32, 2e-2
Part = tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]  # pictures, and of each corners and classes


def main() -> None:
    """Trains both, one after the other."""
    options = figure_options()
    file = Path(json.loads(options.data.read_text(encoding="utf-8"))["train"])
    rows, epochs = (48, 1) if options.quick else (ROWS, EPOCHS)
    pictures, boxes, names = read_pictures(file), read_boxes(file), class_names(file)
    train, held_out = slice(0, rows), slice(rows, rows + (16 if options.quick else VALIDATION))
    parts = [(pictures[part], boxes[part]) for part in (train, held_out)]
    once, _ = train_recipe(parts, names, 1, options.seed)
    longer, detector = train_recipe(parts, names, 1 + epochs, options.seed)
    ours = (longer - once) / epochs
    plain = train_plain_keras(detector, "muon", parts, epochs, options.seed)
    adamw = train_plain_keras(detector, "adamw", parts, epochs, options.seed)
    print_figures(
        recipe_epoch_seconds=ours,
        plain_keras_epoch_seconds=plain,
        ratio=ours / plain,
        plain_keras_adamw_epoch_seconds=adamw,
        ratio_to_adamw=ours / adamw,
        epochs=epochs,
        rows=rows,
        batch_size=BATCH,
        parameters=detector.model.count_params(),
    )


def train_recipe(parts: list[Part], names: list[str], epochs: int, seed: int) -> tuple[float, Any]:
    """Returns the seconds that `epochs` epochs took, and the fitted recipe."""
    import sora_keras as sora

    detector = sora.ObjectDetector(
        encoder="compact", epochs=epochs, patience=epochs, batch_size=BATCH, learning_rate=RATE, refit=False,
        seed=seed, verbose=False,
    )  # fmt: skip
    named = [
        (pictures, [{"boxes": corners, "labels": [names[kind] for kind in kinds]} for corners, kinds in boxes])
        for pictures, boxes in parts
    ]
    detector.fit(*named[0], validation=named[1])
    return detector.training_.seconds, detector


def train_plain_keras(detector: Any, optimizer: str, parts: list[Part], epochs: int, seed: int) -> float:
    """Returns the seconds of one epoch of a fresh copy of the recipe's core."""
    import keras
    import tensorflow as tf

    from sora_keras.training.box_augmentation import BoxAugmentation
    from sora_keras.training.box_loss import detection_loss
    from sora_keras.training.muon import ConvolutionMuon

    augmentation = BoxAugmentation(epochs=epochs, seed=seed, mosaic=0.0)  # in few epochs the recipe mixes nothing

    def dataset(part: Part, change: Any = None) -> Any:
        pixels = tf.data.Dataset.from_tensor_slices((part[0][..., None], truth(part))).cache()
        pixels = pixels.shuffle(len(part[0]), seed=seed).batch(BATCH)
        ready = pixels.map(lambda x, y: (tf.cast(x, tf.float32), y), tf.data.AUTOTUNE)
        return (ready.map(change, tf.data.AUTOTUNE) if change else ready).prefetch(tf.data.AUTOTUNE)

    train, validation = dataset(parts[0], augmentation), dataset(parts[1])
    network = keras.models.clone_model(detector.model)
    made = ConvolutionMuon if optimizer == "muon" else keras.optimizers.AdamW
    network.compile(made(RATE, weight_decay=0.05), detection_loss, jit_compile=False)
    network.fit(train, validation_data=validation, epochs=1, verbose=0)
    started = time.perf_counter()
    network.fit(train, validation_data=validation, epochs=epochs, verbose=0)
    return (time.perf_counter() - started) / epochs


def truth(part: Part) -> np.ndarray:
    """Returns (pictures, boxes, 5) float32: class, left, top, right and bottom as shares of the side; -1 for no box."""
    pictures, boxes = part
    table = np.full((len(boxes), max(len(kinds) for _, kinds in boxes), 5), -1, np.float32)
    for row, (corners, kinds) in enumerate(boxes):
        table[row, : len(kinds), 0], table[row, : len(kinds), 1:] = kinds, corners / pictures.shape[1]
    return table


if __name__ == "__main__":
    main()
