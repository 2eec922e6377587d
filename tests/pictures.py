"""Small real pictures that many tests share."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def shapes(count: int = 60, side: int = 16, seed: int = 0) -> tuple[np.ndarray, list[str]]:
    """Bright bars on noise, (count, side, side, 3) uint8: across or upright, as many of each."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 60, (count, side, side, 3), dtype=np.uint8)
    labels = ["across" if place % 2 else "upright" for place in range(count)]
    for one, label in zip(pixels, labels, strict=True):
        at = random.integers(2, side - 4)
        (one[at : at + 2] if label == "across" else one[:, at : at + 2])[:] = 220
    return pixels, labels


def small(pixels: Any) -> Any:
    """An encoder that is traced at once, for tests that do not ask what was learned."""
    import keras

    hidden = keras.layers.Conv2D(8, 3, 2, padding="same", activation="relu")(pixels)
    return keras.layers.GlobalAveragePooling2D()(hidden)


def encoded(pixels: np.ndarray, kind: str = "PNG", **options: Any) -> bytes:
    """An array or Pillow image in a file format."""
    target = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(target, kind, **options)
    return target.getvalue()


def class_folder(folder: Path, count: int = 60, kind: str = "png") -> Path:
    """The shapes as files in a sub-folder a class."""
    for place, (one, label) in enumerate(zip(*shapes(count), strict=True)):
        (folder / label).mkdir(parents=True, exist_ok=True)
        (folder / label / f"{place:03d}.{kind}").write_bytes(encoded(one, {"jpg": "JPEG"}.get(kind, kind.upper())))
    return folder
