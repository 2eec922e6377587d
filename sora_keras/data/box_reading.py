"""Anything people hold annotated pictures in, to examples with boxes: the door for detection."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from sora_keras.data.box_files import (
    PIXELS,
    Annotated,
    is_voc,
    is_yolo,
    read_voc,
    read_yolo,
    some_of,
    voc_has,
    yolo_has,
)
from sora_keras.data.box_fitting import BOXES as BOXES
from sora_keras.data.box_fitting import fitted_examples
from sora_keras.data.boxes import Boxes, make_boxes
from sora_keras.data.coco_files import is_coco, read_coco
from sora_keras.data.columns import is_blank
from sora_keras.data.examples import Examples
from sora_keras.data.names import find_named_column, find_picture_column
from sora_keras.data.picture import SUFFIXES, local, to_picture
from sora_keras.data.pictures import COLUMN, PARTS, part_of, read_pictures
from sora_keras.data.reading import read_examples
from sora_keras.errors import ArgumentTypeError, DataError, NotFoundError

_LABELS = (
    "label", "class", "classname", "category", "name", "object", "species",
    "标签", "类别", "分类", "名称", "類別", "ラベル",
)  # fmt: skip
# Corners, then a corner with width and height; each side's names as `find_named_column` compares them.
_CORNERS = (
    ("bboxxmin", "bboxx1", "boxxmin", "xmin", "x1", "left"), ("bboxymin", "bboxy1", "boxymin", "ymin", "y1", "top"),
    ("bboxxmax", "bboxx2", "boxxmax", "xmax", "x2", "right"), ("bboxymax", "bboxy2", "boxymax", "ymax", "y2", "bottom"),
)  # fmt: skip
# Names that say "box" go first: a plain width beside them is the picture's.
_EXTENT = (
    ("bboxx", "boxx", "bboxleft", "boxleft", "x", "left", "xmin", "x1"),
    ("bboxy", "boxy", "bboxtop", "boxtop", "y", "top", "ymin", "y1"),
    ("bboxw", "bboxwidth", "boxw", "boxwidth", "w", "width"),
    ("bboxh", "bboxheight", "boxh", "boxheight", "h", "height"),
)  # fmt: skip
_LISTED = 5


def read_boxes(
    X: Any, y: Any = None, *, part: str = "train", images: str | os.PathLike[str] | None = None,
    boxes_required: bool = True, memory: int | str = "auto",
) -> Examples:  # fmt: skip
    """Read pictures with what stands in them.

    Args:
        X: a COCO JSON file, or a folder with one in `train`, `valid` and `test`; a folder of Pascal VOC; a folder of
            YOLO or its `data.yaml`; a CSV file, data frame, dictionary or records with a row for each box: a path,
            the corners `xmin`, `ymin`, `xmax`, `ymax` (or `x`, `y`, `width`, `height`) and a label, all but the path
            empty for a picture of nothing; pictures, as the image classifier takes them, with their boxes as `y`.
        y: for each picture its boxes: a dictionary with `"boxes"` (boxes, 4), left, top, right and bottom in pixels,
            and `"labels"`; or a pair of these.
        part: `"train"`, `"val"` or `"test"`, where the data has such parts.
        images: the folder of the pictures, where it is not found beside the annotations.
        boxes_required: whether to raise where there are pictures without annotations.

    Returns:
        Examples with a column `image` of `Picture` and, where there are any, a column `boxes` of `Boxes`, the answer.
        Faults are mended, and noted with the files they were found in; boxes are in pixels of the upright pictures.

    Raises:
        NotFoundError: there is no such file, or pictures are missing. DataError: broken annotations, no such part, or
            for training no boxes.
        ArgumentTypeError: it is nothing that holds annotated pictures.
    """
    if isinstance(X, Examples) and BOXES in X.names:
        return X
    if y is not None:
        return _paired(X, y, part, memory)
    if isinstance(X, tuple) and len(X) == 2 and hasattr(X[0], "__len__") and not isinstance(X[0], str):
        return _paired(*X, part, memory)
    folder = None if images is None else Path(os.path.expanduser(images))
    if isinstance(X, str | os.PathLike):
        found = _from_path(Path(os.path.expanduser(local(os.fspath(X)))), part, folder)
    elif _holds_pictures(X):
        found = None
    else:
        found = _from_table(X, folder or Path(), memory)
    if found is not None:
        return fitted_examples(found, [to_picture(path) for path in found.paths], part)
    if boxes_required:
        raise DataError(
            "These pictures have no annotations. Give a COCO JSON file, a folder of Pascal VOC or YOLO, a table with a "
            "row for each box, or the boxes of each picture as y."
        )
    return read_pictures(X, part=part, answer_required=False, by_class=False, memory=memory)  # type: ignore[return-value]


def has_part(path: Path, part: str) -> bool:
    """Whether a data set on disk comes with a part of its own, such as `"val"`; see `read_boxes`."""
    path = Path(os.path.expanduser(path))
    if is_yolo(path):
        return yolo_has(path, part)
    if not path.is_dir():
        return False
    train, own = _annotations(path, "train"), _annotations(path, part)
    if len(train) != 1 or len(own) != 1:
        return False
    if own == train:
        return own[0].is_dir() and voc_has(own[0], part)
    return any(_is_of(name, part) for name in own[0].relative_to(path).parts)


def _from_path(path: Path, part: str, images: Path | None) -> Annotated | None:
    if not path.exists():
        raise NotFoundError(f"There is no {path}.")
    if is_yolo(path):
        return read_yolo(path, part)
    if path.is_dir():
        places = _annotations(path, part)
        if len(places) > 1:
            listed = ", ".join(one.name for one in places[:_LISTED])
            raise DataError(f"{places[0].parent} holds several COCO files: {listed}. Give the path of one of them.")
        if not places:
            return None
        return read_voc(places[0], part, images) if places[0].is_dir() else read_coco(places[0], images)
    if is_coco(path):
        return read_coco(path, images)
    if path.suffix.lower() == ".xml":
        raise DataError(f"{path} is the annotation of one picture. Give the folder that holds all of them.")
    return None if path.suffix.lower() in SUFFIXES else _from_table(str(path), images or path.parent, "auto")


def _annotations(path: Path, part: str) -> list[Path]:
    """Where a folder keeps a part's annotations: a folder of Pascal VOC, a COCO file, or several that could be it."""
    for place in dict.fromkeys((part_of(path, part) or path, path, path / "annotations")):
        coco = sorted(one for one in place.glob("*.json") if is_coco(one))
        if len(coco) > 1:
            named = [one for one in coco if _is_of(one.stem, part)]
            # COCO itself has captions and key points beside its boxes.
            boxes = [one for one in named if one.stem.startswith("instances")]
            coco = next((some for some in (named, boxes) if len(some) == 1), coco)
        if coco:
            return coco
        if is_voc(place):
            return [place]
    return []


