"""What stands in your pictures: train on annotations, report, draw, and export.

Run `sora run street DATA` for your own, in the layout of COCO, Pascal VOC or YOLO, or as a table with a row a box.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

import sora_keras as sora
from sora_keras.data import read_boxes, split
from sora_keras.data.box_reading import has_part
from sora_keras.errors import ParameterError

if TYPE_CHECKING:
    from sora_keras.evaluation import BoxReport

_LAYOUTS = """Give annotated pictures: sora run street DATA
  COCO        a JSON file beside its pictures, or a folder with train, valid and test of such
  Pascal VOC  a folder with Annotations and JPEGImages, or with XML files beside the pictures
  YOLO        a folder with data.yaml, images and labels
  table       a CSV file with a row for each box: path, xmin, ymin, xmax, ymax, label"""


def main(data: str | None = None, out: str = "exports/street") -> BoxReport:
    """Train on `data`, report on the part for testing or validation, or else a fifth, and export to `out`."""
    if data is None:
        raise ParameterError(_LAYOUTS)
    train, test = parts(data)
    detector = sora.ObjectDetector().fit(train)
    report = detector.evaluate(test)
    console = Console()
    console.print(report)
    lines, copies, page = (Path(f"{out}{ending}") for ending in (".jsonl", "-found", ".html"))
    report.save(page, overwrite=True)
    detector.stream_to(list(test.column("image")), lines, copies=copies, overwrite=True)
    console.print(f"What was found in each picture of the test: {lines}, and drawn: {copies}", highlight=False)
    detector.export(out, overwrite=True)
    console.print(f"Exported and proved: {out}. The report with pictures: {page}", highlight=False)
    return report


def parts(data: str) -> tuple[Any, ...]:
    """Training and test, as the data has them, or validation as the test; without either a fifth, drawn by chance."""
    train = read_boxes(data)
    part = next((one for one in ("test", "val") if has_part(Path(data), one)), None)
    test = read_boxes(data, part=part) if part else train
    # A data.yaml may name the same pictures for both parts.
    if set(test.column("image")) <= set(train.column("image")):
        return tuple(train.take(rows) for rows in split(train, None, fraction=0.2, seed=0))
    return train, test


if __name__ == "__main__":
    main(*sys.argv[1:2])
