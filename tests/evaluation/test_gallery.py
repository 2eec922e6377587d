"""The pictures of a report, and a grid of them as a file."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sora_keras.errors import ParameterError, SaveError
from sora_keras.evaluation import PictureGrid, Report
from sora_keras.pages import Tile
from tests.evaluation.conftest import CHINESE, answered, evaluate, labelled
from tests.evaluation.test_page import Tags
from tests.pictures import encoded, shapes


def draw(rows: np.ndarray) -> list[bytes | None]:
    """A picture for each row but the first, asked for in ascending order."""
    assert (np.diff(rows) > 0).all()
    pixels = shapes(1)[0][0]
    return [encoded(pixels) if row else None for row in rows]


@pytest.fixture(scope="module")
def report() -> Report:
    return evaluate(*answered(200, 3), ("<cat>", "dog", "鱼"), draw=draw)


def test_the_worst_mistakes_are_shown_with_what_is_true_and_what_was_answered(report: Report) -> None:
    assert report.gallery is not None
    tiles = report.gallery.mistakes.tiles
    assert [tile.title for tile in tiles] == [mistake.predicted for mistake in report.mistakes]
    assert all(mistake.truth in tile.note for tile, mistake in zip(tiles, report.mistakes, strict=True))
    assert all(tile.marked for tile in tiles)


def test_each_class_has_some_pictures_and_the_share_that_is_right(report: Report) -> None:
    assert report.gallery is not None
    for grid, score in zip(report.gallery.classes, report.per_class, strict=True):
        assert 3 <= len(grid) <= 8
        assert grid.heading.startswith(f"{score.name}: {score.recall:.0%}"[:-1])
        assert all(tile.marked == (tile.title != score.name) for tile in grid.tiles)


def test_pages_hold_the_pictures_and_stay_well_formed(report: Report) -> None:
    for page in (report.to_html(), report._repr_html_()):
        tags = Tags(page)
        assert tags.open == []
        assert "&lt;cat&gt;" in page
        assert 'src="http' not in page
    assert report.to_html().count("<img") == len(report.gallery.mistakes) + sum(map(len, report.gallery.classes))


def test_json_has_no_pictures(report: Report) -> None:
    assert "gallery" not in json.loads(report.to_json())


def test_many_classes_are_limited_and_several_labels_work() -> None:
    many = evaluate(*answered(400, 40), draw=draw).gallery
    assert len(many.classes) == 24
    assert sum(map(len, many.classes)) <= 96
    several = evaluate(*labelled(60, 3), ("action", "科幻", "drama"), draw=draw).gallery
    assert several.classes[0].heading.startswith("action: ")
    assert evaluate(*answered(60, 3)).gallery is None


def test_a_grid_is_saved_as_one_picture(tmp_path: Path) -> None:
    png = encoded(shapes(1)[0][0])
    grid = PictureGrid(tuple(Tile(png, f"{name} $x$", marked=True) for name in CHINESE[:7]), columns=3, heading="$")
    path = grid.save(tmp_path / "grid.png")
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        assert image.width > 300
        assert image.height > 300
    with pytest.raises(SaveError):
        grid.save(path)
    with pytest.raises(ParameterError, match=r"must end in \.png"):
        grid.save(tmp_path / "grid.jpg")
    assert PictureGrid(()).to_png().startswith(b"\x89PNG")
