"""From a detector's answers to the boxes that it stands by, in the graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from sora_keras.layers.letterbox import out_of_square
from sora_keras.layers.places import corners_of, places_of

MOST = 300  # boxes a picture


def boxes_and_scores(answer: Any, side: int, classes: int) -> tuple[Any, Any]:
    """What a core's answer says: corners (pictures, boxes, 4) in pixels of the square, scores (pictures, boxes,
    classes) from 0 to 1.

    Args:
        answer: (pictures, places, 4 × BINS + classes), as a core of `sora_keras.encoders.detecting` gives it; or
            (pictures, boxes, 4 + classes), the corners themselves. side: pixels a side of the square.
    """
    answer = tf.cast(answer, tf.float32)
    sides, logits = answer[..., :-classes], answer[..., -classes:]
    corners = sides if sides.shape[-1] == 4 else corners_of(sides, *places_of(side))
    return corners, tf.sigmoid(logits)


def best_boxes(
    answer: Any, sizes: Any, side: int, classes: int, *, threshold: Any, overlap: Any, most: int = MOST
) -> tuple[Any, Any, Any, Any]:  # fmt: skip
    """The boxes with the highest scores, of each class those that do not overlap a better one too much.

    Args:
        answer, side, classes: as `boxes_and_scores`. sizes: (pictures, 2) height and width of the pictures.
        threshold: the lowest score, 0 to 1. overlap: the highest IoU of two boxes of a class, 0 to 1.
        most: boxes of a picture.

    Returns:
        Corners (pictures, most, 4) in pixels of the pictures, scores (pictures, most), class numbers (pictures, most)
        int32, and how many there are (pictures,) int32; what stands behind is 0.
    """
    corners, scores = boxes_and_scores(answer, side, classes)
    found = tf.image.combined_non_max_suppression(
        corners[:, :, None, :], scores, most, most, overlap, threshold, clip_boxes=False
    )
    return (
        out_of_square(found.nmsed_boxes, sizes, side), found.nmsed_scores, tf.cast(found.nmsed_classes, tf.int32),
        found.valid_detections,
    )  # fmt: skip


@keras.saving.register_keras_serializable(package="sora_keras")
class BoxDecision(keras.layers.Layer):
    """`best_boxes` as a layer, with the classes' names.

    Args:
        classes: their names. side: pixels a side of what the core reads. threshold, overlap, most: as `best_boxes`.

    Input: the core's answer and the pictures' sizes. Output: a dictionary: `box` (pictures, most, 4) float32, `score`
        (pictures, most) float32, `label` (pictures, most) strings, "" where there is none, `class_id` (pictures, most)
        int32, and `count` (pictures,) int32.
    """

    def __init__(
        self, classes: Sequence[str], side: int, threshold: float = 0.25, overlap: float = 0.6, most: int = MOST,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**{**kwargs, "trainable": False})
        self.classes, self.side = list(classes), side
        self.threshold, self.overlap, self.most = threshold, overlap, most
        self.built = True

    def call(self, inputs: tuple[Any, Any]) -> dict[str, Any]:
        answer, sizes = inputs
        box, score, kind, count = best_boxes(
            answer, sizes, self.side, len(self.classes), threshold=self.threshold, overlap=self.overlap, most=self.most
        )
        there = tf.range(self.most)[None, :] < count[:, None]
        label = tf.where(there, tf.gather(tf.constant(self.classes), kind), "")
        return {"box": box, "score": score, "label": label, "class_id": kind, "count": count}

    def compute_output_spec(self, inputs: Any) -> dict[str, Any]:
        row = (None, self.most)
        shapes = {"box": ((*row, 4), "float32"), "score": (row, "float32"), "label": (row, "string"),
                  "class_id": (row, "int32"), "count": ((None,), "int32")}  # fmt: skip
        return {name: keras.KerasTensor(shape, dtype=kind) for name, (shape, kind) in shapes.items()}

    def get_config(self) -> dict[str, Any]:
        own = {"classes": self.classes, "side": self.side, "threshold": self.threshold}
        return {**super().get_config(), **own, "overlap": self.overlap, "most": self.most}
