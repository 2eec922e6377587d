"""What a detector is trained by: which places answer for which box, and how wrong they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from sora_keras.layers.places import BINS, corners_of, places_of, side_of

_BEST = 10  # places that answer for one box
_BY_SCORE, _BY_OVERLAP = 0.5, 6.0  # exponents of how well a place is aligned with a box
_SIDES, _CLASSES, _BINS = 7.5, 0.5, 1.5  # how much each part of the loss counts
_TINY = 1e-7


def detection_loss(truth: Any, answer: Any) -> Any:
    """The loss of a core as `sora_keras.encoders.detecting` builds it.

    Places answer for the box that they are best aligned with, by their own scores and overlaps (TOOD, Feng et al.,
    2021). Classes are told by cross-entropy with how well aligned they are, sides by CIoU (Zheng et al., 2020) and by
    the distribution over the two bins beside the true distance (Li et al., 2020). The weights of the three parts, the
    exponents and the ten places are those of YOLOv8.

    Args:
        truth: (batch, boxes, 5): class, left, top, right and bottom as shares of the square; a class below 0 is no box.
        answer: (batch, places, 4 × BINS + classes).

    Returns:
        One number.
    """
    from keras import ops

    side = side_of(answer.shape[1])
    centres, strides = places_of(side)
    answer = ops.cast(answer, "float32")
    sides, logits = answer[..., : 4 * BINS], answer[..., 4 * BINS :]
    kinds, boxes = ops.cast(truth[..., 0], "int32"), ops.cast(truth[..., 1:], "float32") * side
    # A box without area would have no IoU: its gradient is no number, however little it counts.
    boxes = ops.where(kinds[..., None] >= 0, boxes, np.array([0, 0, side, side], np.float32))
    found = corners_of(sides, centres, strides)
    scores = ops.stop_gradient(ops.sigmoid(logits))
    wanted, which, weight = assign(ops.stop_gradient(found), scores, kinds, boxes, centres, strides)
    total = ops.maximum(ops.sum(weight), 1.0)
    classes = ops.sum(ops.binary_crossentropy(wanted, logits, from_logits=True)) / total
    box = ops.take_along_axis(boxes, which[..., None], axis=1)
    apart = ops.sum((1 - _ciou(box, found)) * weight) / total
    bins = ops.sum(_between_bins(sides, box, centres, strides) * weight) / total
    return _SIDES * apart + _CLASSES * classes + _BINS * bins


def assign(
    found: Any, scores: Any, kinds: Any, boxes: Any, centres: np.ndarray, strides: np.ndarray
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Which places answer for which box.

    Args:
        found: (batch, places, 4) the corners that each place answers. scores: (batch, places, classes) from 0 to 1.
        kinds, boxes: (batch, boxes) and (batch, boxes, 4), the truth; a kind below 0 is no box.

    Returns:
        The scores that places should have (batch, places, classes), which box each answers for (batch, places) int32,
        and how much it counts (batch, places), 0 where it answers for none.
    """
    import keras
    from keras import ops

    there = ops.cast(kinds >= 0, "float32")[..., None]
    kinds = ops.maximum(kinds, 0)
    overlaps = ops.maximum(keras.utils.bounding_boxes.compute_iou(boxes, found, "xyxy"), 0.0)
    of_kind = ops.take_along_axis(ops.transpose(scores, (0, 2, 1)), kinds[..., None], axis=1)
    aligned = of_kind**_BY_SCORE * overlaps**_BY_OVERLAP
    may = _near(boxes, centres, strides) * there
    # A place that answers for nothing yet still has a chance where it is near.
    ranked = (aligned + _TINY) * may
    least = ops.top_k(ranked, min(_BEST, len(centres)))[0][..., -1:]
    chosen = ops.cast(ranked >= ops.maximum(least, _TINY / 2), "float32") * may
    # A place among several boxes answers for the one that it overlaps most.
    best = ops.argmax(chosen * (overlaps + _TINY), axis=1)
    chosen = chosen * ops.transpose(ops.one_hot(best, ops.shape(boxes)[1]), (0, 2, 1))
    aligned = aligned * chosen
    highest = ops.max(aligned, axis=2, keepdims=True)
    reached = ops.max(overlaps * chosen, axis=2, keepdims=True)
    each = aligned / (highest + _TINY) * reached  # the best aligned place of a box should be as sure as it overlaps
    weight = ops.max(each, axis=1)
    kind = ops.take_along_axis(kinds, best, axis=1)
    wanted = ops.one_hot(kind, scores.shape[-1]) * weight[..., None]
    return ops.stop_gradient(wanted), ops.cast(best, "int32"), ops.stop_gradient(weight)


def _near(boxes: Any, centres: np.ndarray, strides: np.ndarray) -> Any:
    """Which places lie in which boxes, (batch, boxes, places); around one smaller than a stride, the nearest."""
    from keras import ops

    middle = (boxes[..., :2] + boxes[..., 2:]) / 2
    half = ops.maximum((boxes[..., 2:] - boxes[..., :2])[:, :, None, :] / 2, 0.75 * strides[:, None])
    return ops.cast(ops.all(ops.abs(centres - middle[:, :, None, :]) < half, axis=-1), "float32")


def _ciou(truth: Any, found: Any) -> Any:
    import keras

    return keras.utils.bounding_boxes.compute_ciou(truth, found, "xyxy")


def _between_bins(sides: Any, box: Any, centres: np.ndarray, strides: np.ndarray) -> Any:
    """Cross-entropy with the two bins beside each true distance, the mean of the four sides, (batch, places)."""
    from keras import ops

    away = ops.concatenate([centres - box[..., :2], box[..., 2:] - centres], axis=-1) / strides[:, None]
    away = ops.clip(away, 0.0, BINS - 1.01)
    lower = ops.floor(away)
    share = away - lower
    logs = ops.log_softmax(ops.reshape(sides, (*ops.shape(sides)[:-1], 4, BINS)), axis=-1)
    lower = ops.cast(lower, "int32")[..., None]
    near = ops.take_along_axis(logs, lower, axis=-1)[..., 0], ops.take_along_axis(logs, lower + 1, axis=-1)[..., 0]
    return -ops.mean(near[0] * (1 - share) + near[1] * share, axis=-1)
