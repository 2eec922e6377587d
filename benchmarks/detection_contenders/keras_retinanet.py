"""RetinaNet of KerasHub from scratch, for as long as it is given.

ResNet-18 and a pyramid of its maps at 8, 16 and 32 pixels; KerasHub's anchors, label encoder, losses, preprocessor and
non-maximum suppression. The anchors begin at 24 pixels, since the things are smaller than the 32 that are its default.
KerasHub gives the prior of rare classes to the boxes' last bias instead of the classes'; it is put where the paper has
it (Lin et al., 2017). Adam, whose rate rises over a twentieth of the time and then falls as a cosine.
"""

import argparse
import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from coco_scores import MOST, Found
from detecting import THRESHOLD, class_names, limit_of, measure_detection, picture_paths, read_boxes
from harness import Part

IMPORTS = ("tensorflow", "keras", "keras_hub")
PACKAGES = ("keras-hub", "tensorflow", "keras", "numpy", "pycocotools")
SIDE, BATCH, WARM_UP, RARE = 128, 50, 0.05, 0.01
FORMAT = "xyxy"
# Settings tried on a validation cut of the training pictures; what was chosen stands in `detection.py`.
GRID = [
    *({"rate": rate, "convolutions": 4, "batch_size": size} for size in (8, 16) for rate in (5e-4, 1e-3)),
    {"rate": 1e-3, "convolutions": 1, "batch_size": 16},
]


