"""One encoded picture, in memory or in a file that is read when it is wanted."""

from __future__ import annotations

import hashlib
import io
import os
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sora_keras.data.picture_header import MOST_PIXELS, check_pixels, too_many
from sora_keras.data.thumbnails import thumbnail
from sora_keras.errors import ArgumentTypeError, DataError

# Formats that TensorFlow decodes itself; others are opened by Pillow or pydicom and become PNG.
DECODED = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".dib", ".webp")
OPENED = (".tif", ".tiff", ".pgm", ".ppm", ".pbm", ".pnm", ".tga", ".ico", ".jp2")
DICOM = (".dcm", ".dicom")
SUFFIXES = (*DECODED, *OPENED, *DICOM)
_GREYS = b"".join(bytes((grey, grey, grey, 0)) for grey in range(256))


@dataclass(frozen=True, eq=False, repr=False)
class Picture:
    """An encoded picture.

    Args:
        path: the file that holds it, or None. content: its bytes, or None for those of the file.
    """

    path: str | None = None
    content: bytes | None = None

    def read(self) -> bytes:
        """The bytes as TensorFlow decodes them.

        Raises:
            DataError: the file cannot be read, is no picture of a known format, or claims too many pixels.
        """
        if self.content is not None:
            check_pixels(self.content, str(self))
            return self.content
        assert self.path is not None
        suffix = os.path.splitext(self.path)[1].lower()
        if suffix in DICOM:
            from sora_keras.data.dicom import dicom_to_bytes

            return dicom_to_bytes(self.path)
        try:
            with open(self.path, "rb", buffering=0) as file:
                content = file.read()
        except OSError as error:
            raise DataError(f"{self.path} could not be read: {error.strerror or error}") from error
        if not content:
            raise DataError(f"{self.path} is empty.")
        content = content if suffix in DECODED else opened(content, self.path)
        check_pixels(content, self.path)
        return content

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what is held: the bytes, or for a file its path and size."""
        if self.content is not None:
            return hashlib.sha256(self.content).hexdigest()
        size = os.stat(self.path or "").st_size if self.path and os.path.exists(self.path) else -1
        return hashlib.sha256(f"{self.path}:{size}".encode("utf-8", "surrogatepass")).hexdigest()

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Picture) and (self.path, self.content) == (other.path, other.content)

    def __hash__(self) -> int:
        return hash((self.path, self.content))

    def __str__(self) -> str:
        return self.path or f"picture of {len(self.content or b''):,} bytes"

    def __repr__(self) -> str:
        return f"Picture({self.path!r}, {self.digest})"

    def _repr_png_(self) -> bytes | None:
        """A thumbnail, as notebooks and reports show it; None where it cannot be decoded."""
        try:
            return thumbnail(self.read())
        except DataError:
            return None


def to_picture(value: Any, highest: float = 0.0) -> Picture:
    """A path, encoded bytes, an array (height, width[, channels]) or a Pillow image as a `Picture`.

    Args:
        highest: the largest value of other arrays that belong to this one; see `as_bytes_of_pixels`.

    Raises:
        ArgumentTypeError: it is none of these. DataError: an array has no pixels, NaN, or no picture's shape; an
            address in a network.
    """
    if isinstance(value, Picture):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        content = bytes(value)
        return Picture(content=content if known_format(content) else opened(content, "the bytes"))
    if isinstance(value, str | os.PathLike):
        return Picture(local(os.fspath(value)))
    if type(value).__module__.partition(".")[0] == "PIL":
        return Picture(content=pillow_to_bytes(value))
    if hasattr(value, "__array__") and not isinstance(value, np.generic):
        return Picture(content=encode(as_bytes_of_pixels(np.asarray(value)[None], highest)[0][0]))
    raise ArgumentTypeError(
        "A picture is a path, encoded bytes, an array (height, width[, channels]) or a Pillow image. "
        f"Received: {type(value).__name__}"
    )


def local(path: str) -> str:
    """The path; raises `DataError` for an address in a network, such as `https://…`."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", path):
        raise DataError(
            f"{path} is an address, and pictures are not fetched from a network. Download it, then give its path or "
            "its bytes."
        )
    return path


