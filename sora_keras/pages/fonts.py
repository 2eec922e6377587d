"""Fonts that have the letters of the class names, as far as the machine has any."""

from __future__ import annotations

from functools import cache
from typing import Any

# Chinese, Japanese and Korean, by what Linux, macOS and Windows bring along; the first has most others.
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
def letters_of(family: str) -> frozenset[int]:
    """The code points that a family has letters for."""
    from matplotlib import font_manager

    return frozenset(font_manager.get_font(_file_of(family)).get_charmap())


def pillow_font(text: str, size: int) -> Any:
    """A Pillow font of `size` pixels that has each of the letters; None where this machine has none."""
    wanted = set(map(ord, text))
    family = next((name for name in families() if letters_of(name) >= wanted), None)
    return None if family is None else _loaded(family, size)


@cache
def _loaded(family: str, size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(_file_of(family), size)


def _file_of(family: str) -> str:
    from matplotlib import font_manager

    return str(font_manager.findfont(family, fallback_to_default=False))
