"""A video's frames as pictures, one by one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sora_keras.data.picture import Picture, encode
from sora_keras.data.picture_header import MOST_PIXELS, too_many
from sora_keras.data.thumbnails import plain
from sora_keras.errors import DataError, NotFoundError, require
from sora_keras.parameters import check_number

VIDEOS = (
    ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts", ".wmv", ".flv", ".3gp",
    ".ogv",
)  # fmt: skip
_GIF = ".gif"
_RATE = 25  # frames a second where a file says nothing
_PAUSE = 100  # milliseconds of a GIF's frame that names none, as browsers show it


class Frame(NamedTuple):
    """One frame: its number in the video, from 0, the seconds since the first, and what it shows, upright."""

    number: int
    seconds: float
    picture: Picture


def is_video(X: Any) -> bool:
    """Whether this is the path of a video, by its suffix; of a GIF, whether it has several frames."""
    if not isinstance(X, str | os.PathLike):
        return False
    suffix = Path(os.fspath(X)).suffix.lower()
    return suffix in VIDEOS or (suffix == _GIF and _is_animated(Path(X)))


def read_frames(path: str | os.PathLike[str], *, every: int = 1) -> Iterator[Frame]:
    """The frames of a video file, of which one at a time is in memory.

    Args:
        path: what FFmpeg reads, or an animated GIF. every: 3 takes the first frame, the fourth, and so on.

    Raises:
        NotFoundError: there is no such file. MissingExtraError: the package `av` is not installed.
        DataError: it is no video, holds no frame, or breaks off; the frames before have been given then.
    """
    check_number("every", every, least=1, whole=True)
    place = _there(path)
    if place.suffix.lower() == _GIF:
        return _gif_frames(place, every)
    return _video_frames(require("av", "video"), place, every)


def frame_rate(path: str | os.PathLike[str]) -> Fraction:
    """How many frames a second a video has in the mean; a GIF, by how long it shows the first.

    Raises:
        NotFoundError: there is no such file. MissingExtraError: the package `av` is not installed.
        DataError: it is no video.
    """
    place = _there(path)
    if place.suffix.lower() == _GIF:
        with _opened_gif(place) as image:
            return 1000 / Fraction(_milliseconds(image))
    with _opened_video(require("av", "video"), place) as (_, stream):
        return Fraction(stream.average_rate or _RATE)


def _there(path: str | os.PathLike[str]) -> Path:
    place = Path(os.path.expanduser(path))
    if not place.is_file():
        raise NotFoundError(f"There is no video {place}.")
    return place


def _video_frames(av: Any, path: Path, every: int) -> Iterator[Frame]:
    number, start = -1, None
    with _opened_video(av, path) as (container, stream):
        try:
            for number, frame in enumerate(container.decode(stream)):
                start = frame.time if start is None else start
                if number % every == 0:
                    timed = frame.time is not None and start is not None
                    seconds = frame.time - start if timed else number / (stream.average_rate or _RATE)
                    yield Frame(number, float(seconds), Picture(content=encode(_upright(frame))))
        except av.FFmpegError as error:
            raise DataError(f"{path} breaks off after {number + 1:,} frames: {error.strerror or error}") from error
    if number < 0:
        raise DataError(f"{path} holds no frame.")


@contextmanager
def _opened_video(av: Any, path: Path) -> Iterator[tuple[Any, Any]]:
    """The file and its first stream of pictures."""
    try:
        # With the protocol, or FFmpeg takes what stands before a colon in a file's name for one.
        container = av.open(f"file:{path}")
    except av.FFmpegError as error:
        raise DataError(f"{path} is no video that can be opened: {error.strerror or error}") from error
    with container:
        stream = next(iter(container.streams.video), None)
        if stream is None:
            raise DataError(f"{path} holds no video: it has sound alone, or is cut short.")
        if stream.width * stream.height > MOST_PIXELS:
            raise too_many(stream.height, stream.width, str(path))
        stream.thread_type = "AUTO"
        yield container, stream


def _upright(frame: Any) -> np.ndarray:
    """The pixels, turned as the camera was held, by what the file says in degrees against the clock."""
    # Read backwards, so that a BMP, which holds blue first, is a plain copy.
    return np.rot90(frame.to_ndarray(format="bgr24")[..., ::-1], round(frame.rotation / 90))


def _gif_frames(path: Path, every: int) -> Iterator[Frame]:
    from PIL import ImageSequence

    milliseconds = 0
    with _opened_gif(path) as image:
        for number, frame in enumerate(ImageSequence.Iterator(image)):
            if number % every == 0:
                pixels = np.asarray(plain(frame).convert("RGB"))
                yield Frame(number, milliseconds / 1000, Picture(content=encode(pixels)))
            milliseconds += _milliseconds(frame)


@contextmanager
def _opened_gif(path: Path) -> Iterator[Any]:
    from PIL import Image

    try:
        with Image.open(path) as image:
            if image.height * image.width > MOST_PIXELS:
                raise too_many(image.height, image.width, str(path))
            yield image
    except (OSError, SyntaxError, EOFError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(f"{path} is no GIF that can be read to its end: {error}") from error


def _milliseconds(frame: Any) -> int:
    return frame.info.get("duration") or _PAUSE


def _is_animated(path: Path) -> bool:
    try:
        with _opened_gif(_there(path)) as image:
            return bool(getattr(image, "is_animated", False))
    except (DataError, NotFoundError):
        return False
