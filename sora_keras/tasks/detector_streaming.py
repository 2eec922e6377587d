"""Detections of many pictures or of a video, written as they are found."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sora_keras.errors import DataError, ParameterError
from sora_keras.files import new_file
from sora_keras.parameters import check_number
from sora_keras.tasks.detector_copies import Keep, copying

if TYPE_CHECKING:
    from sora_keras.detections import Detections

_SUFFIXES = (".jsonl", ".ndjson")
_LISTED = 10


class Detector(Protocol):
    """What is asked: `stream(X, every=…)` gives detections one by one, with `error` where a picture cannot be read."""

    @property
    def stream(self) -> Callable[..., Iterator[Detections]]: ...


@dataclass
class _Tally:
    """How many were written, and what went wrong with the first of those that went wrong."""

    written: int = 0
    unread: int = 0
    undrawn: int = 0
    reasons: list[str] = field(default_factory=list)

    def note(self, one: Detections, reason: str) -> None:
        if len(self.reasons) < _LISTED:
            self.reasons.append(reason if reason.startswith(one.source) else f"{one.source}: {reason}")

    def __str__(self) -> str:
        parts = [f"{self.unread:,} of {self.written:,} could not be read"] if self.unread else []
        parts += [f"no copy could be drawn of {self.undrawn:,}"] if self.undrawn else []
        more = "; …" if self.unread + self.undrawn > len(self.reasons) else ""
        listed = "; ".join(reason.rstrip(".") for reason in self.reasons)
        return f"{' and '.join(parts)} ({listed}{more})"


def stream_to(
    detector: Detector, X: Any, path: str | os.PathLike[str], *, copies: str | os.PathLike[str] | None = None,
    every: int = 1, overwrite: bool = False, **asked: Any,
) -> Path:  # fmt: skip
    """Write what is found in pictures or a video, a line of JSON each, in bounded memory.

    Args:
        X: a folder, a glob, a list of pictures, or a video file.
        path: the file of lines, ending in .jsonl; see `Detections.to_dict`. A line of a picture that cannot be read
            has `"error"` instead of what was found.
        copies: a folder for copies with their boxes drawn: by the names of the pictures, in their sub-folders; what has
            no name, and frames, by number from 0. Of a video also a path that ends in .mp4, without its sound. None
            draws none.
        every: of a video, 3 takes the first frame, the fourth, and so on.
        overwrite: replace files that are there, and a folder that was made here.
        asked: what else `stream` takes, such as `threshold`.

    Returns:
        The path.

    Raises:
        ParameterError: another ending, or copies would come among what is read. DataError: nothing can be read.
        SaveError: there is such a file or folder, or the disk refused. Nothing is left of what was written then.
    """
    if Path(path).suffix.lower() not in _SUFFIXES:
        raise ParameterError(f"path must end in {' or '.join(_SUFFIXES)}. Received: {os.fspath(path)!r}")
    check_number("every", every, least=1, whole=True)
    tally = _Tally()
    with (
        new_file(path, overwrite=overwrite) as working,
        copying(X, copies, every=every, overwrite=overwrite) as keep,
        working.open("w", encoding="utf-8") as lines,
    ):
        for one in detector.stream(X, every=every, **asked):
            lines.write(json.dumps(one.to_dict(), ensure_ascii=False) + "\n")
            _keep(one, keep, tally)
            tally.written += 1
        if tally.unread == tally.written:
            raise DataError(f"Nothing was written: {tally}." if tally.written else "There was no picture to read.")
    if tally.reasons and getattr(detector, "verbose", True):
        print(f"{tally}.")
    return Path(path)


def _keep(one: Detections, keep: Keep, tally: _Tally) -> None:
    """A copy of what was read; one that cannot be drawn does not stop the others."""
    if one.error:
        tally.unread += 1
        tally.note(one, one.error)
        return
    try:
        keep(one, tally.written)
    except DataError as error:
        tally.undrawn += 1
        tally.note(one, str(error))
