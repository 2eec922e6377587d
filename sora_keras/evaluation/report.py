"""The report: what `evaluate` returns, as a value that shows and saves itself."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.evaluation.gallery import Gallery
from sora_keras.evaluation.results import ClassScore, Curves, Mistake, Score, value_of
from sora_keras.evaluation.writing import as_json, written
from sora_keras.files import write_as

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType


@dataclass(frozen=True, eq=False, repr=False)
class Report:
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

    def __str__(self) -> str:
        from sora_keras.evaluation.terminal import plain_text

        return plain_text(self)

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

    def to_json(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str:
        """JSON text, also written to `path` where one is given.

        Raises:
            SaveError: `path` exists and `overwrite` is false, or the disk refused.
        """
        return written(as_json(self.to_dict()), path, overwrite)

    def to_html(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str:
        """A whole page with plots that needs no network, also written to `path` where one is given.

        Raises:
            SaveError: `path` exists and `overwrite` is false, or the disk refused.
        """
        from sora_keras.evaluation.page import page

        return written(page(self), path, overwrite)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the report as the path ends: .html or .json.

        Raises:
            ParameterError: another ending. SaveError: the path exists, or the disk refused.
        """
        return write_as(path, {".html": self.to_html, ".json": self.to_json}, overwrite=overwrite)
