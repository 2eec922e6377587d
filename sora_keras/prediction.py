"""Answers, as a person reads them."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Any

from sora_keras.pages import Tile, png_of, render

_SHOWN = 60


@dataclass(frozen=True)
class Prediction:
    """What a classifier answers for one item.

    Args:
        label: the class in the user's own type; for several labels at once a tuple of them; None where it abstained.
        confidence: the probability of that class, 0 to 1; for several, the least of theirs; where it abstained, the
            highest.
        probabilities: the probability of every class, by class.
        item: what was answered, where a notebook can show it as a picture.
        abstained: whether it was too unsure to answer, by `abstain_below`.
    """

    label: Any
    confidence: float
    probabilities: dict[Any, float]
    item: Any = field(default=None, repr=False, compare=False)
    abstained: bool = False

    def __str__(self) -> str:
        return " ".join(self._words)

    def _repr_html_(self) -> str:
        if self.tile:
            return render("pages", "predictions.html", pictures=[self.tile])
        label, confidence = self._words
        return f"<b>{html.escape(label)}</b> {confidence}"

    @property
    def tile(self) -> Tile | None:
        """The item as a small picture with its answer; None where it is none."""
        picture = png_of(self.item)
        return Tile(picture, *self._words) if picture else None

    @property
    def _words(self) -> tuple[str, str]:
        shown = ", ".join(map(str, self.label)) if isinstance(self.label, tuple) else str(self.label)
        return "(no answer)" if self.abstained else shown or "(none)", f"({self.confidence:.0%})"


class Predictions(list[Prediction]):
    """A list of answers that a notebook shows with their pictures."""

    def _repr_html_(self) -> str:
        first = self[:_SHOWN]
        tiles = [one.tile or Tile(b"", *one._words) for one in first] if first and first[0].tile else []
        answers = [one._words for one in first]
        return render("pages", "predictions.html", pictures=tiles, answers=answers, more=len(self) - len(first))
