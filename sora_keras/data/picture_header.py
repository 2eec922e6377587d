"""How many pixels an encoded picture claims to have, read from its header without decoding anything."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from sora_keras.errors import DataError

# A little below the number from which Pillow warns. Decoded, a picture of this size takes 267 MB.
MOST_PIXELS = 89_000_000
# Frames of a JPEG: SOF0 to SOF15 without DHT, JPG and DAC (ITU T.81, table B.1).
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}

SEARCHED = 2**17  # bytes in which a JPEG's EXIF header is looked for: others, such as a colour profile, may come before
ORIENTATION, LYING = 0x0112, 5  # the tag of EXIF, and its first value that lies on its side


def check_pixels(content: bytes, name: str) -> None:
    """Refuse a picture that would fill the memory when it is decoded.

    Raises:
        DataError: the header claims more than `MOST_PIXELS`. Headers that say nothing are left to the decoder.
    """
    height, width = claimed_size(content)
    if height * width > MOST_PIXELS:
        raise too_many(height, width, name)


def too_many(height: int, width: int, name: str) -> DataError:
    """What is raised for a picture of more than `MOST_PIXELS`."""
    return DataError(
        f"{name} claims {width:,} × {height:,} pixels. At most {MOST_PIXELS:,} are decoded, so that a small file "
        "cannot fill the memory. Shrink it first."
    )


def claimed_size(content: bytes) -> tuple[int, int]:
    """The height and width that the header of a JPEG, PNG, GIF, BMP or WebP claims; (0, 0) where it has none.

    A GIF's frames, all of which the decoder unpacks, count together as one tall picture.
    """
    if content[:2] == b"\xff\xd8":
        return _jpeg_size(content)
    if content[:4] == b"\x89PNG":
        return _big(content, 20, 4), _big(content, 16, 4)
    if content[:4] == b"GIF8":
        return _gif_size(content)
    if content[:2] == b"BM":
        return _bmp_size(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _webp_size(content)
    return 0, 0


def _big(content: bytes, at: int, count: int) -> int:
    return int.from_bytes(content[at : at + count], "big")


def _little(content: bytes, at: int, count: int) -> int:
    return int.from_bytes(content[at : at + count], "little")


def _jpeg_size(content: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker in _JPEG_FRAMES:
            return _big(content, at + 5, 2), _big(content, at + 7, 2)
        # Bytes of 0xFF may fill the space before a marker; SOI, EOI, TEM and RST have no length.
        bare = marker in (0x01, 0xD8, 0xD9) or 0xD0 <= marker <= 0xD7
        at += 1 if marker == 0xFF else 2 if bare else 2 + _big(content, at + 2, 2)
    return 0, 0


def _bmp_size(content: bytes) -> tuple[int, int]:
    if _little(content, 14, 4) == 12:  # the header of OS/2
        return _little(content, 20, 2), _little(content, 18, 2)
    height = int.from_bytes(content[22:26], "little", signed=True)  # below 0 where the rows begin at the top
    return abs(height), _little(content, 18, 4)


def _webp_size(content: bytes) -> tuple[int, int]:
    kind = content[12:16]
    if kind == b"VP8X":
        return _little(content, 27, 3) + 1, _little(content, 24, 3) + 1
    if kind == b"VP8L":
        bits = _little(content, 21, 4)
        return (bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1
    return _little(content, 28, 2) & 0x3FFF, _little(content, 26, 2) & 0x3FFF


def _gif_size(content: bytes) -> tuple[int, int]:
    screen = (_little(content, 8, 2), _little(content, 6, 2))
    frames = list(_gif_frames(content))
    width = max(width for _, width in chain([screen], frames))
    area = sum(height * width for height, width in frames)
    return max(screen[0], -(-area // width) if width else 0), width


def _gif_frames(content: bytes) -> Iterator[tuple[int, int]]:
    """The height and width of each frame, from one block to the next."""
    at = 13 + _table(content, 10)
    while at < len(content) and content[at] in b"\x21\x2c":
        if content[at] == 0x21:  # an extension: its label, then pieces
            at += 2
        else:
            yield _little(content, at + 7, 2), _little(content, at + 5, 2)
            at += 11 + _table(content, at + 9)
        while at < len(content) and content[at]:
            at += 1 + content[at]
        at += 1


def _table(content: bytes, at: int) -> int:
    """The bytes of the colour table that these flags announce."""
    flags = _little(content, at, 1)
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
