"""What a recipe learned about its columns, small enough to be saved as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sora_keras.data.labels import LabelSpace


@dataclass(frozen=True)
class Schema:
    """Which column plays which part, and what the answers are.

    item: the column that is classified, as it is called in the user's data; answer: the column that holds the
    answer, or what names several 0/1 columns together;
    labels: the classes, for recipes that have some; frequencies: the share of each class in training;
    rows: how many examples it was learned from.
    """

    item: str
    answer: str
    labels: LabelSpace | None = None
    frequencies: tuple[float, ...] = ()
    rows: int = 0

    def to_config(self) -> dict[str, Any]:
        """A dictionary for JSON."""
        return {
            "item": self.item,
            "answer": self.answer,
            "labels": None if self.labels is None else self.labels.to_config(),
            "frequencies": list(self.frequencies),
            "rows": self.rows,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Schema:
        """From what `to_config` gave."""
        labels = config["labels"]
        return cls(
            item=config["item"],
            answer=config["answer"],
            labels=None if labels is None else LabelSpace.from_config(labels),
            frequencies=tuple(config["frequencies"]),
            rows=config["rows"],
        )
