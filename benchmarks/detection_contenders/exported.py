"""The exported SavedModel beside `det(picture)`: the largest differences of boxes and scores, and whether counts agree.

Scenes as they are, and every other one cut to a part that is no square.
"""

import io
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from detecting import QUICK_LIMIT, read_pictures
from figure import figure_options, print_figures

LIMIT, PICTURES, BATCH = 60.0, 400, 50
WIDTH, HEIGHT = 128, 90  # of those that are cut


def main() -> None:
    """Trains for a minute, exports, and asks both."""
    import sora_keras as sora

    options = figure_options()
    files = {part: Path(file) for part, file in json.loads(options.data.read_text(encoding="utf-8")).items()}
    limit = QUICK_LIMIT if options.quick else LIMIT
    detector = sora.ObjectDetector(time_limit=limit, seed=options.seed, verbose=False).fit(files["train"])
    encoded = [encode(pixels, row) for row, pixels in enumerate(read_pictures(files["test"])[:PICTURES])]
    with tempfile.TemporaryDirectory() as folder:
        detector.export(Path(folder) / "export")
        answers = exported_answers(Path(folder) / "export" / "1", encoded)
    print_figures(**compared([detector(content) for content in encoded], answers))


def encode(pixels: np.ndarray, row: int) -> bytes:
    """Returns a picture, or a part of it, as PNG."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels[:HEIGHT, :WIDTH] if row % 2 else pixels).save(file, "PNG")
    return file.getvalue()


def exported_answers(folder: Path, encoded: list[bytes]) -> list[dict[str, np.ndarray]]:
    """Returns what the reloaded model answers to each picture."""
    import tensorflow as tf

    answer = tf.saved_model.load(str(folder)).signatures["serving_default"]
    answers = []
    for begin in range(0, len(encoded), BATCH):
        some = encoded[begin : begin + BATCH]
        named = {name: value.numpy() for name, value in answer(image=tf.constant(some)).items()}
        answers += [{name: values[row] for name, values in named.items()} for row in range(len(some))]
    return answers


def compared(ours: list[Any], answers: list[dict[str, np.ndarray]]) -> dict[str, Any]:
    """Returns how far the two are apart; boxes are compared in the order in which they come, the surest first."""
    boxes, scores, labels, counts = [0.0], [0.0], 0, 0
    for one, other in zip(ours, answers, strict=True):
        counts += len(one.scores) != int(other["count"])
        both = min(len(one.scores), int(other["count"]))
        boxes.append(float(np.abs(one.corners[:both] - other["box"][:both]).max(initial=0)))
        scores.append(float(np.abs(one.scores[:both] - other["score"][:both]).max(initial=0)))
        named = [label.decode() for label in other["label"][:both]]
        labels += sum(mine != name for mine, name in zip(one.labels[:both], named, strict=True))
    return {
        "largest_box_difference": max(boxes),
        "largest_score_difference": max(scores),
        "counts_that_differ": counts,
        "labels_that_differ": labels,
        "pictures": len(ours),
        "boxes": sum(len(one.scores) for one in ours),
    }


if __name__ == "__main__":
    main()
