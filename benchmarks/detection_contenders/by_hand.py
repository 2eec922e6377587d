"""`det.evaluate` beside COCO's evaluator fed by hand: the largest difference of their figures.

What `predict` finds is written out by the loop of `coco_scores.py`, which uses nothing of this package.
"""

import json
import math
from pathlib import Path

from coco_scores import coco_scores
from detecting import QUICK_LIMIT, THRESHOLD, picture_paths
from figure import figure_options, print_figures

LIMIT = 60.0
FIGURES = ("map", "ap50", "ap75", "map_small", "map_medium", "map_large", "average_recall")


def main() -> None:
    """Trains for a minute and scores the test pictures in both ways."""
    import sora_keras as sora

    options = figure_options()
    files = {part: Path(file) for part, file in json.loads(options.data.read_text(encoding="utf-8")).items()}
    limit = QUICK_LIMIT if options.quick else LIMIT
    detector = sora.ObjectDetector(time_limit=limit, seed=options.seed, verbose=False).fit(files["train"])
    report = detector.evaluate(files["test"])
    found = detector.predict(picture_paths(files["test"]), threshold=THRESHOLD)
    fed = coco_scores(files["test"], [(one.corners, one.scores, one.labels) for one in found])
    ours = {name: float(report[name]) for name in FIGURES}
    print_figures(
        largest_difference=max(difference(ours[name], fed[name]) for name in FIGURES),
        ours={name: figure for name, figure in ours.items() if math.isfinite(figure)},
        fed_by_hand={name: fed[name] for name in FIGURES if fed[name] is not None},
        pictures=fed["test_rows"],
        boxes=fed["test_boxes"],
    )


def difference(one: float, other: float | None) -> float:
    """Returns how far two figures are apart; they agree where neither has a box to score."""
    if other is None:
        return 0.0 if math.isnan(one) else math.inf
    return abs(one - other)


if __name__ == "__main__":
    main()
