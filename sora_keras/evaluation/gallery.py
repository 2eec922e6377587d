"""The pictures of a report: the worst mistakes, and some of each class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sora_keras.evaluation.answers import Answers
from sora_keras.evaluation.mistakes import named_labels
from sora_keras.evaluation.picture_grid import PictureGrid
from sora_keras.evaluation.results import ClassScore, Mistake
from sora_keras.evaluation.wording import percent, shown_classes
from sora_keras.pages import Tile

# A page of 96 pictures with 96 pixels a side has one to three megabytes.
_MOST_CLASSES, _MOST_TILES, _OF_A_CLASS = 24, 96, (3, 8)

Draw = Callable[[np.ndarray], Sequence[bytes | None]]


@dataclass(frozen=True, eq=False)
class Gallery:
    """mistakes: the most confident first; classes: a grid each, in which wrong answers are framed."""

    mistakes: PictureGrid
    classes: tuple[PictureGrid, ...]


def make_gallery(
    answers: Answers, per_class: Sequence[ClassScore], mistakes: Sequence[Mistake], draw: Draw
) -> Gallery:  # fmt: skip
    """Pictures of these mistakes and of the classes, of which at most 24 are shown, the weakest.

    Args:
        draw: a small PNG of each of some rows, or None where it has none; it is given ascending row indices.
    """
    kept = [score for score in shown_classes(tuple(per_class), _MOST_CLASSES)[0] if score.support]
    most = int(np.clip(_MOST_TILES // max(1, len(kept)), *_OF_A_CLASS))
    places = {score.name: place for place, score in enumerate(per_class)}
    rows = {score.name: _spread(np.flatnonzero(answers.truth[:, places[score.name]]), most) for score in kept}
    wanted = np.unique(np.concatenate([np.array([m.row for m in mistakes], np.int64), *rows.values()]))
    drawn = dict(zip(wanted.tolist(), draw(wanted), strict=True))
    classes = [score.name for score in per_class]
    grids = (_of_class(answers, classes, score, rows[score.name], drawn) for score in kept)
    return Gallery(_of_mistakes(mistakes, drawn), tuple(grid for grid in grids if len(grid)))


def _spread(rows: np.ndarray, most: int) -> np.ndarray:
    """Up to `most` of the rows, from the first to the last alike."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(np.int64))]


def _of_mistakes(mistakes: Sequence[Mistake], drawn: dict[int, bytes | None]) -> PictureGrid:
    tiles = [
        Tile(png, mistake.predicted, f"instead of {mistake.truth} ({percent(mistake.confidence)})", marked=True)
        for mistake in mistakes
        if (png := drawn[mistake.row])
    ]
    return PictureGrid(tuple(tiles), heading="The most confident mistakes")


def _of_class(
    answers: Answers, classes: Sequence[str], score: ClassScore, rows: np.ndarray, drawn: dict[int, bytes | None]
) -> PictureGrid:  # fmt: skip
    place = classes.index(score.name)
    tiles = [
        Tile(
            png,
            named_labels(answers.predicted[row], classes),
            percent(answers.probabilities[row].max()),
            marked=not answers.predicted[row, place],
        )
        for row in rows.tolist()
        if (png := drawn[row])
    ]
    found = "labelled so" if answers.several else "right"
    count = f"{score.support:,} row{'' if score.support == 1 else 's'}"
    return PictureGrid(tuple(tiles), heading=f"{score.name}: {percent(score.recall or 0.0)} of {count} {found}")
