"""Words and numbers as the terminal and the page both show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sora_keras.evaluation.results import ClassScore, Score

if TYPE_CHECKING:
    from sora_keras.evaluation.report import Report

_TITLES = {"f1": "F1", "roc_auc": "ROC-AUC", "pr_auc": "PR-AUC", "brier": "Brier score"}


def score_title(score: Score) -> str:
    """The score's name for a reader; an arrow marks that lower is better."""
    title = _TITLES.get(score.name, score.name.replace("_", " "))
    return f"{title} ↓" if score.lower_is_better else title


def number(value: float | None) -> str:
    """Three decimals, or a dash for what is undefined."""
    return "–" if value is None else f"{value:.3f}"


def percent(share: float) -> str:
    """A share, such as 0.5, as `50 %`."""
    return f"{share:.0%}".replace("%", " %")


def subtitle(report: Report) -> str:
    """How much was scored, in one line."""
    things = "labels" if report.kind == "multilabel" else "classes"
    rows = "row" if report.rows == 1 else "rows"
    return f"{report.rows:,} {rows}, {len(report.classes):,} {things}"


def shown_classes(per_class: tuple[ClassScore, ...], most: int) -> tuple[list[ClassScore], int]:
    """The classes to list, in their own order or, where not all fit, the weakest; how many are left out."""
    if len(per_class) <= most:
        return list(per_class), 0
    weakest = sorted(per_class, key=lambda score: (score.support == 0, score.f1 or 0.0))[:most]
    return weakest, len(per_class) - most
