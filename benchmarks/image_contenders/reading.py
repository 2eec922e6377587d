"""What the scripts about pictures share: the data that `make_data.py` left."""

import json
from pathlib import Path
from typing import Any

CLASSES = 10


def read_fashion(path: Path) -> list[dict[str, Any]]:
    """Returns one fold: pictures (rows, 28, 28) uint8, labels as strings, row numbers."""
    import numpy as np

    files = json.loads(path.read_text(encoding="utf-8"))

    def part(name: str) -> dict[str, Any]:
        labels = np.load(files[f"{name}-labels"])
        return {
            "picture": np.load(files[f"{name}-images"]),
            "label": [str(label) for label in labels],
            "row": range(len(labels)),
        }

    return [{"train": part("train"), "validation": None, "test": part("test")}]
