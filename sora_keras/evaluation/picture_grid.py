"""Pictures side by side with their titles: as HTML, or as one PNG."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path

from sora_keras.evaluation.fonts import drawable, short
from sora_keras.evaluation.plots import INK, VERMILION, style
from sora_keras.files import write_as
from sora_keras.pages import Tile, render

_INCHES, _TITLE = 1.35, 0.35
_LONGEST = 22


@dataclass(frozen=True, eq=False, repr=False)
class PictureGrid:
    """Pictures in rows, as a notebook shows them and as a file.

    Args:
        tiles: the pictures, row by row. columns: how many make a row. heading: above all of them.

    Example:
        >>> report.gallery.mistakes.save("mistakes.png")
    """

    tiles: tuple[Tile, ...]
    columns: int = 8
    heading: str = ""

    def __len__(self) -> int:
        return len(self.tiles)

    def __repr__(self) -> str:
        return f"PictureGrid({len(self)} pictures{f', {self.heading!r}' if self.heading else ''})"

    def to_png(self) -> bytes:
        """All in one picture; what no font of this machine can write becomes its number."""
        import matplotlib
        from matplotlib.figure import Figure
        from PIL import Image

        rows = max(1, -(-len(self) // self.columns))
        images = [Image.open(io.BytesIO(tile.png)).convert("RGB") for tile in self.tiles]
        tallest = min(1.5, max((image.height / image.width for image in images), default=1.0))
        target = io.BytesIO()
        with matplotlib.rc_context(style()):
            size = (_INCHES * self.columns, (_INCHES * tallest + _TITLE) * rows + _TITLE)
            figure = Figure(figsize=size, layout="constrained")
            places = figure.subplots(rows, self.columns, squeeze=False).ravel()
            titles = drawable([f"{tile.title} {tile.note}".strip() for tile in self.tiles])
            for axes in places[len(self) :]:
                axes.set_axis_off()
            for axes, image, tile, title in zip(places, images, self.tiles, titles, strict=False):
                axes.imshow(image, interpolation="nearest")
                axes.set_title(wrapped(title, _LONGEST), fontsize=7, fontweight="normal", color=INK)
                axes.set(xticks=[], yticks=[])
                axes.spines[:].set(visible=tile.marked, color=VERMILION, linewidth=2)
            if self.heading:
                figure.suptitle(drawable([self.heading])[0].replace("$", r"\$"), fontsize=10)
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
        return render("evaluation", "grid.html", grid=self)


def wrapped(title: str, longest: int) -> str:
    """On up to three lines of so many letters, so that neighbours do not run into each other."""
    import textwrap

    lines = textwrap.wrap(title, longest)
    return "\n".join(short(line, longest + 1) for line in (lines[:3] if len(lines) <= 3 else [*lines[:2], "…"]))
