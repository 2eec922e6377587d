"""The report: what `evaluate` returns, as a value that shows and saves itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.evaluation.gallery import Gallery
from sora_keras.evaluation.results import ClassScore, Curves, Mistake, Score, value_of
from sora_keras.evaluation.shown import Shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType


@dataclass(frozen=True, eq=False, repr=False)
class Report(Shown):
    """Scores with intervals beside a baseline, plots, mistakes, and what to look at.

    Args:
        rows: how many were scored. kind: `"binary"`, `"multiclass"` or `"multilabel"`.
        confusion: (classes, classes) rows by truth and columns by answer; for several labels (labels, 2, 2).
        mistakes: the most confident ones first. look_at: plain sentences, the gravest first.
        gallery: pictures of the mistakes and of each class, where the items are pictures; not part of the JSON.

    Example:
        >>> report = recipe.evaluate("test.csv")
        >>> report["accuracy"]
        >>> report.save("report.html")
    """

    title: str
    rows: int
    classes: tuple[str, ...]
    kind: str
    scores: tuple[Score, ...]
    per_class: tuple[ClassScore, ...]
    confusion: np.ndarray
    curves: Curves
    mistakes: tuple[Mistake, ...]
    look_at: tuple[str, ...]
    notes: tuple[str, ...] = ()
    gallery: Gallery | None = None

    def __getitem__(self, name: str) -> float:
        """The value of a score; NaN where it is undefined (its `why` in `scores` says why).

        Raises:
            ParameterError: no score has this name.
        """
        return value_of(self.scores, name)

    def __rich__(self) -> RenderableType:
        from sora_keras.evaluation.terminal import renderable

        return renderable(self)

    def __repr__(self) -> str:
        return f"Report({self.title!r}, rows={self.rows}, accuracy={self['accuracy']:.4f})"

    def _repr_html_(self) -> str:
        from sora_keras.evaluation.page import compact

        return compact(self)

    def plot(self) -> Figure:
        """Confusion, ROC, PR and reliability in one matplotlib figure, apart from pyplot."""
        from sora_keras.evaluation.plots import overview

        return overview(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        plain = asdict(replace(self, gallery=None))
        del plain["gallery"]
        return {**plain, "confusion": self.confusion.tolist()}

    def _page(self) -> str:
        from sora_keras.evaluation.page import page

        return page(self)
