"""How large a picture is when it stands upright, read from its header alone."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from sora_keras.data.picture import Picture
from sora_keras.data.picture_header import LYING, ORIENTATION, SEARCHED, claimed_size
from sora_keras.errors import DataError

_FIRST = 2**14  # bytes that the header of most files lies in
_JPEG = b"\xff\xd8"


@dataclass(frozen=True)
class Size:
    """Height and width in pixels of the upright picture, and the EXIF orientation that it is stored in, 1 to 8."""

    height: int
    width: int
    orientation: int = 1


def upright_size(picture: Picture) -> Size | None:
    """The size by the header, which is all that is read of most files; None where the picture cannot be read."""
    for length in (_FIRST, SEARCHED):
        content = _start(picture, length)
        height, width = _claimed(content)
        if height and width:
            # TensorFlow turns JPEGs alone.
            stored = _by_pillow(picture) if content[:2] == _JPEG and b"Exif" in content else None
            orientation = stored.orientation if stored else 1
            return Size(width, height, orientation) if orientation >= LYING else Size(height, width, orientation)
    return _opened(picture)


def _start(picture: Picture, length: int) -> bytes:
    if picture.content is not None or picture.path is None:
        return (picture.content or b"")[:length]
    try:
        with open(picture.path, "rb", buffering=0) as file:
            return file.read(length)
    except OSError:
        return b""


def _claimed(content: bytes) -> tuple[int, int]:
    if content[:4] == b"GIF8":  # the first frame is what is seen, not all of them
        return int.from_bytes(content[8:10], "little"), int.from_bytes(content[6:8], "little")
    return claimed_size(content)


def _opened(picture: Picture) -> Size | None:
    """Of formats that Pillow or pydicom open, and of headers behind much else."""
    found = _by_pillow(picture)
    if found and found.orientation < LYING:
        return found
    # Pillow gives some formats turned and others as they lie: what lies is read as it will be trained on.
    try:
        content = picture.read()
    except DataError:
        return None
    height, width = claimed_size(content)
    if found and content[:2] == _JPEG:
        height, width = width, height
    return Size(height, width, found.orientation if found else 1) if height and width else None


def _by_pillow(picture: Picture) -> Size | None:
    """As the picture is stored, by Pillow, which reads the header of a file and no more."""
    from PIL import Image

    source = picture.path if picture.content is None else io.BytesIO(picture.content)
    if source is None:
        return None
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(source) as image:
            orientation = int(image.getexif().get(ORIENTATION, 1))
            return Size(image.height, image.width, orientation if 1 <= orientation <= 8 else 1)
    except (OSError, ValueError, SyntaxError, TypeError, Image.DecompressionBombError):
        return None  # what cannot be opened is named where it is decoded
