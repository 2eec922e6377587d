"""One answer, as a person reads it."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Prediction:
    """What a classifier answers for one item.

    Args:
        label: the class in the user's own type; for several labels at once a tuple of them.
        confidence: the probability of that class, 0 to 1; for several, the least of theirs.
        probabilities: the probability of every class, by class.
    """

    label: Any
    confidence: float
    probabilities: dict[Any, float]

    def __str__(self) -> str:
        shown = ", ".join(map(str, self.label)) if isinstance(self.label, tuple) else str(self.label)
        return f"{shown or '(none)'} ({self.confidence:.0%})"

    def _repr_html_(self) -> str:
        label, _, confidence = str(self).rpartition(" ")
        return f"<b>{html.escape(label)}</b> {confidence}"
