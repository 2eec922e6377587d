"""The report on a detector: what its `evaluate` returns, as a value that shows and saves itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.evaluation.box_curves import BoxCurves
from sora_keras.evaluation.box_errors import BoxError, ErrorCount, WorstPicture
from sora_keras.evaluation.box_gallery import BoxGallery
from sora_keras.evaluation.results import Score, value_of
from sora_keras.evaluation.shown import Shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType


@dataclass(frozen=True)
class BoxClass:
    """How well one class is found.

    Args:
        map, ap50: over all thresholds; None where no picture has the class, and `why` says so.
        precision, recall: at the threshold of the report.
        boxes: true ones, without crowds. answered: found ones, from the threshold up.
    """

    name: str
    map: float | None
    ap50: float | None
    precision: float | None
    recall: float | None
    boxes: int
    answered: int
    why: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class BoxReport(Shown):
    """Scores with intervals, the errors by kind, the pictures with the most of them, and what to look at.

    Args:
        rows: how many pictures were scored. boxes: how many true boxes they have, without crowds.
        threshold: the score from which a box is answered; errors, precision, recall and F1 are counted there.
        scores: `map`, `ap50`, `ap75`, `map_small`, `map_medium`, `map_large` and `average_recall`, as COCO's evaluator
            has them; and `precision`, `recall` and `f1` of all boxes at the threshold, at an IoU of 0.5.
        errors: one count a kind. confusion: (classes + 1, classes + 1), see `BoxErrors`.
        worst: up to 12 pictures, those with the most errors first. look_at: plain sentences, the gravest first.
        mistakes: every error, picture by picture; gallery: the worst pictures with their boxes, where there are any.
            Neither is part of the JSON.

    Example:
        >>> report = recipe.evaluate("test.json")
        >>> report["map"]
        >>> [error.picture for error in report.mistakes if error.kind == "missed" and error.truth == "cat"]
        >>> report.save("report.html")
    """

    title: str
    rows: int
    boxes: int
    classes: tuple[str, ...]
    threshold: float
    scores: tuple[Score, ...]
    per_class: tuple[BoxClass, ...]
    curves: BoxCurves
    errors: tuple[ErrorCount, ...]
    confusion: np.ndarray
    worst: tuple[WorstPicture, ...]
    look_at: tuple[str, ...]
    notes: tuple[str, ...] = ()
    mistakes: tuple[BoxError, ...] = ()
    gallery: BoxGallery | None = None

    def __getitem__(self, name: str) -> float:
        """The value of a score, such as `map`; NaN where it is undefined (its `why` in `scores` says why).

        Raises:
            ParameterError: no score has this name.
        """
        return value_of(self.scores, name)

    def __rich__(self) -> RenderableType:
        from sora_keras.evaluation.box_terminal import renderable

        return renderable(self)

    def __repr__(self) -> str:
        return f"BoxReport({self.title!r}, rows={self.rows}, boxes={self.boxes}, map={self['map']:.4f})"

    def _repr_html_(self) -> str:
        from sora_keras.evaluation.box_page import compact

        return compact(self)

    def plot(self) -> Figure:
        """Confusion, errors, PR at two overlaps, and the threshold, in one matplotlib figure, apart from pyplot."""
        from sora_keras.evaluation.box_plots import overview

        return overview(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        plain = asdict(replace(self, mistakes=(), gallery=None))
        del plain["mistakes"], plain["gallery"]
        return {**plain, "confusion": self.confusion.tolist()}

    def _page(self) -> str:
        from sora_keras.evaluation.box_page import page

        return page(self)