def as_bytes_of_pixels(arrays: np.ndarray, highest: float = 0.0) -> tuple[np.ndarray, str]:
    """Pictures of any number type as bytes a channel, and what their range was taken to be.

    Args:
        arrays: (pictures, height, width[, 1, 3 or 4]). Floats from 0 to 1 are scaled, others must lie from
            0 to 255; 16-bit integers that go beyond 255 keep their upper eight bits; booleans become black
            and white.
        highest: the largest value of other pictures that belong to these, which says the range of floats too.

    Raises:
        DataError: no picture's shape, no pixels, or values that are not finite or out of range.
    """
    if arrays.ndim == 3:
        arrays = arrays[..., None]
    if arrays.ndim != 4 or arrays.shape[-1] not in (1, 3, 4) or 0 in arrays.shape:
        raise DataError(
            "Pictures are arrays (height, width) or (height, width, channels) with 1, 3 or 4 channels and at "
            f"least one pixel. Received: shape {arrays.shape[1:]}"
        )
    kind = arrays.dtype
    if kind == np.uint8:
        return arrays, "0 to 255"
    if kind.kind == "b":
        return arrays.astype(np.uint8) * 255, "black and white"
    if kind.kind not in "iuf":
        raise DataError(f"Pixels must be numbers. Received: {kind}")
    if not np.isfinite(arrays).all():
        row = int(np.flatnonzero(~np.isfinite(arrays).all(axis=(1, 2, 3)))[0])
        which = f"Picture {row}" if len(arrays) > 1 else "The picture"
        raise DataError(f"{which} has pixels that are not finite numbers (NaN or infinite). Mend it or leave it out.")
    low, high = float(arrays.min()), float(arrays.max())
    if low < 0 or high > 65535 or (kind.kind == "f" and high > 255):
        raise DataError(
            f"Pixels must lie from 0 to 1 or from 0 to 255 (integers of 16 bits: to 65,535). Received: {low:g} to "
            f"{high:g}. Scale them first."
        )
    if kind.kind == "f":
        shares = max(high, highest) <= 1
        return np.rint(arrays * (255.0 if shares else 1.0)).astype(np.uint8), "0 to 1" if shares else "0 to 255"
    if high > 255:
        return (arrays.astype(np.int64) >> 8).astype(np.uint8), "0 to 65,535"
    return arrays.astype(np.uint8), "0 to 255"


def encode(pixels: np.ndarray) -> bytes:
    """Pixels (height, width, 1, 3 or 4) uint8 as a BMP without compression, which costs a copy."""
    height, width, channels = pixels.shape
    if channels == 4:
        share = pixels[..., 3:].astype(np.float32) / 255
        pixels = np.rint(pixels[..., :3] * share + 255 * (1 - share)).astype(np.uint8)
        channels = 3
    stride = -(-width * channels // 4) * 4
    rows = np.zeros((height, stride), np.uint8)
    rows[:, : width * channels] = pixels[::-1, :, ::-1].reshape(height, -1)
    palette = _GREYS if channels == 1 else b""
    start = 54 + len(palette)
    header = struct.pack("<2sIHHI", b"BM", start + rows.size, 0, 0, start)
    facts = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8 * channels, 0, rows.size, 2835, 2835, 0, 0)
    return header + facts + palette + rows.tobytes()


def known_format(content: bytes) -> bool:
    """Whether TensorFlow decodes these bytes itself."""
    if content[:2] == b"BM":
        return not _has_palette(content)
    webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    return webp or content[:3] == b"\xff\xd8\xff" or content[:4] in (b"\x89PNG", b"GIF8")


def _has_palette(content: bytes) -> bool:
    """Whether a BMP looks its colours up; TensorFlow takes the place in the palette for the grey."""
    bits = int.from_bytes(content[28:30], "little")
    return bits < 8 or (bits == 8 and _GREYS not in content[:2048])


def opened(content: bytes, name: str) -> bytes:
    """Bytes of a format that TensorFlow does not decode, as PNG by way of Pillow.

    Raises:
        DataError: Pillow cannot open them either, or they claim too many pixels.
    """
    if known_format(content):
        return content
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content)) as image:
            height, width = image.height, image.width
            if height * width <= MOST_PIXELS:
                return pillow_to_bytes(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(f"{name} is no picture that can be opened: {error}") from error
    raise too_many(height, width, name)


def pillow_to_bytes(image: Any) -> bytes:
    """A Pillow image as PNG, upright, with 8 bits a channel."""
    from PIL import ImageOps

    image = ImageOps.exif_transpose(image)
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        pixels = np.asarray(image)
        pixels = np.maximum(pixels, 0) if pixels.dtype.kind in "if" else pixels
        return encode(as_bytes_of_pixels(pixels[None])[0][0])
    if image.mode not in ("L", "RGB", "RGBA"):
        image = image.convert("RGBA" if "A" in image.mode or "transparency" in image.info else "RGB")
    target = io.BytesIO()
    image.save(target, "PNG", compress_level=1)
    return target.getvalue()


def usual_shape(pictures: Iterable[Picture | None], *, most: int) -> tuple[tuple[int, int], int]:
    """The median height and width of some pictures, and 1 channel if all of them are grey, else 3.

    Args:
        most: pixels that the longer side may have; larger medians shrink in proportion.

    Raises:
        DataError: not one of them can be opened.
    """
    from PIL import Image

    sizes, grey = [], True
    for picture in pictures:
        try:
            with Image.open(io.BytesIO(picture.read() if picture else b"")) as image:
                sizes.append((image.height, image.width))
                grey &= image.mode in ("1", "L", "LA", "I", "F") or image.mode.startswith("I;")
        except (DataError, OSError, ValueError, SyntaxError):
            continue
    if not sizes:
        raise DataError("Not one of the pictures that were tried can be opened.")
    height, width = np.median(sizes, axis=0)
    scale = min(1.0, most / max(height, width))
    return (max(1, round(height * scale)), max(1, round(width * scale))), 1 if grey else 3
