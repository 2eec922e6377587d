"""DICOM files as a viewer shows them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from sora_keras.data.picture import to_picture
from sora_keras.errors import DataError, MissingExtraError

pydicom = pytest.importorskip("pydicom")


@pytest.fixture
def scan(tmp_path: Path):
    """A CT slice that pydicom brings, to be changed and written."""
    file = pydicom.dcmread(pydicom.data.get_testdata_file("CT_small.dcm"))

    def write(**changes) -> Path:
        for name, value in changes.items():
            setattr(file, name, value)
        file.save_as(tmp_path / "scan.dcm")
        return tmp_path / "scan.dcm"

    return write


def shown(path: Path) -> np.ndarray:
    return tf.io.decode_bmp(to_picture(path).read()).numpy()[..., 0]


def test_without_a_window_the_least_is_black_and_the_most_is_white(scan) -> None:
    path = scan()
    stored = pydicom.dcmread(path).pixel_array
    pixels = shown(path)
    assert pixels.shape == stored.shape
    assert (pixels.min(), pixels.max()) == (0, 255)
    assert np.corrcoef(pixels.ravel(), stored.ravel())[0, 1] > 0.999


def test_rescale_and_window_are_applied(scan) -> None:
    path = scan(RescaleSlope=1, RescaleIntercept=-1024, WindowCenter=40, WindowWidth=400)
    stored = pydicom.dcmread(path).pixel_array.astype(float) - 1024
    pixels = shown(path)
    assert (pixels[stored < -161] == 0).all()
    assert (pixels[stored > 241] == 255).all()
    inside = (stored > -150) & (stored < 230)
    expected = (stored[inside] + 160) / 400 * 255
    assert np.abs(pixels[inside] - expected).max() < 3


def test_pictures_whose_least_is_white_are_turned(scan) -> None:
    plain = shown(scan())
    turned = shown(scan(PhotometricInterpretation="MONOCHROME1"))
    assert np.abs(255 - plain.astype(int) - turned).max() <= 1


def test_what_is_no_dicom_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.dcm").write_text("no scan")
    with pytest.raises(DataError, match=r"text\.dcm is no DICOM picture"):
        to_picture(tmp_path / "text.dcm").read()


def test_the_missing_package_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pydicom", None)
    with pytest.raises(MissingExtraError, match=r"sora-keras\[medical\]"):
        to_picture(tmp_path / "scan.dcm").read()
