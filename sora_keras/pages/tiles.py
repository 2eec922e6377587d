"""Small pictures on pages, each with its title as text."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Tile:
    """One picture of a grid.

    Args:
        png: the encoded picture. title: above it; note: after the title, paler. marked: framed, as a wrong
            answer is.
    """

    png: bytes
    title: str = ""
    note: str = ""
    marked: bool = False

    @property
    def source(self) -> str:
        """The picture as an address that needs no network."""
        return f"data:image/png;base64,{base64.b64encode(self.png).decode()}"


def png_of(item: Any) -> bytes | None:
    """How an item shows itself as a picture, by the method that notebooks ask for; None where it has none."""
    draw = getattr(item, "_repr_png_", None)
    return draw() if callable(draw) else None