def _is_of(name: str, part: str) -> bool:
    """Whether the name of a file or folder says that it is of a part: `instances_val2017`, `valid`."""
    words = re.split(r"[^a-z]+", name.lower())
    return any(word.removesuffix("set") in PARTS[part] for word in words)


def _holds_pictures(X: Any) -> bool:
    """Whether these are pictures alone: arrays, Pillow images, bytes, or paths of pictures."""
    if isinstance(X, np.ndarray):
        return X.dtype != object and X.ndim >= 3
    if not isinstance(X, list | tuple) or not len(X):
        return False
    first = X[0]
    if isinstance(first, str | os.PathLike):
        return Path(os.fspath(first)).suffix.lower() in SUFFIXES
    return not isinstance(first, dict | list | tuple)


def _paired(X: Any, y: Any, part: str, memory: int | str) -> Examples:
    examples = read_pictures(X, part=part, answer_required=False, by_class=False, memory=memory)
    pictures = list(examples.column(find_picture_column(examples)))
    if isinstance(y, str) or not hasattr(y, "__len__"):
        raise ArgumentTypeError(f"y must hold the boxes of each picture. Received: {type(y).__name__}")
    if len(y) != len(pictures):
        raise DataError(f"Each picture needs its boxes. Received: {len(pictures):,} pictures and {len(y):,} in y")
    boxes = []
    for place, one in enumerate(y):
        try:
            boxes.append(_boxes_of(one))
        except DataError as error:
            raise DataError(f"Item {place} of y: {error}") from error
    found = Annotated([], boxes, [None] * len(boxes), "y", PIXELS)
    return fitted_examples(found, pictures, part, getattr(examples, "notes", ()))


