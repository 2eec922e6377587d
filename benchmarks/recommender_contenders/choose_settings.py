"""Tries a contender's grid of settings on a validation cut of the training rows, and prints the NDCG@10 of each.

The training rows are cut as the whole log was cut into training and test rows, by the same protocol. No test row is
read.
"""

import argparse
import importlib
import json
import tempfile
import time
from pathlib import Path

from figure import figure_options, print_figures
from make_data import write
from ranking import ranking_figures
from splits import HELD_OUT, read_rows

MODULES = {
    "als": ("implicit_models", "ImplicitModel"),
    "bpr": ("implicit_models", "ImplicitModel"),
    "warp": ("lightfm_warp", "LightFmWarp"),
    "BPR": ("recbole_models", "RecBoleModel"),
    "SASRec": ("recbole_models", "RecBoleModel"),
}


def main() -> None:
    """Cuts, tries one after another, and names the best."""
    options = figure_options("model", "limit")
    files = json.loads(options.data.read_text(encoding="utf-8"))
    name, kind = MODULES[options.model]
    module = importlib.import_module(name)
    grid = module.GRID[options.model] if isinstance(module.GRID, dict) else module.GRID
    tried = {}
    with tempfile.TemporaryDirectory() as folder:
        rows = read_rows(Path(files["train"]))
        held_out = HELD_OUT[files["protocol"]](rows, options.seed)
        train, test = write(rows, held_out, Path(folder))
        for settings in grid[:2] if options.quick else grid:
            text = json.dumps(settings)
            began = time.perf_counter()
            tried[text] = ndcg(getattr(module, kind), train, test, argparse.Namespace(**vars(options), settings=text))
            print(f"{text}: {tried[text]:.4f}, {time.perf_counter() - began:.0f} s", flush=True)
    print_figures(best=max(tried, key=tried.get), validation_rows=int(held_out.sum()), ndcg=tried)


def ndcg(make: type, train: Path, test: Path, options: argparse.Namespace) -> float:
    """Trains on the rows that are left and scores the others."""
    contender = make(options)
    contender.fit({"file": train}, None)
    asked = json.loads(test.read_text(encoding="utf-8"))
    return ranking_figures(contender.predict(asked["user"]), asked["relevant"])["ndcg"]


if __name__ == "__main__":
    main()
