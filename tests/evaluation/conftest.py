"""Answers of small simulated classifiers, of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from sora_keras.evaluation import Report, evaluate_classification

CHINESE = ("政治", "经济", "文化", "历史", "科学", "体育", "电影", "音乐", "文学",
           "饮食", "心理", "情感", "问候", "智能", "起源", "八卦", "谎言")  # fmt: skip


def answered(rows: int, classes: int, *, seed: int = 0, noise: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """Classes, and probabilities that favour the right one."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, rows)
    logits = noise * rng.normal(size=(rows, classes))
    logits[np.arange(rows), truth] += 2
    chances = np.exp(logits)
    return truth, chances / chances.sum(axis=1, keepdims=True)


def labelled(rows: int, labels: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """0/1 for several labels, and probabilities that favour the right ones."""
    rng = np.random.default_rng(seed)
    truth = (rng.random((rows, labels)) < 0.3).astype(np.int64)
    return truth, 1 / (1 + np.exp(-(3 * (truth - 0.5) + 1.5 * rng.normal(size=truth.shape))))


def kind_of(truth: np.ndarray, classes: int) -> str:
    if truth.ndim == 2:
        return "multilabel"
    return "binary" if classes == 2 else "multiclass"


def evaluate(truth: np.ndarray, chances: np.ndarray, classes: Sequence[str] | None = None, **settings: Any) -> Report:
    """A report, with what the test does not care for filled in."""
    number = chances.shape[1]
    given: dict[str, Any] = {
        "kind": kind_of(truth, number),
        "show": lambda rows: [f"item {row}" for row in rows],
        "prior": np.full(number, 1 / number),
        "resamples": 200,
    }
    return evaluate_classification(truth, chances, classes or [f"c{i}" for i in range(number)], **given | settings)


@pytest.fixture(scope="session")
def reports() -> dict[str, Report]:
    """One report of every kind; items carry what must never reach a page unescaped."""

    def hostile(rows: np.ndarray) -> list[str]:
        return [f"<script>alert({row})</script> 文" for row in rows]

    names = {
        "binary": ("bad <b>", "good & $x$"),
        "multiclass": CHINESE,
        "multilabel": ("action", "科幻", "[red]drama"),
    }
    data = {"binary": answered(200, 2), "multiclass": answered(150, 17), "multilabel": labelled(120, 3)}
    return {
        kind: evaluate(*data[kind], names[kind], show=hostile, title=f"<i>{kind}</i> 报告", notes=("a note",))
        for kind in names
    }
