"""Which past items pulled a recommended one up, and by how much."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sora_keras.errors import ParameterError
from sora_keras.files import write_as
from sora_keras.pages import render


@dataclass(frozen=True)
class Reasons:
    """How much each past item spoke for one item.

    Args:
        item: what is explained. score: of it, with the whole history.
        past: the ids of the history, the oldest first. contributions: for each, how far the score falls without it;
            below 0 where it speaks against.
        titles: of `item` and then of `past`, ids where none is known.
    """

    item: str
    score: float
    past: tuple[str, ...]
    contributions: tuple[float, ...]
    titles: tuple[str, ...]

    def top(self, count: int = 10) -> list[tuple[str, float]]:
        """The past items that speak for it, the strongest first, and then those against; titles and contributions."""
        by = np.array(self.contributions)
        order = np.lexsort((-np.abs(by), by <= 0))[:count]
        return [(self.titles[1 + place], self.contributions[place]) for place in order]

    def __str__(self) -> str:
        return f"{self.titles[0]} ({self.score:.2f}): " + ", ".join(f"{name} {by:+.2f}" for name, by in self.top())

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        past = zip(self.past, self.titles[1:], self.contributions, strict=True)
        return {
            "item": self.item,
            "title": self.titles[0],
            "score": self.score,
            "past": [{"item": item, "title": title, "contribution": by} for item, title, by in past],
        }

    def to_json(self) -> str:
        """The same as text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1)

    def to_html(self) -> str:
        """A whole page, with no link to the network."""
        from markupsafe import Markup

        return render("explanation", "page.html", title=f"Why {self.titles[0]}", body=Markup(self._repr_html_()))

    def _repr_html_(self) -> str:
        shown = self.top()
        most = max((abs(by) for _, by in shown), default=0.0) or 1.0
        bars = [(title, by, round(100 * abs(by) / most)) for title, by in shown]
        return render("explanation", "reasons.html", reasons=self, bars=bars, more=len(self.past) - len(bars))

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write it as the path ends: .html or .json.

        Raises:
            ParameterError: another ending. SaveError: the path exists, or the disk refused.
        """
        return write_as(path, {".html": self.to_html, ".json": self.to_json}, overwrite=overwrite)


def explain_history(
    item: int, history: np.ndarray, *, scores: Any, names: np.ndarray, titles: np.ndarray | None
) -> Reasons:  # fmt: skip
    """Leave each past item out in turn (occlusion), and see how far the score of `item` falls.

    For a linear model the contributions are exact and sum to the score; for a network they are what it would have said.

    Args:
        item, history: numbers from 0. scores: from histories and items (histories, 1) to scores (histories, 1).
        names, titles: of every item, by number.

    Raises:
        ParameterError: the history is empty.
    """
    if not len(history):
        raise ParameterError("Without any past item there is nothing to explain by.")
    asked = [history, *(np.delete(history, place) for place in range(len(history)))]
    found = scores(asked, np.full((len(asked), 1), item, np.int32))[:, 0]
    shown = names if titles is None else titles
    return Reasons(
        item=str(names[item]),
        score=float(found[0]),
        past=tuple(map(str, names[history])),
        contributions=tuple(float(found[0] - without) for without in found[1:]),
        titles=tuple(str(shown[one]) for one in (item, *history)),
    )
