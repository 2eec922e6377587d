"""Tree crowns from above: train in tiles, report, draw, export, and answer from the exported model.

Run `sora run trees` for four aerial pictures with 951 crowns, or `sora run trees DATA` for your own annotated pictures
(COCO, Pascal VOC, YOLO, or a table with a row for each box) that are larger than what is to be found in them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

import sora_keras as sora
from sora_keras.data import read_boxes, split

if TYPE_CHECKING:
    from sora_keras.evaluation import BoxReport

TILE = 400  # pixels a side: as large as the smallest of the pictures
TEST = 1  # 279 crowns beside a road; the other three pictures show other places


def main(data: str | None = None, out: str = "exports/trees") -> BoxReport:
    """Train on `data` (None: three pictures, a fourth tests) and export to `out`."""
    examples = read_boxes(data) if data else sora.load_sample("trees")
    train, test = split(examples, None, fraction=0.25, seed=0) if data else ([0, 2, 3], [TEST])
    detector = sora.ObjectDetector(tile=TILE, flips=("horizontal", "vertical")).fit(examples.take(train))
    report = detector.evaluate(examples.take(test))
    console = Console()
    console.print(report)
    report.save(Path(out).with_suffix(".html"), overwrite=True)
    picture = examples.column("image")[test[0]]
    found = detector(picture)
    drawn = Path(out).with_suffix(".png")
    found.plot().save(drawn)
    console.print(f"Found in {Path(str(picture)).name}: {found}. With its boxes: {drawn}", highlight=False)
    detector.export(out, overwrite=True)
    console.print(f"Exported and proved: {out}. The report with pictures: {Path(out).with_suffix('.html')}")
    answer_from_export(out, picture.read())
    return report


def answer_from_export(folder: str, picture: bytes) -> None:
    """Answer the first tile of a picture with TensorFlow alone: the exported model sees one tile at a time."""
    import tensorflow as tf

    tile = tf.io.decode_image(picture, channels=3, expand_animations=False)[:TILE, :TILE]
    exported = tf.saved_model.load(f"{folder}/1")
    answer = exported.signatures["serving_default"](image=tf.io.encode_png(tile)[None])
    found = int(answer["count"][0])
    scores = ", ".join(f"{score:.0%}" for score in answer["score"][0, : min(found, 5)].numpy())
    print(f"From the exported model: {found} in the first {TILE} × {TILE} pixels{scores and f', the surest {scores}'}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
