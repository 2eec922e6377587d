"""Answers, as a person reads them."""

from __future__ import annotations

import html
from collections.abc import Iterator
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

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        probabilities = {str(name): round(value, 6) for name, value in self.probabilities.items()}
        return {"label": self.label, "score": round(self.confidence, 6), "probabilities": probabilities}

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


@dataclass(frozen=True)
class Recommendation:
    """One recommended item: its id, the score that ranks it (higher is better), and its title, where one is known."""

    item: str
    score: float
    title: str = ""

    def __str__(self) -> str:
        return self.title or self.item


@dataclass(frozen=True)
class Recommendations:
    """What a recommender answers for one user, history or item, the best first.

    Args:
        ranked: the items. user: the id of the user, or None. why: a remark for the reader, such as that these are
            the popular items.
    """

    ranked: tuple[Recommendation, ...]
    user: str | None = None
    why: str = ""

    @property
    def items(self) -> list[str]:
        """The ids."""
        return [one.item for one in self.ranked]

    @property
    def scores(self) -> list[float]:
        """The scores, which fall."""
        return [one.score for one in self.ranked]

    def __len__(self) -> int:
        return len(self.ranked)

    def __iter__(self) -> Iterator[Recommendation]:
        return iter(self.ranked)

    def __getitem__(self, place: int) -> Recommendation:
        return self.ranked[place]

    def __str__(self) -> str:
        return ", ".join(map(str, self.ranked)) + (f" ({self.why})" if self.why else "")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"user": self.user, "items": self.items, "scores": [round(score, 6) for score in self.scores]}

    def _repr_html_(self) -> str:
        rows = [(one.title, one.item, f"{one.score:.2f}") for one in self.ranked]
        return render("pages", "recommendations.html", rows=rows, why=self.why, titled=any(row[0] for row in rows))
