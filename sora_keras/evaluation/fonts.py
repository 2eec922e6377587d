"""Names as the fonts of this machine can draw them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sora_keras.pages.fonts import families, letters_of


@cache
def _letters() -> frozenset[int]:
    return frozenset().union(*map(letters_of, families()))


def drawable(names: Sequence[str]) -> list[str]:
    """The names, but `#3` for the third one where no font has its letters."""
    return [name if can_draw(name) else f"#{place}" for place, name in enumerate(names, start=1)]


def can_draw(text: str) -> bool:
    """Whether some font here has each of the letters."""
    return all(ord(letter) in _letters() for letter in text)


def short(name: str, longest: int = 18) -> str:
    """A name cut to what an axis has room for; a dollar sign is no formula."""
    cut = name if len(name) <= longest else name[: longest - 1] + "…"
    return cut.replace("$", r"\$")