class KerasRetinaNet:
    """Trains until the time is over."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.settings: dict[str, Any] = {
            "limit": limit_of(options),
            "rate": 1e-3,
            "convolutions": 4,
            "batch_size": 16,
            "seed": options.seed,
            **json.loads(options.settings or "{}"),
        }

    def fit(self, train: Part, validation: Part | None) -> None:
        import keras

        began, told = time.perf_counter(), self.settings
        keras.utils.set_random_seed(told["seed"])
        self.classes = class_names(train["file"])
        self.detector, self.traced = detector(len(self.classes), told["convolutions"]), 0
        self.detector.compile(keras.optimizers.Adam(told["rate"], global_clipnorm=10.0), jit_compile=False)
        clock = clock_of(began, told["limit"], told["rate"], told["batch_size"])
        self.detector.fit(dataset(train["file"], told["batch_size"], told["seed"]), verbose=0, callbacks=[clock])
        told |= {
            "parameters": self.detector.count_params(),
            "pictures_trained": clock.seen,
            "epochs_run": clock.seen / len(picture_paths(train["file"])),
        }

    def predict(self, pictures: np.ndarray) -> Sequence[Found]:
        found = self.ask(pictures, BATCH)
        names = np.array(self.classes, object)
        parts = (found[name] for name in ("boxes", "confidence", "labels", "num_detections"))
        return [
            (boxes[:count], scores[:count], names[kinds[:count]])
            for boxes, scores, kinds, count in zip(*(some[: len(pictures)] for some in parts), strict=True)
        ]

    def answer(self, picture: np.ndarray) -> object:
        return self.ask(picture[None], 1)

    def ask(self, pictures: np.ndarray, batch_size: int) -> dict[str, np.ndarray]:
        """Its suppression needs batches of one size: the last is filled up, and for another size it is traced anew."""
        import tensorflow as tf

        if batch_size != self.traced:
            self.detector.make_predict_function(force=True)
            self.traced = batch_size
        filled = np.pad(pictures, ((0, -len(pictures) % batch_size), (0, 0), (0, 0)))
        batches = tf.data.Dataset.from_tensor_slices(coloured(filled)).batch(batch_size, drop_remainder=True)
        return self.detector.predict(batches, verbose=0)

    def save(self, folder: Path) -> None:
        self.detector.save(folder / "model.keras")


def detector(classes: int, convolutions: int) -> Any:
    """Returns the untrained detector with its preprocessor."""
    import keras_hub

    encoder = keras_hub.models.ResNetBackbone(
        input_conv_filters=[64], input_conv_kernel_sizes=[7], stackwise_num_filters=[64, 128, 256, 512],
        stackwise_num_blocks=[2, 2, 2, 2], stackwise_num_strides=[1, 2, 2, 2], block_type="basic_block",
        image_shape=(SIDE, SIDE, 3),
    )  # fmt: skip
    levels = {"min_level": 3, "max_level": 5}
    backbone = keras_hub.models.RetinaNetBackbone(encoder, **levels, use_p5=False, image_shape=(SIDE, SIDE, 3))
    anchors = keras_hub.layers.AnchorGenerator(
        FORMAT, **levels, num_scales=3, aspect_ratios=[0.5, 1.0, 2.0], anchor_size=3.0
    )
    converter = keras_hub.layers.RetinaNetImageConverter(
        image_size=(SIDE, SIDE), scale=1 / 127.5, offset=-1.0, bounding_box_format=FORMAT
    )
    made = keras_hub.models.RetinaNetObjectDetector(
        backbone, classes, FORMAT, anchor_generator=anchors, pre_logits_num_conv_layers=convolutions,
        preprocessor=keras_hub.models.RetinaNetObjectDetectorPreprocessor(image_converter=converter),
        prediction_decoder=keras_hub.layers.NonMaxSuppression(
            FORMAT, from_logits=True, confidence_threshold=THRESHOLD, max_detections=MOST
        ),
    )  # fmt: skip
    made.box_head.prediction_layer.bias.assign(made.box_head.prediction_layer.bias * 0)
    rare = made.classification_head.prediction_layer.bias
    rare.assign(rare * 0 - math.log((1 - RARE) / RARE))
    return made


def dataset(file: Path, batch_size: int, seed: int) -> Any:
    """Returns batches of pictures and their boxes, without end; the files are read in the first pass."""
    import tensorflow as tf

    boxes = read_boxes(file)
    most = max(len(kinds) for _, kinds in boxes)
    corners = np.full((len(boxes), most, 4), -1, np.float32)
    labels = np.full((len(boxes), most), -1, np.float32)
    for row, (some, kinds) in enumerate(boxes):
        corners[row, : len(kinds)], labels[row, : len(kinds)] = some, kinds

    def read(path: Any, corners: Any, labels: Any) -> Any:
        pixels = tf.ensure_shape(tf.io.decode_png(tf.io.read_file(path), channels=3), (SIDE, SIDE, 3))
        return pixels, {"boxes": corners, "labels": labels}

    paths = [str(path) for path in picture_paths(file)]
    pictures = tf.data.Dataset.from_tensor_slices((paths, corners, labels)).map(read, tf.data.AUTOTUNE).cache()
    shuffled = pictures.shuffle(len(paths), seed=seed).repeat()
    return shuffled.batch(batch_size).map(mirrored, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def mirrored(pixels: Any, boxes: Any) -> Any:
    """Returns a batch of which, half the times, every picture is mirrored."""
    import tensorflow as tf

    left, top, right, bottom = tf.unstack(boxes["boxes"], axis=-1)
    there = boxes["labels"][..., None] >= 0
    turned = tf.where(there, tf.stack([SIDE - right, top, SIDE - left, bottom], axis=-1), -1.0)
    chosen = tf.random.uniform(()) < 0.5
    return (
        tf.where(chosen, tf.reverse(pixels, [2]), pixels),
        {"boxes": tf.where(chosen, turned, boxes["boxes"]), "labels": boxes["labels"]},
    )


def coloured(pictures: np.ndarray) -> np.ndarray:
    """Returns grey pictures (rows, height, width) as three channels, which the encoder reads."""
    return np.repeat(pictures[..., None], 3, axis=-1)


def clock_of(began: float, limit: float, rate: float, batch_size: int) -> Any:
    """Returns the callback that sets the rate by the time, counts pictures, and ends training."""
    import keras

    class Clock(keras.callbacks.Callback):
        seen = 0

        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            share = min((time.perf_counter() - began) / limit, 1.0)
            falling = 0.5 + 0.5 * math.cos(math.pi * max(0.0, share - WARM_UP) / (1 - WARM_UP))
            self.model.optimizer.learning_rate.assign(rate * min(share / WARM_UP, falling) + 1e-7)

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.seen += batch_size
            if time.perf_counter() - began >= limit:
                self.model.stop_training = True

    return Clock()


if __name__ == "__main__":
    measure_detection(KerasRetinaNet, IMPORTS, PACKAGES)
