"""Boxes drawn on a picture, each with what stands in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sora_keras.pages.fonts import pillow_font

# Okabe and Ito (2008) without black, neighbours as far apart as may be; an eighth class begins anew.
COLOURS = ("#E69F00", "#56B4E9", "#CC79A7", "#F0E442", "#0072B2", "#D55E00", "#009E73")
_RIM = "#000000"
_SMALLEST = 11  # pixels of letters that can still be read
_LABELLED = 30  # boxes of a picture that labels leave something of

Area = tuple[int, int, int, int]


@dataclass(frozen=True)
class LabelledBox:
    """One box.

    Args:
        corners: left, top, right and bottom in pixels of the image. title: its class; note: what follows it.
        place: of the class among all of them: it has that colour, and its number where no font has the letters.
    """

    corners: tuple[float, float, float, float]
    title: str = ""
    note: str = ""
    place: int = 0

    @property
    def colour(self) -> str:
        """Of its lines, and behind its label."""
        return COLOURS[self.place % len(COLOURS)]


def draw_boxes(image: Any, boxes: Sequence[LabelledBox]) -> None:
    """Draw boxes on a Pillow image in RGB, the first on top, with their labels inside of the image.

    Where labels would cover one another, those of the first boxes are drawn. More than 30 would hide the picture: then
    the corner with the fewest boxes says how many there are of each class.
    """
    from PIL import ImageDraw

    draw = ImageDraw.Draw(image)
    for box in reversed(boxes):
        _outline(draw, box, image.size)
    (_write_labels if len(boxes) <= _LABELLED else _write_counts)(draw, boxes, image.size)


def _write_labels(draw: Any, boxes: Sequence[LabelledBox], size: tuple[int, int]) -> None:
    taken: list[Area] = []
    for box in boxes:
        label = _label(box.title, box.note, box.place, size)
        free = (area for area in _places(box, label, size) if not any(meet(area, other) for other in taken))
        if label.text and (area := next(free, None)):
            taken.append(area)
            _write(draw, label, area, box.colour)


def _write_counts(draw: Any, boxes: Sequence[LabelledBox], size: tuple[int, int]) -> None:
    counts = Counter((box.title, box.place) for box in boxes).most_common()
    labels = [_label(title, f"× {count:,}", place, size) for (title, place), count in counts]
    labels = labels[: max(1, size[1] // labels[0].height)]
    width, height = max(label.width for label in labels), sum(label.height for label in labels)
    corners = [(x, y) for y in (0, max(0, size[1] - height)) for x in (0, max(0, size[0] - width))]
    covered = [sum(meet((x, y, x + width, y + height), box.corners) for box in boxes) for x, y in corners]
    x, y = corners[covered.index(min(covered))]
    for label, ((_, place), _) in zip(labels, counts, strict=False):
        _write(draw, label, (x, y, x + width, y + label.height), COLOURS[place % len(COLOURS)])
        y += label.height


def _outline(draw: Any, box: LabelledBox, size: tuple[int, int]) -> None:
    left, right = (min(max(round(value), 0), size[0]) for value in box.corners[::2])
    top, bottom = (min(max(round(value), 0), size[1]) for value in box.corners[1::2])
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    width = max(1, min(max(2, round(max(size) / 300)), (right - left) // 8, (bottom - top) // 8))
    # The rim sets the colour off from a picture that has the same.
    draw.rectangle((left - 1, top - 1, right, bottom), outline=_RIM)
    draw.rectangle((left, top, right - 1, bottom - 1), outline=box.colour, width=width)


@dataclass(frozen=True)
class _Label:
    text: str
    font: Any

    @property
    def padding(self) -> int:
        return max(2, round(self.font.size / 6))

    @property
    def width(self) -> int:
        return round(self.font.getlength(self.text)) + 2 * self.padding

    @property
    def height(self) -> int:
        return int(sum(self.font.getmetrics()))


def _label(title: str, note: str, place: int, size: tuple[int, int]) -> _Label:
    """A label as this machine can write it, cut to what the image has room for; without text where it has none."""
    from PIL import ImageFont

    pixels = max(_SMALLEST, round(max(size) / 55))
    title = " ".join(title.split())
    font = pillow_font(f"{title}…{note} ", pixels)
    if font is None:
        title = f"#{place + 1}"
        font = pillow_font(f"{title}…{note} ", pixels) or ImageFont.load_default(pixels)
    texts = [f"{title} {note}".strip(), *(f"{title[:end]}…" for end in range(len(title) - 1, 0, -1))]
    return next((one for text in texts if (one := _Label(text, font)).width <= size[0]), _Label("", font))


def _places(box: LabelledBox, label: _Label, size: tuple[int, int]) -> Iterator[Area]:
    """Where a label may stand: above the box, within it at its top, below it, or beside its upper corners."""
    width, height = label.width, label.height
    left, top, right, bottom = (round(value) for value in box.corners)
    for x, y in ((left, top - height), (left, top), (left, bottom), (right, top), (left - width, top)):
        if 0 <= y <= size[1] - height:
            yield _area(x, y, label, size)
    yield _area(left, top, label, size)


def _area(x: int, y: int, label: _Label, size: tuple[int, int]) -> Area:
    """What a label covers that begins there, or as near as it stays inside of the image."""
    x, y = max(0, min(x, size[0] - label.width)), max(0, min(y, size[1] - label.height))
    return x, y, x + label.width, y + label.height


def _write(draw: Any, label: _Label, area: Area, colour: str) -> None:
    draw.rectangle((area[0], area[1], area[2] - 1, area[3] - 1), fill=colour)
    draw.text((area[0] + label.padding, area[1]), label.text, fill=_ink(colour), font=label.font)


def meet(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two areas share a place; left, top, right and bottom each."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _ink(colour: str) -> str:
    """Black or white, whichever is read better on this colour, by the contrast of WCAG 2."""
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "black" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "white"
