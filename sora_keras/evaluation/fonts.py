"""Fonts that have the letters of the class names, as far as the machine has any."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

# Chinese, Japanese and Korean, by what Linux, macOS and Windows bring along; then all else.
_WANTED = (
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Heiti TC",
    "Microsoft YaHei",
    "SimHei",
    "Arial Unicode MS",
)


@cache
def families() -> tuple[str, ...]:
    """The wanted families that matplotlib has found, in order of preference; it always brings the first."""
    from matplotlib import font_manager

    found = set(font_manager.get_font_names())
    return tuple(name for name in _WANTED if name in found)


@cache
def _letters() -> frozenset[int]:
    from matplotlib import font_manager

    paths = [font_manager.findfont(name, fallback_to_default=False) for name in families()]
    return frozenset(code for path in paths for code in font_manager.get_font(path).get_charmap())


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
