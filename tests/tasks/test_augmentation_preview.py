"""How training pictures look after augmentation."""

from __future__ import annotations

import io
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

import sora_keras as sora
from sora_keras.errors import SoraError
from tests.pictures import class_folder, shapes


def pixels_of(tile) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(tile.png)))


def test_originals_stand_beside_changed_copies_with_their_label() -> None:
    pixels, labels = shapes(60)
    grid = sora.ImageClassifier(verbose=False).preview_augmentation(pixels, labels, rows=3, copies=4)
    assert (len(grid), grid.columns) == (15, 5)
    rows = [grid.tiles[start : start + 5] for start in (0, 5, 10)]
    for place, (first, *copies) in zip((0, 30, 59), rows, strict=True):
        assert np.array_equal(pixels_of(first), pixels[place])
        assert first.title == labels[place]
        assert all(copy.title == "" for copy in copies)
        assert len({copy.png for copy in (first, *copies)}) == 5


@pytest.mark.parametrize("names", [["a", "b"], ["a", "b", "c"]])
@pytest.mark.parametrize("layer", [keras.layers.MixUp, keras.layers.CutMix])
def test_mixed_labels_say_how_much_of_each(names: list[str], layer: type[keras.layers.Layer]) -> None:
    recipe = sora.ImageClassifier(augment=[layer(0.9)], verbose=False)
    pixels = shapes(60)[0]
    grid = recipe.preview_augmentation(pixels, (names * 30)[:60], rows=6, copies=3)
    mixed = [tile.title for tile in grid.tiles if " + " in tile.title]
    assert mixed
    for title in mixed:
        shares = [float(part.split()[0]) for part in title.split(" + ")]
        assert sum(shares) == pytest.approx(1, abs=0.07)


def test_a_folder_without_labels_grey_pictures_and_no_augmentation(tmp_path: Path) -> None:
    folder = class_folder(tmp_path, 12)
    assert len(sora.ImageClassifier(verbose=False).preview_augmentation(folder, rows=2, copies=2)) == 6
    plain = sora.ImageClassifier(augment=None, verbose=False)
    grid = plain.preview_augmentation(shapes(4)[0][..., 0], rows=2, copies=1)
    assert grid.tiles[0].png == grid.tiles[1].png
    assert grid.heading.startswith("augment=None")
    path = grid.save(tmp_path / "preview.png")
    assert path.read_bytes().startswith(b"\x89PNG")


def test_several_labels_and_the_same_seed() -> None:
    pixels = shapes(20)[0]
    labels = [["a"], ["a", "b"]] * 10
    grids = [sora.ImageClassifier(seed=3, verbose=False).preview_augmentation(pixels, labels, rows=2) for _ in range(2)]
    assert grids[0].tiles[0].title == "a"
    assert grids[0].tiles == grids[1].tiles


@pytest.mark.parametrize("wrong", [{"rows": 0}, {"rows": 65}, {"copies": 17}, {"copies": 1.5}], ids=str)
def test_numbers_out_of_range_are_named(wrong: dict[str, int]) -> None:
    with pytest.raises(SoraError, match=next(iter(wrong))):
        sora.ImageClassifier(verbose=False).preview_augmentation(*shapes(4), **wrong)
