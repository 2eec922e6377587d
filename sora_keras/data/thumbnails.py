"""Pictures small enough for a page."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from sora_keras.errors import DataError

SIDE = 96


def thumbnail(content: bytes, side: int = SIDE) -> bytes:
    """An encoded picture as PNG of at most `side` pixels a side, upright, on white where it is transparent.

    Raises:
        DataError: it cannot be decoded.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(content)) as image:
            image.draft(None, (side, side))  # JPEG: decode an eighth where that is enough
            small = _plain(ImageOps.exif_transpose(image))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(f"The picture cannot be shown: {error}") from error
    small.thumbnail((side, side))
    target = io.BytesIO()
    small.save(target, "PNG")
    return target.getvalue()


def _plain(image: Any) -> Any:
    """A Pillow image in 8 bits, grey or RGB."""
    from PIL import Image

    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        pixels = np.asarray(image)
        scale = 256 if pixels.max(initial=0) > 255 else 1
        return Image.fromarray(np.clip(pixels // scale, 0, 255).astype(np.uint8))
    if "A" in image.mode or "transparency" in image.info:
        colour = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", colour.size, "white"), colour).convert("RGB")
    return image if image.mode == "L" else image.convert("RGB")
