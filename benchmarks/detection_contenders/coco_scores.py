"""The scores of COCO's evaluator for what a detector found: `pycocotools`, called directly.

Every mAP of this benchmark is computed here. It runs as a script, in a process of its own, so that what the evaluator
needs does not count as the detector's memory: `python coco_scores.py truth.coco.json found.npy`.
"""

import argparse
import contextlib
import copy
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

# What was found in a picture: corners (boxes, 4) left, top, right, bottom in pixels; scores and class names (boxes,).
Found = tuple[np.ndarray, np.ndarray, Sequence[str]]
MOST, CROWDED, RESAMPLES = 100, 3, 200
AREAS = {"map_small": 1, "map_medium": 2, "map_large": 3}
HALF, THREE_QUARTERS = 0, 5  # among the overlaps 0.50, 0.55, … 0.95


def coco_scores(truth: Path, found: Sequence[Found]) -> dict[str, Any]:
    """Returns `map`, `ap50`, `ap75`, each with its 95 % interval over pictures, `map_small` and the like, and
    `average_recall`.

    Args:
        truth: a COCO file. found: for each of its pictures; of each the surest `MOST` of a class count, or
            `CROWDED` times as many as there are in the fullest picture, where that has more boxes than `MOST`.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "found.npy"
        np.save(file, result_rows(truth, found))
        done = subprocess.run(
            [sys.executable, __file__, str(truth), str(file)], check=True, stdout=subprocess.PIPE, text=True
        )
    return json.loads(done.stdout)


def result_rows(truth: Path, found: Sequence[Found]) -> np.ndarray:
    """Returns what was found as COCO's evaluator takes it: (boxes, 7) image, left, top, width, height, score, class."""
    content = json.loads(truth.read_text(encoding="utf-8"))
    numbers = {one["name"]: one["id"] for one in content["categories"]}
    rows = []
    for image, (corners, scores, names) in zip(content["images"], found, strict=True):
        for (left, top, right, bottom), score, name in zip(corners, scores, names, strict=True):
            width, height = float(right) - float(left), float(bottom) - float(top)
            rows.append((image["id"], left, top, width, height, score, numbers[str(name)]))
    return np.array(rows, np.float64).reshape(-1, 7)


def main() -> None:
    """Evaluates, and prints one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("truth", type=Path)
    parser.add_argument("found", type=Path)
    options = parser.parse_args()
    with contextlib.redirect_stdout(io.StringIO()):  # it says how far it is
        figures = evaluated(options.truth, np.load(options.found))
    print(json.dumps(figures))


def evaluated(truth: Path, rows: np.ndarray) -> dict[str, Any]:
    """Returns the figures; None where there is no box of that size."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    there = COCO(str(truth))
    fullest = max(map(len, there.imgToAnns.values()))
    most = MOST if fullest <= MOST else CROWDED * fullest
    answered = there.loadRes(rows) if len(rows) else COCO()  # it takes no empty answer
    evaluation = COCOeval(there, answered, "bbox")
    evaluation.params.maxDets = [1, 10, most]
    evaluation.evaluate()
    evaluation.accumulate()
    # (overlaps, recalls, classes, areas), and without recalls.
    precision, recall = evaluation.eval["precision"][..., -1], evaluation.eval["recall"][..., -1]
    figures = {**main_scores(precision[..., 0]), "average_recall": mean(recall[..., 0])}
    figures |= {name: mean(precision[..., area]) for name, area in AREAS.items()}
    drawn = resampled(evaluation)
    for name in drawn[0]:
        low, high = np.percentile([one[name] for one in drawn], [2.5, 97.5])
        figures |= {f"{name}_low": float(low), f"{name}_high": float(high)}
    return {**figures, "test_rows": len(there.imgs), "test_boxes": len(there.anns), "most": most}


def resampled(evaluation: Any) -> list[dict[str, Any]]:
    """Returns the main scores on pictures drawn again with replacement; boxes are matched within a picture alone."""
    parameters = copy.deepcopy(evaluation.params)
    areas, pictures = len(parameters.areaRng), len(parameters.imgIds)
    parameters.areaRng, parameters.maxDets = parameters.areaRng[:1], parameters.maxDets[-1:]
    matched, random, drawn = evaluation.evalImgs, np.random.default_rng(0), []
    for _ in range(RESAMPLES if pictures > 1 else 1):
        draw = random.integers(0, pictures, pictures)
        evaluation.evalImgs = list(matched)
        for begin in range(0, len(matched), areas * pictures):
            evaluation.evalImgs[begin : begin + pictures] = [matched[begin + place] for place in draw]
        evaluation.accumulate(parameters)
        drawn.append(main_scores(evaluation.eval["precision"][..., 0, 0]))
    return drawn


def main_scores(precision: np.ndarray) -> dict[str, Any]:
    """Returns the scores over all sizes of a precision (overlaps, recalls, classes)."""
    return {"map": mean(precision), "ap50": mean(precision[HALF]), "ap75": mean(precision[THREE_QUARTERS])}


def mean(values: np.ndarray) -> float | None:
    """Returns the mean over what there is; the evaluator has -1 for what there is not."""
    known = values[values > -1]
    return float(known.mean()) if known.size else None


if __name__ == "__main__":
    main()
