"""What the figure scripts share: their command line and their one JSON line."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any


def figure_options(*names: str) -> argparse.Namespace:
    """Reads `--data`, `--seed`, `--calls`, `--quick` and the further named options."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--quick", action="store_true")
    for name in names:
        parser.add_argument(f"--{name}")
    return parser.parse_args()


def first_fold(options: argparse.Namespace) -> dict[str, Any]:
    """Returns the first fold of the splits file."""
    return json.loads(options.data.read_text(encoding="utf-8"))["folds"][0]


def print_figures(**figures: Any) -> None:
    """Prints the figures as the last line of the output."""
    sys.stdout.flush()
    print("\n" + json.dumps(figures), flush=True)
