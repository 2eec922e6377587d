"""How well boxes were found, by the evaluator of COCO, and how surely over pictures."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sora_keras.data.boxes import Boxes
from sora_keras.errors import require
from sora_keras.evaluation.bootstrap import Interval, percentile_interval, resample_counts

SIZES = ("small", "medium", "large")  # less than 32² pixels, less than 96², and more
_AREAS = {"all": 0, **{name: 1 + place for place, name in enumerate(SIZES)}}
RECALLS = np.linspace(0, 1, 101)
HALF, THREE_QUARTERS = 0, 5  # among the overlaps 0.50, 0.55, … 0.95
_HELD = 4_000_000  # numbers at once: about 50 MB
_MOST = 2  # the last of the evaluator's 1, 10 and 100 detections of a class and picture
_USUAL, _CROWDED = 100, 3  # how many that is; and for how many times as many as the fullest picture has, if it has more


@dataclass(frozen=True)
class Found:
    """What a detector answers for one picture: (boxes, 4) corners in pixels, (boxes,) scores and labels."""

    corners: np.ndarray
    scores: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True, eq=False)
class BoxScores:
    """What the evaluator says.

    scores: `map` (the mean over the overlaps 0.50 to 0.95 and the classes), `ap50`, `ap75`, `map_small`, `map_medium`,
    `map_large`, `recall` (the mean, of as many boxes as `most_counted` says); NaN where there is no such box. by_class:
    of each class `map`, `ap50` and how many there are. precision: (overlaps, 101, classes) at the recalls 0, 0.01, …
    1; -1 where a class has no box. matches: of each class what `intervals` needs.
    """

    scores: dict[str, float]
    by_class: dict[str, dict[str, float]]
    precision: np.ndarray
    matches: tuple[ClassMatches, ...]
    pictures: int


@dataclass(frozen=True, eq=False)
class ClassMatches:
    """One class: of its detections in order of their scores the score and picture (found,), whether each was right at
    each overlap (overlaps, found), and whether it counts at all; and how many there are in each picture (pictures,)."""

    scores: np.ndarray
    picture: np.ndarray
    right: np.ndarray
    counts: np.ndarray
    there: np.ndarray


def score_boxes(truth: Sequence[Boxes], found: Sequence[Found], classes: Sequence[str]) -> BoxScores:
    """Compare what was found with what is there, picture by picture.

    Args:
        truth, found: one each of every picture. classes: the names that count.

    Raises:
        MissingExtraError: the package `pycocotools` is not installed.
    """
    evaluation = _evaluated(truth, found, classes)
    precision = evaluation.eval["precision"]  # overlaps, recalls, classes, areas, most
    recall = evaluation.eval["recall"]
    every = precision[..., _MOST]
    scores = {
        "map": _mean(every[..., 0]), "ap50": _mean(every[HALF, ..., 0]), "ap75": _mean(every[THREE_QUARTERS, ..., 0]),
        **{f"map_{name}": _mean(every[..., _AREAS[name]]) for name in SIZES},
        "recall": _mean(recall[:, :, 0, _MOST]),
    }  # fmt: skip
    by_class = {}
    for place, name in enumerate(classes):
        count = sum(int(((one.labels == name) & ~one.crowd).sum()) for one in truth)
        own = every[:, :, place, 0]
        by_class[name] = {"map": _mean(own), "ap50": _mean(own[HALF]), "count": float(count)}
    matches = tuple(_matches(evaluation, place, len(truth)) for place in range(len(classes)))
    return BoxScores(scores, by_class, every[..., 0], matches, len(truth))


def most_counted(truth: Sequence[Boxes]) -> int:
    """How many found boxes of a class and picture count: COCO's 100, or, where a picture has more boxes, three times
    as many as the fullest has: a limit that binds would take the end of the ranking from its average precision (Dave et
    al., 2021)."""
    fullest = max((int((~one.crowd).sum()) for one in truth), default=0)
    return _USUAL if fullest <= _USUAL else _CROWDED * fullest


def intervals(scored: BoxScores, *, resamples: int = 200, seed: int = 0) -> dict[str, Interval]:
    """The 95 % intervals of `map`, `ap50` and `ap75` over pictures drawn again with replacement.

    (None, None) for a single picture, or where too few resamples have a box.
    """
    drawn: dict[str, list[np.ndarray]] = {"map": [], "ap50": [], "ap75": []}
    if scored.pictures < 2:
        return dict.fromkeys(drawn, (None, None))
    for counts in resample_counts(scored.pictures, resamples, seed):
        each = np.stack([average_precision(one, counts) for one in scored.matches])  # classes, overlaps, resamples
        drawn["map"].append(_mean_of_known(each.mean(axis=1)))
        drawn["ap50"].append(_mean_of_known(each[:, HALF]))
        drawn["ap75"].append(_mean_of_known(each[:, THREE_QUARTERS]))
    return {name: percentile_interval(np.concatenate(some)) for name, some in drawn.items()}


def average_precision(one: ClassMatches, counts: np.ndarray) -> np.ndarray:
    """The average precision of a class, (overlaps, resamples); NaN where a resample has no box of it.

    Args:
        counts: (pictures, resamples) how often each picture is in each resample; ones for the score itself.
    """
    step = max(1, _HELD // max(1, len(one.picture)))
    parts = [_precision_of(one, counts[:, begin : begin + step]) for begin in range(0, counts.shape[1], step)]
    return np.concatenate(parts, axis=1)


def _precision_of(one: ClassMatches, counts: np.ndarray) -> np.ndarray:
    there, weights = one.there @ counts, counts[one.picture]
    result = np.full((len(one.right), counts.shape[1]), np.nan)
    counted = answered = np.zeros(0)
    for overlap, (right, now_counted) in enumerate(zip(one.right, one.counts, strict=True)):
        if not overlap or (now_counted != counted).any():
            counted, answered = now_counted, np.cumsum(weights * now_counted[:, None], axis=0)
        # Between two hits precision only falls, so that they alone tell its largest value from a recall on.
        places = np.flatnonzero(right & counted)
        hits = np.cumsum(weights[places], axis=0, dtype=np.float64)
        precision = hits / np.maximum(answered[places], 1e-12)
        precision = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
        for draw in np.flatnonzero(there > 0):
            first = np.searchsorted(hits[:, draw] / there[draw], RECALLS, side="left")
            result[overlap, draw] = precision[first[first < len(hits)], draw].sum() / len(RECALLS)
    return result


def _evaluated(truth: Sequence[Boxes], found: Sequence[Found], classes: Sequence[str]) -> Any:
    coco: Any = require("pycocotools.coco", "detect")
    evaluator: Any = require("pycocotools.cocoeval", "detect")
    number = {name: 1 + place for place, name in enumerate(classes)}
    annotations: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    most = most_counted(truth)
    for image, (there, told) in enumerate(zip(truth, found, strict=True)):
        for corners, label, crowd in zip(there.corners, there.labels, there.crowd, strict=True):
            if label in number:
                entry = {"image_id": image, "category_id": number[label], "iscrowd": int(crowd)}
                annotations.append({**entry, "id": 1 + len(annotations), **_extent(corners)})
        for place in _surest(told, most):
            corners, score, label = told.corners[place], told.scores[place], told.labels[place]
            if label in number:
                entry = {"image_id": image, "category_id": number[label]}
                results.append(
                    {**entry, "score": float(score), "id": 1 + len(results), "iscrowd": 0, **_extent(corners)}
                )
    content = {
        "images": [{"id": image} for image in range(len(truth))],
        "categories": [{"id": place, "name": name} for name, place in number.items()],
    }
    with contextlib.redirect_stdout(io.StringIO()):  # it prints how far it is
        given, answered = coco.COCO(), coco.COCO()
        given.dataset, answered.dataset = {**content, "annotations": annotations}, {**content, "annotations": results}
        given.createIndex()
        answered.createIndex()
        evaluation = evaluator.COCOeval(given, answered, "bbox")
        evaluation.params.maxDets = [1, 10, most]
        evaluation.evaluate()
        evaluation.accumulate()
    return evaluation


def _surest(told: Found, most: int) -> np.ndarray:
    """The places of what the evaluator counts: so many of each class, as it chooses them."""
    if len(told.scores) <= most:
        return np.arange(len(told.scores))
    order = np.argsort(-told.scores, kind="stable")
    return np.sort(np.concatenate([order[told.labels[order] == label][:most] for label in np.unique(told.labels)]))


def _extent(corners: np.ndarray) -> dict[str, Any]:
    left, top, right, bottom = (float(value) for value in corners)
    return {"bbox": [left, top, right - left, bottom - top], "area": (right - left) * (bottom - top)}


def _matches(evaluation: Any, kind: int, pictures: int) -> ClassMatches:
    """What the evaluator matched, of all sizes, in order of the scores."""
    parameters = evaluation.params
    begin = kind * len(parameters.areaRng) * pictures
    each = [one for one in evaluation.evalImgs[begin : begin + pictures] if one is not None]
    there = np.zeros(pictures)
    for one in each:
        there[one["image_id"]] = np.count_nonzero(np.asarray(one["gtIgnore"]) == 0)
    overlaps = len(parameters.iouThrs)
    scores = np.concatenate([np.zeros(0), *(one["dtScores"] for one in each)])
    # As the evaluator does: by score, of equal ones the first picture first.
    order = np.argsort(-scores, kind="mergesort")
    picture = np.concatenate([np.zeros(0, int), *(np.full(len(one["dtScores"]), one["image_id"]) for one in each)])
    none = np.zeros((overlaps, 0), bool)
    right = np.concatenate([none, *(np.asarray(one["dtMatches"]) > 0 for one in each)], axis=1)
    ignored = np.concatenate([none, *(np.asarray(one["dtIgnore"], bool) for one in each)], axis=1)
    return ClassMatches(scores[order], picture[order], right[:, order], ~ignored[:, order], there)


def _mean(values: np.ndarray) -> float:
    known = values[values > -1]
    return float(known.mean()) if known.size else float("nan")


def _mean_of_known(values: np.ndarray) -> np.ndarray:
    """Over the classes, which come first, those that have a value; NaN where none has."""
    known = ~np.isnan(values)
    count = known.sum(axis=0)
    return np.where(count > 0, np.where(known, values, 0).sum(axis=0) / np.maximum(count, 1), np.nan)
