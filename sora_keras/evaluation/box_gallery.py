"""Pictures with the boxes that are there and those that were found: as HTML, or as one PNG."""

from __future__ import annotations

import base64
import io
import os
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.data.boxes import Boxes
from sora_keras.evaluation.box_errors import CROWD, IGNORED, MISSED, MISTAKEN, RIGHT, Matched, WorstPicture
from sora_keras.evaluation.box_wording import caption
from sora_keras.evaluation.fonts import can_draw, drawable
from sora_keras.evaluation.page import fill
from sora_keras.evaluation.picture_grid import wrapped
from sora_keras.evaluation.plots import BLUE, INK, ORANGE, style
from sora_keras.evaluation.wording import percent
from sora_keras.files import write_as
from sora_keras.pages import meet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from PIL.Image import Image

# Each on a rim of its own, so that it stands out from dark and from light pictures; true ones are broken lines, so that
# a found box shows below the true one that it meets.
TRUE, FOUND = (BLUE, "#ffffff"), (ORANGE, "#000000")
# A drawing has 320 units on its longer side, which a page shows as about as many pixels; the photograph has twice that.
_UNITS, _PIXELS = 320, 640
_LETTER, _CHIP, _LONGEST = 10.5, 14.0, 24
_COLUMNS, _INCHES = 3, 3.6


@dataclass(frozen=True)
class DrawnBox:
    """A box in units of its drawing; label: empty where it has none, or no room for it; at: the label's corner."""

    left: float
    top: float
    width: float
    height: float
    true: bool
    wrong: bool
    label: str = ""
    at: tuple[float, float] = (0.0, 0.0)

    @property
    def label_width(self) -> float:
        """How wide its label is."""
        wide = sum(1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.56 for letter in self.label)
        return _LETTER * wide + 6


@dataclass(frozen=True, eq=False)
class BoxPicture:
    """One picture and its boxes. row: its place in the test data; width, height: of the drawing."""

    row: int
    title: str
    note: str
    jpeg: bytes
    width: float
    height: float
    boxes: tuple[DrawnBox, ...]

    @property
    def source(self) -> str:
        """The photograph as an address that needs no network."""
        return f"data:image/jpeg;base64,{base64.b64encode(self.jpeg).decode()}"


