"""DICOM files to pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from sora_keras.data.picture import encode
from sora_keras.errors import DataError, require


def dicom_to_bytes(path: str) -> bytes:
    """The first frame as a viewer shows it: rescaled, its window applied, inverted where the file says so.

    Raises:
        DataError: it is no DICOM file, or one without pixels that can be decoded.
        MissingExtraError: pydicom is not installed.
    """
    pydicom: Any = require("pydicom", "medical")
    pixels: Any = require("pydicom.pixels", "medical")
    try:
        file = pydicom.dcmread(path)
        frame = np.asarray(pixels.pixel_array(file, index=0))
        if frame.ndim == 3:
            return encode(np.ascontiguousarray(frame.astype(np.uint8)))
        values = pixels.apply_voi_lut(pixels.apply_rescale(frame, file), file).astype(np.float64)
    except (pydicom.errors.InvalidDicomError, AttributeError, ValueError, OSError, RuntimeError) as error:
        raise DataError(f"{path} is no DICOM picture that can be read: {error}") from error
    low, high = _range(file) or (values.min(), values.max())
    scaled = (values - low) / (high - low) * 255 if high > low else np.zeros_like(values)
    if file.get("PhotometricInterpretation") == "MONOCHROME1":
        scaled = 255 - scaled
    return encode(np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)[..., None])


def _range(file: Any) -> tuple[float, float] | None:
    """The least and the largest value that a windowed frame can have; None without a window."""
    if "WindowWidth" not in file:
        return None
    bits, signed = int(file.BitsStored), int(file.PixelRepresentation)
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    slope, intercept = float(file.get("RescaleSlope", 1)), float(file.get("RescaleIntercept", 0))
    return low * slope + intercept, high * slope + intercept
