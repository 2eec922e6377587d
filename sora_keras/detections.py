"""What a detector finds in one picture, as a person reads it."""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.errors import DataError, MissingExtraError, ParameterError, nearest
from sora_keras.pages import LabelledBox, Tile, draw_boxes, render

if TYPE_CHECKING:
    from sora_keras.data import Picture

_SIDES = (320, 640)  # pixels of the longer side in notebooks, at least and at most
_NAMED, _ROWS = 10, 20  # how many `str` names, and how many rows a notebook shows
_NAMES = ("label", "score", "left", "top", "right", "bottom")


@dataclass(frozen=True)
class Detection:
    """One thing: its class, the score that it was found with, 0 to 1, and its corners in pixels of the picture."""

    label: str
    score: float
    left: float
    top: float
    right: float
    bottom: float

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        return self.left, self.top, self.right, self.bottom

    def __str__(self) -> str:
        return f"{self.label} ({self.score:.0%})"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        box = [round(value, 2) for value in self.corners]
        return {"label": self.label, "score": round(self.score, 6), "box": box}


@dataclass(frozen=True)
class Detections:
    """What was found in a picture, the surest first.

    Args:
        found: the detections. picture: what they were found in; size: its height and width in pixels, upright.
        classes: all that the detector knows, which give each its colour in every picture.
        source: the path or name of the picture or video. frame: of a video, from 0; seconds: when it is shown.
        error: why the picture cannot be read; empty where it was.

    Example:
        >>> found = det("street.jpg")
        >>> print(found)
        car (97%), car (93%), person (61%)
        >>> found.plot().save("found.png")
    """

    found: tuple[Detection, ...]
    picture: Picture | None = field(default=None, repr=False, compare=False)
    size: tuple[int, int] = (0, 0)
    classes: tuple[str, ...] = field(default=(), repr=False)
    source: str = ""
    frame: int | None = None
    seconds: float | None = None
    error: str = ""

    @property
    def corners(self) -> np.ndarray:
        """(found, 4) float32: left, top, right and bottom."""
        return np.array([one.corners for one in self.found], np.float32).reshape(-1, 4)

    @property
    def labels(self) -> list[str]:
        """The classes of what was found."""
        return [one.label for one in self.found]

    @property
    def scores(self) -> list[float]:
        """The scores, which fall."""
        return [one.score for one in self.found]

    @property
    def counts(self) -> dict[str, int]:
        """How many of each class were found, the most first."""
        return dict(Counter(self.labels).most_common())

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[Detection]:
        return iter(self.found)

    def __getitem__(self, place: int) -> Detection:
        return self.found[place]

    def __str__(self) -> str:
        if self.error:
            return f"not read: {self.error}"
        more = f" and {len(self) - _NAMED:,} more" if len(self) > _NAMED else ""
        return (", ".join(map(str, self.found[:_NAMED])) or "nothing found") + more

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON: where, then the picture's sides and what was found, or the error."""
        answer = (
            {"error": self.error}
            if self.error
            else {"height": self.size[0], "width": self.size[1], "found": [one.to_dict() for one in self.found]}
        )
        return {**self._where(), **answer}

    def to_df(self) -> Any:
        """A pandas data frame, a row a detection: where, then `label`, `score`, `left`, `top`, `right`, `bottom`.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise MissingExtraError(
                "A data frame needs the package 'pandas', which is not installed. Install it with: pip install pandas"
            ) from error
        where = self._where()
        rows = [[*where.values(), one.label, one.score, *one.corners] for one in self.found]
        return pandas.DataFrame(rows, columns=[*where, *_NAMES])

    def to_coco(self, image_id: int = 0, category_ids: Mapping[str, int] | None = None) -> list[dict[str, Any]]:
        """Entries of COCO's list of results (https://cocodataset.org/#format-results).

        Args:
            image_id: of the picture. category_ids: the number of each class; None counts `classes` from 1.

        Raises:
            ParameterError: a class has no number.
        """
        given = {name: place for place, name in enumerate(self._classes, 1)} if category_ids is None else category_ids
        for label in self.counts.keys() - given.keys():
            raise ParameterError(f"category_ids has no number for {label!r}.{nearest(label, given)}")
        return [
            {
                "image_id": image_id,
                "category_id": int(given[one.label]),
                "bbox": [round(value, 2) for value in (one.left, one.top, one.right - one.left, one.bottom - one.top)],
                "score": round(one.score, 6),
            }
            for one in self.found
        ]

    def crops(self) -> list[Any]:
        """What stands in each box, as Pillow images of at least one pixel.

        Raises:
            DataError: there is no picture, or it cannot be decoded.
        """
        image = self._image()
        scale = self._scale(image)
        return [image.crop(_whole(_scaled(one, scale), image.size)) for one in self.found]

    def plot(self, side: int | None = None) -> Any:
        """The picture with its boxes, as a Pillow image; where labels would cover one another, those of the surer.

        Args:
            side: pixels of the longer side of what is drawn; None keeps the picture's own.

        Raises:
            DataError: there is no picture, or it cannot be decoded.
        """
        image = self._image()
        return self._drawn(image if side is None else _resized(image, side))

    @property
    def _classes(self) -> tuple[str, ...]:
        """All classes; those that `classes` lacks come behind it."""
        return (*self.classes, *sorted(set(self.labels) - set(self.classes)))

    def _where(self) -> dict[str, Any]:
        """Those of `source`, `frame` and `seconds` that there are."""
        seconds = None if self.seconds is None else round(self.seconds, 3)
        facts = {"source": self.source or None, "frame": self.frame, "seconds": seconds}
        return {name: value for name, value in facts.items() if value is not None}

    def _image(self) -> Any:
        from sora_keras.data.thumbnails import shown

        if self.picture is None:
            raise DataError("There is no picture to draw on: these detections were made without one.")
        return shown(self.picture.read()).convert("RGB")

    def _drawn(self, image: Any) -> Any:
        scale = self._scale(image)
        places = {label: place for place, label in enumerate(self._classes)}
        boxes = [
            LabelledBox(_scaled(one, scale), one.label, f"({one.score:.0%})", places[one.label]) for one in self.found
        ]
        draw_boxes(image, boxes)
        return image

    def _scale(self, image: Any) -> np.ndarray:
        """From pixels of the picture that was answered to those of an image of it, for corners."""
        height, width = self.size if all(self.size) else (image.height, image.width)
        return np.array([image.width / width, image.height / height] * 2)

    def _repr_png_(self) -> bytes | None:
        """The picture with its boxes, as notebooks and reports show it; None where there is none."""
        try:
            image = self._image()
        except DataError:
            return None
        target = io.BytesIO()
        self._drawn(_resized(image, int(np.clip(max(image.size), *_SIDES)))).save(target, "PNG")
        return target.getvalue()

    def _repr_html_(self) -> str:
        png = None if self.error else self._repr_png_()
        said = ", ".join(f"{count:,} × {label}" for label, count in self.counts.items()) or str(self)
        first = self.found[:_ROWS]
        rows = [(one.label, f"{one.score:.0%}", [f"{value:.0f}" for value in one.corners]) for one in first]
        source = Tile(png).source if png else ""
        more = len(self) - len(first)
        return render("pages", "detections.html", source=source, name=self._name, said=said, rows=rows, more=more)

    @property
    def _name(self) -> str:
        """The picture without its folders; of a video the frame and when it is shown too."""
        parts = [os.path.basename(self.source)]
        parts += [f"frame {self.frame:,}"] if self.frame is not None else []
        parts += [f"at {self.seconds:.2f} s"] if self.seconds is not None else []
        return " ".join(filter(None, parts))


def _resized(image: Any, side: int) -> Any:
    """With the longer side of so many pixels; pixels stay sharp where it grows."""
    from PIL import Image

    scale = side / max(image.size)
    if scale == 1:
        return image
    size = [max(1, round(value * scale)) for value in image.size]
    return image.resize(size, Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS)


def _scaled(one: Detection, scale: np.ndarray) -> tuple[float, float, float, float]:
    left, top, right, bottom = (float(value) for value in np.array(one.corners) * scale)
    return left, top, right, bottom


def _whole(corners: Sequence[float], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Whole pixels within an image (width, height), at least one."""
    left, top, right, bottom = map(round, corners)
    left, top = min(max(left, 0), size[0] - 1), min(max(top, 0), size[1] - 1)
    return left, top, max(left + 1, min(right, size[0])), max(top + 1, min(bottom, size[1]))
