"""Words and numbers as the terminal and the page both show them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from sora_keras.evaluation.results import ClassScore, Score

if TYPE_CHECKING:
    from sora_keras.evaluation.report import Report

Named = TypeVar("Named")
# Lists are scored at a length, by a MAP of their own.
_TITLES = {
    "f1": "F1", "roc_auc": "ROC-AUC", "pr_auc": "PR-AUC", "brier": "Brier score",
    "ndcg@": "NDCG@", "mrr@": "MRR@", "map@": "MAP@",
    "map": "mAP", "ap50": "AP50", "ap75": "AP75",
    "map_small": "mAP of small boxes", "map_medium": "mAP of medium boxes", "map_large": "mAP of large boxes",
}  # fmt: skip


def score_title(score: Score) -> str:
    """The score's name for a reader; an arrow marks that lower is better."""
    name, at, k = score.name.partition("@")
    title = _TITLES.get(name + at, name.replace("_", " ") + at) + k
    return f"{title} ↓" if score.lower_is_better else title


def number(value: float | None) -> str:
    """Three decimals, or a dash for what is undefined."""
    return "–" if value is None else f"{value:.3f}"


def signed(value: float | None) -> str:
    """Three decimals and the sign, for a difference."""
    return "–" if value is None else f"{value:+.3f}".replace("-", "−")


def interval(score: Score) -> str:
    """From where to where the score may lie, or a dash."""
    return "–" if score.low is None else f"{number(score.low)} – {number(score.high)}"


def signed_interval(score: Score) -> str:
    """As `interval`, for a difference, whose signs leave no room for a dash."""
    return "–" if score.low is None else f"{signed(score.low)} to {signed(score.high)}"


def as_sentence(clause: str) -> str:
    """A clause with a capital and a full stop."""
    return f"{clause[:1].upper()}{clause[1:]}."


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
    return weakest(per_class, most, lambda score: (score.support == 0, score.f1 or 0.0))


def weakest(scores: Sequence[Named], most: int, strength: Callable[[Named], Any]) -> tuple[list[Named], int]:
    """All in their own order or, where not all fit, the weakest; how many are left out."""
    if len(scores) <= most:
        return list(scores), 0
    return sorted(scores, key=strength)[:most], len(scores) - most
