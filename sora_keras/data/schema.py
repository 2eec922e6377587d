"""What a recipe learned about its columns, small enough to be saved as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sora_keras.data.labels import LabelSpace


@dataclass(frozen=True)
class Schema:
    """Which column plays which part, and what the answers are.

    item: the column that is classified, as it is called in the user's data; answers: the names of the
    column or columns that hold the answer, empty when it came apart from the data;
    labels: the classes, for recipes that have some; frequencies: the share of each class in training.
    """

    item: str
    answers: tuple[str, ...] = ()
    labels: LabelSpace | None = None
    frequencies: tuple[float, ...] = ()

    def to_config(self) -> dict[str, Any]:
        """A dictionary for JSON."""
        return {
            "item": self.item,
            "answers": list(self.answers),
            "labels": None if self.labels is None else self.labels.to_config(),
            "frequencies": list(self.frequencies),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Schema:
        """From what `to_config` gave."""
        labels = config["labels"]
        return cls(
            item=config["item"],
            answers=tuple(config["answers"]),
            labels=None if labels is None else LabelSpace.from_config(labels),
            frequencies=tuple(config["frequencies"]),
        )