@dataclass(frozen=True, eq=False, repr=False)
class BoxGallery:
    """Pictures with their boxes, true and found, as a notebook shows them and as a file.

    Example:
        >>> report.gallery.save("worst.png")
    """

    pictures: tuple[BoxPicture, ...]

    def __len__(self) -> int:
        return len(self.pictures)

    def __repr__(self) -> str:
        return f"BoxGallery({len(self)} pictures)"

    def to_png(self) -> bytes:
        """All in one picture; what no font of this machine can write becomes its number."""
        import matplotlib
        from matplotlib.figure import Figure

        rows = max(1, -(-len(self) // _COLUMNS))
        target = io.BytesIO()
        with matplotlib.rc_context(style()):
            figure = Figure(figsize=(_INCHES * _COLUMNS, (_INCHES + 0.5) * rows), layout="constrained")
            places = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
            titles = drawable([f"{picture.title} {picture.note}".strip() for picture in self.pictures])
            for axes in places:
                axes.set_axis_off()
            for axes, picture, title in zip(places, self.pictures, titles, strict=False):
                _draw(axes, picture)
                axes.set_title(wrapped(title, 52), fontsize=8, fontweight="normal", color=INK)
            figure.suptitle("broken blue: true boxes; orange: found boxes; thick and named: errors", fontsize=9)
            figure.savefig(target, format="png", dpi=110, metadata={"Software": None})
        return target.getvalue()

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the PNG.

        Raises:
            ParameterError: the path does not end in .png. SaveError: it exists, or the disk refused.
        """
        return write_as(path, {".png": self.to_png}, overwrite=overwrite)

    def _repr_png_(self) -> bytes:
        return self.to_png()

    def _repr_html_(self) -> str:
        return fill("box_grid.html", grid=self, true_ink=TRUE, found_ink=FOUND)


def make_box_gallery(
    worst: Sequence[WorstPicture], matched: Sequence[Matched], truth: Sequence[Boxes], picture: Callable[[int], Image]
) -> BoxGallery:  # fmt: skip
    """Draw the worst pictures.

    Args:
        matched, truth: of every picture. picture: one of them, upright; it may be smaller than the picture that the
            boxes are of, where its `truth` has the `size` of that.
    """
    return BoxGallery(tuple(_drawn(one, matched[one.row], truth[one.row], picture(one.row)) for one in worst))


def _drawn(one: WorstPicture, matched: Matched, truth: Boxes, image: Image) -> BoxPicture:
    height, width = truth.size if all(truth.size) else (image.height, image.width)
    scale = _UNITS / max(height, width)
    wide, high = round(scale * width, 1), round(scale * height, 1)
    boxes = [_fit(box, wide, high) for box in (*_found_boxes(matched, scale), *_true_boxes(matched, scale))]
    # Errors lie above what is right.
    boxes.sort(key=lambda box: box.wrong)
    labelled = tuple(_with_labels(boxes, wide, high))
    return BoxPicture(one.row, one.name, caption(one.errors), _jpeg(image), wide, high, labelled)


def _found_boxes(matched: Matched, scale: float) -> Iterator[DrawnBox]:
    found = matched.found
    for corners, label, score, verdict in zip(
        found.corners, found.labels, found.scores, matched.verdicts, strict=True
    ):  # fmt: skip
        wrong = verdict not in (RIGHT, IGNORED)
        yield _box(scale * corners, true=False, wrong=wrong, label=f"{_cut(label)} {percent(score)}" if wrong else "")


def _true_boxes(matched: Matched, scale: float) -> Iterator[DrawnBox]:
    for corners, label, fate in zip(matched.corners, matched.labels, matched.fates, strict=True):
        wrong = fate in (MISTAKEN, MISSED)
        named = f"crowd of {_cut(label)}" if fate == CROWD else _cut(label)
        yield _box(scale * corners, true=True, wrong=wrong, label=named if wrong or fate == CROWD else "")


def _box(corners: np.ndarray, *, true: bool, wrong: bool, label: str) -> DrawnBox:
    left, top, right, bottom = (float(value) for value in corners)
    return DrawnBox(left, top, right - left, bottom - top, true, wrong, label)


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"


def _fit(box: DrawnBox, width: float, height: float) -> DrawnBox:
    """What lies in the drawing."""
    left, right = np.clip([box.left, box.left + box.width], 0, width).round(1).tolist()
    top, bottom = np.clip([box.top, box.top + box.height], 0, height).round(1).tolist()
    return replace(box, left=left, top=top, width=round(right - left, 1), height=round(bottom - top, 1))


def _with_labels(boxes: Sequence[DrawnBox], width: float, height: float) -> Iterator[DrawnBox]:
    """The boxes with their labels where these cover no other, and no small error; the largest boxes choose first."""
    small = (box for box in boxes if box.wrong and box.height < 2 * _CHIP)
    taken = [(box.left, box.top, box.left + box.width, box.top + box.height) for box in small]
    ways: dict[int, tuple[float, float] | None] = {}
    for place in sorted(range(len(boxes)), key=lambda i: -boxes[i].width * boxes[i].height):
        box = boxes[place]
        for x, y in _corners_for(box, width) if box.label else ():
            chip = (x, y, x + box.label_width, y + _CHIP)
            if y >= 0 and chip[3] <= height and chip[2] <= width and not any(meet(chip, other) for other in taken):
                taken.append(chip)
                ways[place] = (round(x, 1), round(y, 1))
                break
    for place, box in enumerate(boxes):
        at = ways.get(place)
        yield replace(box, label="") if at is None else replace(box, at=at)


def _corners_for(box: DrawnBox, width: float) -> list[tuple[float, float]]:
    """Where a label may stand: a found box's above it, a true one's below; else inside, else on the other side."""
    left = min(max(box.left, 0.0), max(width - box.label_width, 0.0))
    right = max(box.left + box.width - box.label_width, 0.0)
    above, below = box.top - _CHIP, box.top + box.height
    inside = below - _CHIP if box.true else box.top
    first, last = (below, above) if box.true else (above, below)
    return [(left, first), (left, inside), (right, first), (right, inside), (left, last)]


def _jpeg(image: Image) -> bytes:
    small, target = image.convert("RGB"), io.BytesIO()
    small.thumbnail((_PIXELS, _PIXELS))
    small.save(target, "JPEG", quality=82)
    return target.getvalue()


def _draw(axes: Axes, picture: BoxPicture) -> None:
    from matplotlib.patches import Rectangle
    from matplotlib.patheffects import withStroke
    from PIL import Image

    with Image.open(io.BytesIO(picture.jpeg)) as image:
        axes.imshow(image, extent=(0, picture.width, picture.height, 0))
    for box in picture.boxes:
        colour, rim = TRUE if box.true else FOUND
        thick = 2.0 if box.wrong else 1.0
        look: dict[str, Any] = {"linestyle": (0, (4, 2.5))} if box.true else {}
        rims = [withStroke(linewidth=thick + 1.2, foreground=rim, alpha=0.7)]
        axes.add_patch(Rectangle((box.left, box.top), box.width, box.height, fill=False, edgecolor=colour,
                                 linewidth=thick, path_effects=rims, **look))  # fmt: skip
        if box.label and can_draw(box.label):
            axes.text(
                box.at[0] + 3, box.at[1] + _CHIP / 2, box.label.replace("$", r"\$"), fontsize=6.5, va="center_baseline",
                color="white" if box.true else "black",
                bbox={"facecolor": colour, "edgecolor": "none", "boxstyle": "square,pad=0.2"},
            )  # fmt: skip
