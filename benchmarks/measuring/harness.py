"""Measures one contender in this process and prints one JSON line.

Every contender goes through `measure`, so that all are timed in the same way. Nothing but the
standard library is imported before the clock of the imports starts.
"""

import argparse
import importlib
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from measures import peak_memory_mb, percentile_milliseconds, time_calls, versions

Part = dict[str, Any]
BULK_PASSES, BULK_SECONDS = 3, 30.0
BOOTSTRAP_RESAMPLES = 2_000


class Contender(Protocol):
    """What a contender supplies; texts, users and labels are `str`, pictures arrays."""

    settings: dict[str, Any]

    def fit(self, train: Part, validation: Part | None) -> None:
        """Trains afresh, from raw items to a model that answers."""

    def predict(self, items: Any) -> Sequence[Any]:
        """Returns a label a text, or ten ids a user, by the library's own way for many rows."""

    def answer(self, item: Any) -> object:
        """Answers one item, by the library's own way for one row."""

    def save(self, folder: Path) -> None:
        """Writes all that a reload needs into the empty `folder`."""


def read_folds(path: Path) -> list[dict[str, Any]]:
    """Returns the folds of a splits file in JSON."""
    return json.loads(path.read_text(encoding="utf-8"))["folds"]


def items_of(part: dict[str, Any]) -> Any:
    """Returns what a part holds beside its labels: texts, pictures or users."""
    return next(part[kind] for kind in ("text", "picture", "user") if kind in part)


def measure(
    make: Callable[[argparse.Namespace], Contender],
    imports: Sequence[str],
    packages: Sequence[str],
    arguments: Sequence[str] = (),
    read: Callable[[Path], list[dict[str, Any]]] = read_folds,
    train_and_score: Callable[[Contender, list[dict[str, Any]]], dict[str, Any]] | None = None,
) -> None:
    """Imports, trains, scores and times a contender, and prints the figures.

    Args:
        make: builds the contender from the command line.
        imports: the modules it needs, imported before training and timed apart.
        packages: the distributions whose versions are recorded.
        arguments: names of further command-line options that `make` reads.
        read: gives the folds behind `--data`, each with the parts `train`, `validation` and `test`.
        train_and_score: trains on every fold and returns the figures; by default they are of accuracy.
    """
    options = _options(arguments)
    started = time.perf_counter()
    for module in imports:
        importlib.import_module(module)
    import_seconds = time.perf_counter() - started
    folds = read(options.data)
    contender = make(options)
    figures = (train_and_score or _train_and_score)(contender, folds)
    test = items_of(folds[-1]["test"])
    figures |= _bulk(contender, test) | _one_row(contender, test, options.calls)
    figures |= {"peak_memory_mb": peak_memory_mb(), "import_seconds": import_seconds}
    figures |= _size(contender)
    figures |= {"settings": contender.settings, "versions": versions(packages)}
    sys.stdout.flush()
    print("\n" + json.dumps(figures), flush=True)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    for name in arguments:
        parser.add_argument(f"--{name}")
    return parser.parse_args()


def clock() -> tuple[float, float]:
    """Returns the time now, and the processor time so far of this process and its children."""
    times = os.times()
    cpu = times.user + times.system + times.children_user + times.children_system
    return time.perf_counter(), cpu


def _train_and_score(contender: Contender, folds: list[dict[str, Any]]) -> dict[str, Any]:
    wall, cpu = [], []
    outcomes: dict[int, list[bool]] = defaultdict(list)
    for fold in folds:
        before = clock()
        contender.fit(fold["train"], fold["validation"])
        after = clock()
        wall.append(after[0] - before[0])
        cpu.append(after[1] - before[1])
        test = fold["test"]
        answers = contender.predict(items_of(test))
        for row, answer, label in zip(test["row"], answers, test["label"], strict=True):
            outcomes[row].append(str(answer) == label)
    figures = _accuracy([sum(outcome) / len(outcome) for outcome in outcomes.values()])
    figures |= {"train_seconds": _mean(wall), "train_cpu_seconds": _mean(cpu)}
    return figures | {"folds": len(folds), "train_rows": len(folds[0]["train"]["label"])}


def _accuracy(correct: list[float]) -> dict[str, Any]:
    import numpy as np

    random = np.random.default_rng(0)
    values = np.array(correct)
    means = [random.choice(values, len(values)).mean() for _ in range(BOOTSTRAP_RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return {
        "accuracy": float(values.mean()),
        "accuracy_low": float(low),
        "accuracy_high": float(high),
        "test_rows": len(values),
    }


def _bulk(contender: Contender, items: Any) -> dict[str, float]:
    # The pass that gave the accuracy was the warm-up.
    seconds: list[float] = []
    while len(seconds) < BULK_PASSES and sum(seconds) < BULK_SECONDS:
        started = time.perf_counter()
        contender.predict(items)
        seconds.append(time.perf_counter() - started)
    return {"bulk_rows_per_second": len(items) / sorted(seconds)[len(seconds) // 2]}


def _one_row(contender: Contender, items: Any, calls: int) -> dict[str, float]:
    seconds = time_calls(contender.answer, items, calls)
    return {
        "p50_ms": percentile_milliseconds(seconds, 50),
        "p99_ms": percentile_milliseconds(seconds, 99),
        "calls": len(seconds),
    }


def _size(contender: Contender) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        contender.save(Path(folder))
        seconds = time.perf_counter() - started
        files = [file for file in Path(folder).rglob("*") if file.is_file()]
        size = sum(file.stat().st_size for file in files)
    return {"disk_mb": size / 2**20, "save_seconds": seconds}


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
