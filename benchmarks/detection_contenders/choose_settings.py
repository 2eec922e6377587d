"""Tries a contender's grid of settings on a validation cut of the training pictures, and prints the mAP of each.

A tenth of the training pictures is held out. No test picture is read.
"""

import argparse
import importlib
import json
import tempfile
import time
from pathlib import Path

import numpy as np
from coco_scores import coco_scores
from detecting import read_pictures
from figure import figure_options, print_figures

MODULES = {
    "retinanet": ("keras_retinanet", "KerasRetinaNet"),
    "yolo": ("ultralytics_yolo", "UltralyticsYolo"),
}
SHARE = 0.1


def main() -> None:
    """Cuts, tries one after another, and names the best."""
    options = figure_options("model", "limit")
    name, kind = MODULES[options.model]
    module = importlib.import_module(name)
    tried = {}
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(json.loads(options.data.read_text(encoding="utf-8"))["train"])
        train, held_out = cut(whole, Path(folder), options.seed)
        for settings in module.GRID[:2] if options.quick else module.GRID:
            text = json.dumps(settings)
            began = time.perf_counter()
            contender = getattr(module, kind)(argparse.Namespace(**vars(options), settings=text))
            contender.fit({"file": train}, None)
            tried[text] = coco_scores(held_out, contender.predict(read_pictures(held_out)))["map"]
            print(f"{text}: {tried[text]:.4f}, {time.perf_counter() - began:.0f} s", flush=True)
    print_figures(best=max(tried, key=tried.get), map=tried)


def cut(file: Path, folder: Path, seed: int) -> tuple[Path, Path]:
    """Writes the COCO files of the pictures that are left to train, and of those held out."""
    content = json.loads(file.read_text(encoding="utf-8"))
    images = content["images"]
    drawn = np.random.default_rng(seed).permutation(len(images))[: round(SHARE * len(images))]
    held_out = {images[place]["id"] for place in drawn}
    written = []
    for part in ("train", "held-out"):
        wanted = [one for one in images if (one["id"] in held_out) == (part == "held-out")]
        ids = {one["id"] for one in wanted}
        some = {
            **content,
            "images": [{**one, "file_name": str(file.parent / one["file_name"])} for one in wanted],
            "annotations": [one for one in content["annotations"] if one["image_id"] in ids],
        }
        written.append(folder / f"{part}.coco.json")
        written[-1].write_text(json.dumps(some), encoding="utf-8")
    return written[0], written[1]


if __name__ == "__main__":
    main()
