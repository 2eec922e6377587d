"""An explanation of one answer: a number for every word, and how it looks."""

from __future__ import annotations

import html
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.files import write_as

if TYPE_CHECKING:
    from rich.text import Text

# Blue speaks for the answer, orange against: apart for every kind of colour vision.
_FOR, _AGAINST = (0, 114, 178), (213, 94, 0)


@dataclass(frozen=True, eq=False)
class Explanation:
    """How much each word of a text spoke for one class.

    Args:
        text: the item. label: the class that is explained.
        words: (start, end) of each word in the text's characters.
        scores: (words,) float, in units of the class' log-odds; positive speaks for the class.
        output: the log-odds for this text; baseline: those with no word at all.
        method: `"integrated_gradients"`, whose scores and `unassigned` sum to `output - baseline`, or
            `"occlusion"`.
        unassigned: what no word of the text accounts for; next to 0 but for a core that jumps.
    """

    text: str
    label: Any
    words: tuple[tuple[int, int], ...]
    scores: np.ndarray
    output: float
    baseline: float
    method: str
    unassigned: float = 0.0

    def top(self, count: int = 10) -> list[tuple[str, float]]:
        """The words with the largest scores by size, and the scores."""
        order = np.argsort(-np.abs(self.scores), kind="stable")[:count]
        return [(self.text[slice(*self.words[i])], float(self.scores[i])) for i in order]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "text": self.text,
            "label": str(self.label),
            "method": self.method,
            "output": self.output,
            "baseline": self.baseline,
            "words": [
                {"word": self.text[start:end], "start": start, "end": end, "score": float(score)}
                for (start, end), score in zip(self.words, self.scores, strict=True)
            ],
        }

    def __rich__(self) -> Text:
        from rich.text import Text

        shown = Text(f"{self.label}: ", style="bold")
        for piece, strength in self._pieces():
            shown.append(piece, style=_terminal_style(strength) if strength else "")
        return shown

    def __str__(self) -> str:
        ranked = ", ".join(f"{word} {score:+.2f}" for word, score in self.top())
        return f"{self.label}: {ranked}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from markupsafe import Markup

        from sora_keras.pages import render

        pieces = (
            f'<span style="background:rgba({_css(strength)});border-radius:3px" '
            f'title="{strength:+.2f}">{html.escape(piece)}</span>'
            if strength
            else html.escape(piece)
            for piece, strength in self._pieces()
        )
        return render("explanation", "explanation.html", explanation=self, body=Markup("".join(pieces)))

    def to_html(self) -> str:
        """A whole page, with no link to the network."""
        from markupsafe import Markup

        from sora_keras.pages import render

        return render("explanation", "page.html", title=f"Why {self.label}", body=Markup(self._repr_html_()))

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write it as the path ends: .html or .json.

        Raises:
            ParameterError: another ending. SaveError: the path exists, or the disk refused.
        """
        return write_as(path, {".html": self.to_html, ".json": self.to_json}, overwrite=overwrite)

    def to_json(self) -> str:
        """`to_dict` as text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1)

    def _pieces(self) -> list[tuple[str, float]]:
        """The text cut at the words, each with its score between -1 and 1; 0 for what is no word."""
        largest = float(np.abs(self.scores).max(initial=0)) or 1.0
        pieces, place = [], 0
        for (start, end), score in zip(self.words, self.scores, strict=True):
            pieces += [(self.text[place:start], 0.0), (self.text[start:end], float(score) / largest)]
            place = end
        return [(piece, strength) for piece, strength in [*pieces, (self.text[place:], 0.0)] if piece]


def _css(strength: float) -> str:
    red, green, blue = _FOR if strength > 0 else _AGAINST
    return f"{red},{green},{blue},{0.6 * abs(strength):.2f}"


def _terminal_style(strength: float) -> str:
    """A background between black and the colour, by the strength."""
    colour = _FOR if strength > 0 else _AGAINST
    shade = ",".join(str(int(part * abs(strength))) for part in colour)
    return f"white on rgb({shade})" if abs(strength) > 0.08 else ""
