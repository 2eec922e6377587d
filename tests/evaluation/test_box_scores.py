"""Scores of boxes are those of the COCO evaluator, and intervals are made of the same matches."""

from __future__ import annotations

import contextlib
import io
import sys
from dataclasses import astuple
from typing import Any

import numpy as np
import pytest

from sora_keras.data.boxes import Boxes, make_boxes
from sora_keras.errors import MissingExtraError
from sora_keras.evaluation.box_scores import Found, average_precision, intervals, most_counted, score_boxes

CLASSES = ["cat", "dog", "owl"]


def made(pictures: int = 30, seed: int = 0, noise: float = 4.0, strays: int = 2) -> tuple[list[Boxes], list[Found]]:
    """Boxes, and answers that are near them, some confused, some missed, some of nothing."""
    random = np.random.default_rng(seed)
    truth, found = [], []
    for _ in range(pictures):
        count = int(random.integers(0, 5))
        begin, extent = random.uniform(0, 200, (count, 2)), random.choice([12, 50, 130], (count, 1))
        corners = np.concatenate([begin, begin + extent * random.uniform(0.8, 1.2, (count, 2))], axis=1)
        labels = random.choice(CLASSES[:2], count)
        truth.append(make_boxes(corners, labels, random.random(count) < 0.1))
        told = random.random(count) < 0.8
        near = corners[told] + random.normal(0, noise, (told.sum(), 4))
        kinds = np.where(random.random(told.sum()) < 0.8, labels[told], "dog")
        stray = int(random.integers(0, strays + 1))
        begin = random.uniform(0, 200, (stray, 2))
        corners = np.concatenate([near, np.concatenate([begin, begin + 40], axis=1)])
        kinds = np.concatenate([kinds, random.choice(CLASSES[:2], stray)]).astype(object)
        found.append(Found(corners, np.round(random.random(len(kinds)), 2), kinds))
    return truth, found


def extent(corners: np.ndarray) -> dict[str, Any]:
    left, top, right, bottom = (float(value) for value in corners)
    return {"bbox": [left, top, right - left, bottom - top], "area": (right - left) * (bottom - top)}


def by_hand(truth: list[Boxes], found: list[Found]) -> np.ndarray:
    """The evaluator's twelve numbers, fed directly."""
    coco, cocoeval = pytest.importorskip("pycocotools.coco"), pytest.importorskip("pycocotools.cocoeval")
    categories = [{"id": place, "name": name} for place, name in enumerate(CLASSES)]
    annotations, results = [], []
    for place, (there, told) in enumerate(zip(truth, found, strict=True)):
        for corners, label, crowd in zip(there.corners, there.labels, there.crowd, strict=True):
            number = {"image_id": place, "category_id": CLASSES.index(label), "id": len(annotations) + 1}
            annotations.append({**number, "iscrowd": int(crowd), **extent(corners)})
        for corners, score, label in zip(told.corners, told.scores, told.labels, strict=True):
            number = {"image_id": place, "category_id": CLASSES.index(label)}
            results.append({**number, "score": score, "bbox": extent(corners)["bbox"]})
    images = [{"id": place} for place in range(len(truth))]
    content = {"images": images, "categories": categories, "annotations": annotations}
    with contextlib.redirect_stdout(io.StringIO()):
        given = coco.COCO()
        given.dataset = content
        given.createIndex()
        evaluation = cocoeval.COCOeval(given, given.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation.stats


@pytest.mark.parametrize(("seed", "strays"), [(0, 2), (1, 2), (2, 2), (3, 600)])
def test_scores_are_the_evaluators(seed: int, strays: int) -> None:
    truth, found = made(seed=seed, strays=strays)
    stats, scores = by_hand(truth, found), score_boxes(truth, found, CLASSES).scores
    names = ("map", "ap50", "ap75", "map_small", "map_medium", "map_large")
    assert [scores[name] for name in names] == stats[:6].tolist()
    assert scores["recall"] == stats[8]


def test_average_precision_of_the_matches_is_that_of_the_evaluator() -> None:
    scored = score_boxes(*made(60), CLASSES)
    for place, name in enumerate(CLASSES[:2]):
        ours = average_precision(scored.matches[place], np.ones((60, 1)))[:, 0]
        assert ours == pytest.approx(scored.precision[:, :, place].mean(axis=1), abs=1e-9)
        assert ours.mean() == pytest.approx(scored.by_class[name]["map"])
    assert np.isnan(average_precision(scored.matches[2], np.ones((60, 1)))).all()
    assert np.isnan(scored.by_class["owl"]["map"])


def test_a_picture_drawn_twice_counts_twice() -> None:
    truth, found = made(12)
    counts = np.random.default_rng(0).integers(0, 3, 12)
    rows = np.repeat(np.arange(12), counts)
    scored = score_boxes(truth, found, CLASSES)
    again = score_boxes([truth[row] for row in rows], [found[row] for row in rows], CLASSES)
    for one, other in zip(scored.matches[:2], again.matches[:2], strict=True):
        ours = average_precision(one, counts[:, None].astype(float))
        assert np.allclose(ours, average_precision(other, np.ones((len(rows), 1))), atol=0.02)


def test_intervals_hold_the_score_and_shrink_with_more_pictures() -> None:
    few, many = (score_boxes(*made(pictures), CLASSES) for pictures in (30, 300))
    for scored in (few, many):
        for name, (low, high) in intervals(scored).items():
            assert low <= scored.scores[name] <= high
    width = [high - low for low, high in (intervals(few)["map"], intervals(many)["map"])]
    assert width[1] < 0.6 * width[0]


def test_nothing_found_is_zero_and_all_found_is_one() -> None:
    truth, _ = made()
    none = [Found(np.zeros((0, 4)), np.zeros(0), np.zeros(0, object)) for _ in truth]
    assert score_boxes(truth, none, CLASSES).scores["map"] == 0
    whole = [Found(one.corners, np.ones(one.count), one.labels) for one in truth]
    assert score_boxes(truth, whole, CLASSES).scores["map"] == pytest.approx(1)


def test_without_the_evaluator_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycocotools.coco", None)
    with pytest.raises(MissingExtraError, match=r"sora-keras\[detect\]"):
        score_boxes(*made(2), CLASSES)


def test_where_a_picture_has_more_than_a_hundred_boxes_more_are_counted() -> None:
    pytest.importorskip("pycocotools")
    begin = np.stack(np.meshgrid(np.arange(15), np.arange(10)), axis=-1).reshape(-1, 2) * 20.0
    boxes = make_boxes(np.concatenate([begin, begin + 12], axis=1), ["cat"] * 150)
    # Every other answer is wrong, so that all boxes are among the 300 surest, not among the 150.
    wrong = Found(boxes.corners + 500, np.linspace(0.95, 0.05, 150), boxes.labels)
    right = Found(boxes.corners, np.linspace(1, 0.1, 150), boxes.labels)
    told = Found(*(np.concatenate([a, b]) for a, b in zip(astuple(wrong), astuple(right), strict=True)))
    assert most_counted([boxes]) == 450
    assert most_counted([boxes.take(slice(0, 100))]) == 100
    assert most_counted([boxes.take(slice(0, 9))]) == 100
    scores = score_boxes([boxes], [told], ["cat"]).scores
    assert scores["recall"] == pytest.approx(1.0)
    assert scores["ap50"] > 0.5  # of the 150 surest alone about half of that, since half of the boxes would be missed