def _boxes_of(given: Any) -> Boxes:
    if isinstance(given, Boxes):
        return make_boxes(given.corners, given.labels, given.crowd)
    if isinstance(given, dict) and "boxes" in given:
        labels = given.get("labels", given.get("classes"))
        if labels is None:
            raise DataError(f"The labels of the boxes are missing. Received: {', '.join(map(repr, given))}")
        return make_boxes(_plain(given["boxes"]), _plain(labels))
    if isinstance(given, tuple | list) and len(given) == 2:
        return make_boxes(_plain(given[0]), _plain(given[1]))
    if given is None or (isinstance(given, list | tuple) and not given):
        return make_boxes([], [])
    raise DataError(f"Expected a dictionary with 'boxes' and 'labels', or a pair of these. Received: {given!r:.200}")


def _plain(values: Any) -> Any:
    return np.asarray(values) if hasattr(values, "__array__") else values


def _from_table(X: Any, folder: Path, memory: int | str) -> Annotated:
    """A row for each box."""
    examples = read_examples(X, answer_required=False, memory=memory, default_name=COLUMN)
    name = find_picture_column(examples, suffixes=SUFFIXES)
    columns, extent = _corner_columns(examples, name)
    label = find_named_column(examples.names, _LABELS, exclude=(name, *columns))
    if label is None:
        raise DataError(
            f"Which column of {examples.source} holds the classes? No name says it. Name it 'label'. "
            f"Columns: {', '.join(map(repr, examples.names))}."
        )
    table = examples if isinstance(examples, Examples) else next(examples.batches(len(examples)))
    numbers = np.stack([_numbers(table, column) for column in columns], axis=1)
    if extent:
        numbers[:, 2:] += numbers[:, :2]
    empty = np.isnan(numbers).all(axis=1)
    rows: dict[str, list[int]] = {}
    for row, value in enumerate(table.column(name)):
        if is_blank(value):
            raise DataError(f"Row {row} of {table.source} names no picture in {name!r}.")
        rows.setdefault(str(value).strip(), []).append(row)
    labels = table.column(label)
    nameless = [row for row in np.flatnonzero(~empty).tolist() if is_blank(labels[row])]
    if nameless:
        raise DataError(
            f"{table.source} has boxes without a class in {label!r}, in these rows: {some_of(nameless)}. Name their "
            "classes, or leave the rows out."
        )
    paths, boxes = [], []
    for path, places in rows.items():
        held = [row for row in places if not empty[row]]
        paths.append(str(folder / local(path)))
        boxes.append(make_boxes(numbers[held], labels[held]))
    return Annotated(paths, boxes, [None] * len(paths), table.source)


def _corner_columns(examples: Any, picture: str) -> tuple[tuple[str, ...], bool]:
    """The four columns of the boxes, and whether the last two are width and height."""
    for names in (_CORNERS, _EXTENT):
        found = [find_named_column(examples.names, known, exclude=(picture,)) for known in names]
        if all(found):
            return tuple(str(one) for one in found), names is _EXTENT
    raise DataError(
        f"Which columns of {examples.source} hold the boxes? Expected: xmin, ymin, xmax, ymax, or x, y, width, height. "
        f"Columns: {', '.join(map(repr, examples.names))}."
    )


def _numbers(table: Examples, name: str) -> np.ndarray:
    values = table.column(name)
    try:
        return np.array([np.nan if is_blank(value) else float(value) for value in values])
    except (TypeError, ValueError) as error:
        raise DataError(f"Column {name!r} of {table.source} must hold numbers: {error}") from error
