"""What the detectors of KerasHub are trained by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops
from keras.utils import bounding_boxes

from sora_keras.layers.hub_boxes import anchors_of, cornered

_TINY = 1e-7
# D-FINE's matching and loss, as KerasHub's DFineObjectDetector weighs them.
_BY_CLASS, _BY_BOX, _BY_OVERLAP = 2.0, 5.0, 2.0
_ALPHA, _GAMMA = 0.25, 2.0
_CLASSES, _BOX, _APART = 1.0, 5.0, 2.0


def retinanet_loss(encoder: Any, size: int) -> Callable[[Any, Any], Any]:
    """The loss of KerasHub's `RetinaNetObjectDetector` on corners and logits.

    Args:
        encoder: its `RetinaNetLabelEncoder`. size: pixels a side of the square.
    """
    middle, extent = np.split(anchors_of(encoder.anchor_generator, size), 2, axis=1)
    only_its_shape = np.zeros((1, size, size, 0), np.float32)

    def loss(truth: Any, answer: Any) -> Any:
        truth = ops.pad(truth, [[0, 0], [0, 1], [0, 0]], constant_values=-1)  # KerasHub asks for a row at least
        there, kinds, corners = _told(truth)
        corners = ops.where(there[..., None], corners * size, -1.0)  # as KerasHub tells that there is no box
        corners = bounding_boxes.convert_format(corners, "xyxy", encoder.bounding_box_format, height=size, width=size)
        wanted, labels = encoder(only_its_shape, corners, ops.where(there, kinds, -1))
        wanted, labels = ops.stop_gradient(wanted), ops.stop_gradient(labels)
        counted, answers = (ops.cast(one, "float32") for one in (labels != -2, labels > -1))
        found = _centred(answer[..., :4])
        larger = ops.log(ops.maximum(found[..., 2:], _TINY) / extent)
        found = ops.concatenate([(found[..., :2] - middle) / extent, larger], axis=-1)
        hot = ops.one_hot(ops.cast(labels, "int32"), answer.shape[-1] - 4)
        classes = keras.losses.binary_focal_crossentropy(hot, answer[..., 4:], from_logits=True)
        total = ops.sum(answers)
        apart = ops.sum(keras.losses.huber(wanted, found) * answers)
        # Where no anchor answers for a box, KerasHub leaves the batch out.
        classes = ops.where(total > 0, ops.sum(classes * counted), 0.0)
        return (classes + apart) / ops.maximum(total, 1.0)

    return loss


def dfine_loss(queries: int, size: int) -> Callable[[Any, Any], Any]:
    """The loss of KerasHub's `DFineObjectDetector` on corners and logits of one stage or several.

    Args:
        queries: boxes of a stage. size: pixels a side of the square.
    """

    def loss(truth: Any, answer: Any) -> Any:
        stages, width = answer.shape[1] // queries, answer.shape[2]
        there, kinds, corners = _told(ops.repeat(truth, stages, axis=0))
        answer = ops.reshape(answer, (-1, queries, width))
        logits, hot = answer[..., 4:], ops.one_hot(kinds, width - 4)
        found = ops.clip(_centred(answer[..., :4] / size), 0.0, 1.0)
        wanted = ops.where(there[..., None], _centred(corners), 0.0)
        which = _matched(_costs(found, logits, wanted, hot), there)
        paired = ops.cast(which >= 0, "float32")
        own = ops.take_along_axis(found, ops.maximum(which, 0)[..., None], axis=1)
        classes = _varifocal(logits, hot, _overlap(own, wanted), ops.one_hot(which, queries))
        box = ops.sum(ops.abs(own - wanted) * paired[..., None])
        apart = ops.sum((1 - bounding_boxes.compute_ciou(cornered(own), cornered(wanted), "xyxy")) * paired)
        total = ops.maximum(ops.sum(ops.cast(there, "float32")) / stages, 1.0)
        return (_CLASSES * classes + _BOX * box + _APART * apart) / total

    return loss


def _costs(found: Any, logits: Any, wanted: Any, hot: Any) -> Any:
    """What it costs that a query answers for a box, (batch, queries, boxes)."""
    scores = ops.sigmoid(logits)
    right = _ALPHA * (1 - scores) ** _GAMMA * -ops.log(scores + 1e-8)
    wrong = (1 - _ALPHA) * scores**_GAMMA * -ops.log(1 - scores + 1e-8)
    kinds = ops.matmul(right - wrong, ops.transpose(hot, (0, 2, 1)))
    found, wanted = found[:, :, None], wanted[:, None]
    overlaps = bounding_boxes.compute_ciou(cornered(found), cornered(wanted), "xyxy")
    return _BY_CLASS * kinds + _BY_BOX * ops.sum(ops.abs(found - wanted), axis=-1) - _BY_OVERLAP * overlaps


def _matched(costs: Any, there: Any) -> Any:
    """Which query answers for which box at the lowest cost, (batch, boxes) int32; -1 for none."""
    import tensorflow as tf
    from scipy.optimize import linear_sum_assignment

    def match(costs: np.ndarray, there: np.ndarray) -> np.ndarray:
        which = np.full(there.shape, -1, np.int32)
        for some, boxes, found in zip(np.nan_to_num(costs), there, which, strict=True):
            place = np.flatnonzero(boxes)
            queries, column = linear_sum_assignment(some[:, place])
            found[place[column]] = queries
        return which

    # KerasHub's own takes a step of a TensorFlow loop for each pair of queries, and forgets where the boxes of the
    # second picture begin.
    return tf.ensure_shape(tf.numpy_function(match, [costs, there], tf.int32, stateful=False), there.shape)


def _varifocal(logits: Any, hot: Any, overlaps: Any, chosen: Any) -> Any:
    """Varifocal loss (Zhang et al., 2021): a query should be as sure as it overlaps the box that it answers for.

    Args:
        hot: (batch, boxes, classes). overlaps: (batch, boxes). chosen: (batch, boxes, queries) 0 or 1.
    """
    chosen = ops.transpose(chosen, (0, 2, 1))
    scores = ops.stop_gradient(ops.matmul(chosen, hot * overlaps[..., None]))
    unsure = _ALPHA * ops.stop_gradient(ops.sigmoid(logits)) ** _GAMMA * (1 - ops.matmul(chosen, hot))
    return ops.sum(ops.binary_crossentropy(scores, logits, from_logits=True) * (unsure + scores))


def _overlap(one: Any, other: Any) -> Any:
    """IoU of boxes in pairs, (batch, boxes)."""
    pairs = [ops.reshape(cornered(boxes), (-1, 1, 4)) for boxes in (one, other)]
    return ops.reshape(bounding_boxes.compute_iou(*pairs, "xyxy"), ops.shape(one)[:-1])


def _told(truth: Any) -> tuple[Any, Any, Any]:
    """Whether there is a box, its class and its corners."""
    kinds = ops.cast(truth[..., 0], "int32")
    return kinds >= 0, ops.maximum(kinds, 0), ops.cast(truth[..., 1:], "float32")


def _centred(corners: Any) -> Any:
    """Middle and extent."""
    begin, end = corners[..., :2], corners[..., 2:]
    return ops.concatenate([(begin + end) / 2, end - begin], axis=-1)
