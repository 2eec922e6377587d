"""Copies of pictures and videos with what was found in them drawn."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sora_keras.errors import ParameterError, SaveError, require
from sora_keras.files import new_file, new_folder

if TYPE_CHECKING:
    from sora_keras.detections import Detections

Keep = Callable[["Detections", int], None]  # the second is the place among all that are read, from 0

_MARK = "copies.txt"
_VIDEO = ".mp4"
# What Pillow writes in full colour under this suffix; copies of others are PNG.
_WRITTEN = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
_QUALITY = 92  # of JPEG and WebP
_CLOCK = 60_000  # ticks a second, in which the usual frame rates are whole; MPEG-4 allows 65,535 at most


@contextmanager
def copying(X: Any, copies: str | os.PathLike[str] | None, *, every: int, overwrite: bool) -> Iterator[Keep]:
    """What keeps a copy of each: in a folder, or as a video where `copies` ends in .mp4; None keeps none.

    Args:
        X: what is read, which says how copies are named. every: of a video, each so-manieth frame comes.

    Raises:
        ParameterError: a video of what is none, or copies would come among what is read.
        MissingExtraError: a video is asked for, and the package `av` is not installed.
        SaveError: there is such a file or folder, or the disk refused.
    """
    from sora_keras.data.frames import VIDEOS, frame_rate, is_video

    if copies is None:
        yield _no_copy
        return
    source = Path(os.path.expanduser(X)) if isinstance(X, str | os.PathLike) else None
    target = Path(copies)
    _check_apart(source, target)
    video = is_video(source)
    if target.suffix.lower() not in VIDEOS:
        with new_folder(target, overwrite=overwrite, mark=_MARK) as folder:
            (folder / _MARK).write_text("Copies with what a detector of Sora Keras found in them.\n", encoding="utf-8")
            yield _Folder(folder, source if source is not None and source.is_dir() else None)
        return
    if source is None or not video or target.suffix.lower() != _VIDEO:
        raise ParameterError(
            f"copies must be a folder, or for a video a path that ends in {_VIDEO}. Received: {os.fspath(copies)!r}"
        )
    av = require("av", "video")
    try:
        rate = frame_rate(source) / every
        with new_file(target, overwrite=overwrite) as working, _Video(av, working, rate) as keep:
            yield keep
    except av.FFmpegError as error:
        raise SaveError(f"Could not write {target}: {error.strerror or error}. Nothing was changed there.") from error


def _no_copy(one: Detections, place: int) -> None:
    pass


def _check_apart(source: Path | None, target: Path) -> None:
    """Refuse copies that would replace what is read, or be read by the next run."""
    if source is None:
        return
    read, written = source.resolve(), target.resolve()
    if written == read or (read.is_dir() and read in written.parents):
        raise ParameterError(f"copies must lie apart from what is read, {source}. Received: {os.fspath(target)!r}")


class _Folder:
    """Copies in a folder: under the names of the pictures, frames under their numbers.

    root: the folder of the pictures, whose sub-folders are kept.
    """

    def __init__(self, folder: Path, root: Path | None) -> None:
        self.folder, self.root = folder, root
        self.taken = {_MARK}

    def __call__(self, one: Detections, place: int) -> None:
        image = one.plot()
        path = self.folder / self._free(self._wanted(one, place))
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path, quality=_QUALITY)

    def _free(self, wanted: Path) -> Path:
        """A name that no other copy has, whatever case the file system minds."""
        name, number = wanted, 1
        while name.as_posix().lower() in self.taken:
            number += 1
            name = wanted.with_stem(f"{wanted.stem}_{number}")
        self.taken.add(name.as_posix().lower())
        return name

    def _wanted(self, one: Detections, place: int) -> Path:
        if one.frame is not None:
            return Path(f"{one.frame:06d}.jpg")
        if one.picture is None or not one.picture.path:
            return Path(f"{place:06d}.png")
        path = Path(one.picture.path)
        inside = self.root is not None and path.is_relative_to(self.root)
        name = path.relative_to(self.root) if self.root is not None and inside else Path(path.name)
        return name if name.suffix.lower() in _WRITTEN else name.with_suffix(".png")


class _Video:
    """Copies as frames of a video, shown when those of the original are."""

    def __init__(self, av: Any, path: Path, rate: Fraction) -> None:
        self.av, self.path, self.rate = av, path, rate
        self.container: Any = None
        self.stream: Any = None
        self.last = -1

    def __enter__(self) -> _Video:
        return self

    def __call__(self, one: Detections, place: int) -> None:
        image = one.plot()
        if self.container is None:
            self._open(image.size)
        size = (self.stream.width, self.stream.height)
        # What is left over by an odd side is cut off; a size that changes midway is brought to the first.
        odd = (image.width // 2 * 2, image.height // 2 * 2) == size
        image = image.crop((0, 0, *size)) if odd else image.resize(size)
        frame = self.av.VideoFrame.from_image(image)
        self.last = max(self.last + 1, round((one.seconds or 0.0) * _CLOCK))
        frame.pts, frame.time_base = self.last, Fraction(1, _CLOCK)
        self.container.mux(self.stream.encode(frame))

    def _open(self, size: tuple[int, int]) -> None:
        self.container = self.av.open(f"file:{self.path}", "w")
        codec = "libx264" if "libx264" in self.av.codecs_available else "mpeg4"
        self.stream = self.container.add_stream(codec, rate=self.rate.limit_denominator(_CLOCK))
        self.stream.width, self.stream.height = (max(2, side // 2 * 2) for side in size)
        self.stream.pix_fmt = "yuv420p"
        self.stream.codec_context.time_base = Fraction(1, _CLOCK)

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if self.container is None:
            return
        try:
            if kind is None:
                self.container.mux(self.stream.encode())
        finally:
            self.container.close()
