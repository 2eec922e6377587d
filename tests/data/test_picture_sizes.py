"""Sizes come from the header, and are those of the picture as it is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sora_keras.data.picture import Picture
from sora_keras.data.picture_sizes import Size, upright_size
from sora_keras.data.tiles import upright_pixels
from tests.pictures import encoded

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
LONG_PROFILE = np.random.default_rng(0).bytes(200_000)


def exif(orientation: int) -> Any:
    facts = Image.Exif()
    facts[274] = orientation
    return facts


def kept(folder: Path, content: bytes, name: str) -> Picture:
    (folder / name).write_bytes(content)
    return Picture(str(folder / name))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM"])
def test_every_format_tells_its_size(kind: str, tmp_path: Path) -> None:
    content = encoded(PIXELS, kind)
    assert upright_size(kept(tmp_path, content, f"a.{kind.lower()}")) == Size(40, 60)
    assert upright_size(Picture(content=content)) == Size(40, 60)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_a_turned_picture_has_the_size_that_it_is_shown_in(kind: str, orientation: int, tmp_path: Path) -> None:
    picture = kept(tmp_path, encoded(PIXELS, kind, exif=exif(orientation)), f"a.{kind.lower()}")
    found = upright_size(picture)
    assert found is not None
    assert (found.height, found.width) == upright_pixels(picture).shape[:2]
    assert found.orientation == orientation


def test_a_header_behind_a_long_colour_profile_is_found(tmp_path: Path) -> None:
    for length in (20_000, 200_000):
        content = encoded(PIXELS, "JPEG", icc_profile=LONG_PROFILE[:length], exif=exif(6))
        assert upright_size(kept(tmp_path, content, "a.jpg")) == Size(60, 40, 6)


def test_the_frames_of_a_gif_do_not_add_up() -> None:
    frames = [Image.fromarray(PIXELS[::step]).resize((60, 40)).quantize(32) for step in (1, -1)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert upright_size(Picture(content=content)) == Size(40, 60)


def test_no_more_than_the_header_is_read(tmp_path: Path) -> None:
    for kind in ("PNG", "JPEG", "BMP"):
        picture = kept(tmp_path, encoded(PIXELS, kind), f"a.{kind.lower()}")
        with open(str(picture), "r+b") as file:
            file.truncate(2**34)  # a sparse file of 16 GB
        assert upright_size(picture) == Size(40, 60)
        Path(str(picture)).unlink()


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG no", b"\xff\xd8\xff\xe1\x00\x10Exif\x00\x00"])
def test_what_is_no_picture_has_no_size(content: bytes, tmp_path: Path) -> None:
    assert upright_size(kept(tmp_path, content, "a.jpg")) is None
    assert upright_size(Picture(str(tmp_path / "gone.jpg"))) is None
