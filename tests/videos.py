"""Small real videos."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 48, 64


def moving_square(count: int, height: int = HEIGHT, width: int = WIDTH) -> list[np.ndarray]:
    """Dark pictures with a bright square of 12 pixels, which moves 2 pixels to the right each time."""
    frames = []
    for place in range(count):
        pixels = np.full((height, width, 3), 30, np.uint8)
        pixels[8:20, 4 + 2 * place : 16 + 2 * place] = 230
        frames.append(pixels)
    return frames


def write_video(
    path: Path, frames: list[np.ndarray], rate: Any = 10, rotation: float = 0, codec: str = "mpeg4"
) -> Path:  # fmt: skip
    """A video of these; `rotation` in degrees against the clock is what a phone writes into the file."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(rate))
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for pixels in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    if rotation:
        path.write_bytes(_turned(path.read_bytes(), rotation))
    return path


def _turned(content: bytes, rotation: float) -> bytes:
    """An MP4 with another matrix in the header of its track (ISO/IEC 14496-12, 8.3.2)."""
    angle = np.radians(rotation)
    turn = [np.cos(angle), -np.sin(angle), 0, np.sin(angle), np.cos(angle), 0, 0, 0, 2**14]
    matrix = b"".join(round(value * 2**16).to_bytes(4, "big", signed=True) for value in turn)
    at = content.index(b"tkhd") + 44
    return content[:at] + matrix + content[at + 36 :]


def write_gif(path: Path, frames: list[np.ndarray], milliseconds: int = 40) -> Path:
    """An animated GIF of these."""
    first, *others = (Image.fromarray(pixels) for pixels in frames)
    first.save(path, save_all=True, append_images=others, duration=milliseconds)
    return path
