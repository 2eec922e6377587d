"""Pictures as Pillow shows them, and small enough for a page."""

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
    small = shown(content, side)
    small.thumbnail((side, side))
    target = io.BytesIO()
    small.save(target, "PNG")
    return target.getvalue()


def shown(content: bytes, side: int | None = None) -> Any:
    """An encoded picture as a Pillow image, upright, grey or RGB in 8 bits, on white where it is transparent.

    Args:
        side: pixels a side that are enough; more may come.

    Raises:
        DataError: it cannot be decoded.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as image:
            if side is not None:
                image.draft(None, (side, side))  # JPEG: decode an eighth where that is enough
            return plain(ImageOps.exif_transpose(image))
    except UnidentifiedImageError as error:  # it names the address of the bytes
        raise DataError("The picture cannot be shown: Pillow does not know its format.") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(f"The picture cannot be shown: {error}") from error


def plain(image: Any) -> Any:
    """A Pillow image in 8 bits, grey or RGB, on white where it is transparent."""
    from PIL import Image

    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        pixels = np.asarray(image)
        scale = 256 if pixels.max(initial=0) > 255 else 1
        return Image.fromarray(np.clip(pixels // scale, 0, 255).astype(np.uint8))
    if "A" in image.mode or "transparency" in image.info:
        colour = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", colour.size, "white"), colour).convert("RGB")
    return image if image.mode == "L" else image.convert("RGB")
