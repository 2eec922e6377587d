"""Anything people hold annotated pictures in, to examples with boxes: the door for detection."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sora_keras.data.box_files import (
    PIXELS,
    SHARES,
    Annotated,
    is_coco,
    is_voc,
    is_yolo,
    read_coco,
    read_voc,
    read_yolo,
    some_of,
    yolo_has,
)
from sora_keras.data.boxes import FAULTS, Boxes, make_boxes, mend
from sora_keras.data.columns import object_column
from sora_keras.data.examples import Examples
from sora_keras.data.findings import MOST_ROWS, Finding, rows_text
from sora_keras.data.names import find_named_column, find_picture_column
from sora_keras.data.picture import SUFFIXES, Picture, local, to_picture
from sora_keras.data.picture_header import claimed_size, lies
from sora_keras.data.pictures import COLUMN, part_of, read_pictures
from sora_keras.data.reading import read_examples
from sora_keras.errors import ArgumentTypeError, DataError, NotFoundError

BOXES = "boxes"
_LABELS = (
    "label", "class", "classname", "category", "name", "object", "species",
    "标签", "类别", "分类", "名称", "類別", "ラベル",
)  # fmt: skip
# Corners, then a corner with width and height; each side's names as `find_named_column` compares them.
_CORNERS = (
    ("xmin", "x1", "left", "bboxx1"), ("ymin", "y1", "top", "bboxy1"),
    ("xmax", "x2", "right", "bboxx2"), ("ymax", "y2", "bottom", "bboxy2"),
)  # fmt: skip
_EXTENT = (
    ("x", "left", "bboxx", "xmin", "x1"), ("y", "top", "bboxy", "ymin", "y1"),
    ("w", "width", "bboxw", "boxwidth", "bboxwidth"), ("h", "height", "bboxh", "boxheight", "bboxheight"),
)  # fmt: skip
_SHARE = 1.5  # the highest corner of boxes that are shares of the sides: some reach out of the picture a little
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
        Faults are mended, and noted with the files they were found in.

    Raises:
        NotFoundError: there is no such file, or pictures are missing. DataError: broken annotations, or no boxes.
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
        return _finished(found)
    if boxes_required:
        raise DataError(
            "These pictures have no annotations. Give a COCO JSON file, a folder of Pascal VOC or YOLO, a table with a "
            "row for each box, or the boxes of each picture as y."
        )
    return read_pictures(X, part=part, answer_required=False, memory=memory)  # type: ignore[return-value]


def has_part(path: Path, part: str) -> bool:
    """Whether a data set on disk comes with a part of its own, such as `"val"`; see `read_boxes`."""
    path = Path(os.path.expanduser(path))
    if is_yolo(path):
        return yolo_has(path, part)
    if not path.is_dir():
        return False
    apart = part_of(path, part) is not None and part_of(path, "train") is not None
    return apart or all((path / "ImageSets" / "Main" / f"{one}.txt").is_file() for one in ("train", part))


def _from_path(path: Path, part: str, images: Path | None) -> Annotated | None:
    if not path.exists():
        raise NotFoundError(f"There is no {path}.")
    if is_yolo(path):
        return read_yolo(path, part)
    if path.is_dir():
        inner = part_of(path, part) or path
        for place in dict.fromkeys((inner, path, path / "annotations")):
            coco = sorted(one for one in place.glob("*.json") if is_coco(one))
            if len(coco) > 1:
                named = [one for one in coco if part in one.stem.lower()]
                coco = named if len(named) == 1 else coco
            if len(coco) > 1:
                listed = ", ".join(one.name for one in coco[:_LISTED])
                raise DataError(f"{place} holds several COCO files: {listed}. Give the path of one of them.")
            if coco:
                return read_coco(coco[0], images)
            if is_voc(place):
                return read_voc(place, part, images)
        return None
    if is_coco(path):
        return read_coco(path, images)
    if path.suffix.lower() == ".xml":
        raise DataError(f"{path} is the annotation of one picture. Give the folder that holds all of them.")
    return None if path.suffix.lower() in SUFFIXES else _from_table(str(path), images or path.parent, "auto")


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
    examples = read_pictures(X, part=part, answer_required=False, memory=memory)
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
    return _finished(found, pictures, getattr(examples, "notes", ()))


def _boxes_of(given: Any) -> Boxes:
    if isinstance(given, Boxes):
        return given
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
    columns = _corner_columns(examples, name)
    label = find_named_column(examples.names, _LABELS, exclude=(name, *columns))
    if label is None:
        raise DataError(
            f"Which column of {examples.source} holds the classes? No name says it. Name it 'label'. "
            f"Columns: {', '.join(map(repr, examples.names))}."
        )
    table = examples if isinstance(examples, Examples) else next(examples.batches(len(examples)))
    numbers = np.stack([_numbers(table, column) for column in columns], axis=1)
    if find_named_column(columns[2:3], _CORNERS[2]) is None:
        numbers[:, 2:] += numbers[:, :2]
    empty = np.isnan(numbers).all(axis=1)
    rows: dict[str, list[int]] = {}
    for row, value in enumerate(table.column(name)):
        if value is None:
            raise DataError(f"Row {row} of {table.source} names no picture in {name!r}.")
        rows.setdefault(str(value).strip(), []).append(row)
    labels = table.column(label)
    paths, boxes = [], []
    for path, places in rows.items():
        held = [row for row in places if not empty[row]]
        nameless = [row for row in held if labels[row] is None or str(labels[row]).strip() == ""]
        if nameless:
            raise DataError(f"Row {nameless[0]} of {table.source} has a box without a class in {label!r}.")
        paths.append(str(folder / local(path)))
        boxes.append(make_boxes(numbers[held], labels[held]))
    return Annotated(paths, boxes, [None] * len(paths), table.source)


def _corner_columns(examples: Any, picture: str) -> tuple[str, ...]:
    for names in (_CORNERS, _EXTENT):
        found = [find_named_column(examples.names, known, exclude=(picture,)) for known in names]
        if all(found):
            return tuple(str(one) for one in found)
    raise DataError(
        f"Which columns of {examples.source} hold the boxes? Expected: xmin, ymin, xmax, ymax, or x, y, width, height. "
        f"Columns: {', '.join(map(repr, examples.names))}."
    )


def _numbers(table: Examples, name: str) -> np.ndarray:
    values = table.column(name)
    try:
        return np.array([np.nan if value is None or value == "" else float(value) for value in values])
    except (TypeError, ValueError) as error:
        raise DataError(f"Column {name!r} of {table.source} must hold numbers: {error}") from error


def _finished(found: Annotated, pictures: Sequence[Picture] = (), notes: tuple[Finding, ...] = ()) -> Examples:
    """The examples, with faults mended and noted."""
    held = list(pictures) or [to_picture(path) for path in found.paths]
    missing = [one.path for one in held if one.path and not Path(one.path).is_file()]
    if missing:
        raise NotFoundError(
            f"{len(missing):,} of {len(held):,} pictures of {found.source} are missing: {some_of(missing)}."
        )
    if not held:
        raise DataError(f"{found.source} has no pictures.")
    twice = _twice(held)
    boxes, notes = found.boxes, (*notes, *(Finding(kind, said) for kind, said in found.notes), *twice)
    if not sum(one.count for one in boxes):
        raise DataError(f"{found.source} has no boxes: there is nothing to learn from.")
    scale, said = _unit(found, held)
    notes = (*notes, *said)
    mended: list[Boxes] = []
    faults: dict[str, dict[int, int]] = {}
    for row, (one, picture) in enumerate(zip(boxes, held, strict=True)):
        height, width = found.sizes[row] or _size_of(picture)
        corners = one.corners * np.array([width, height, width, height], np.float32) if scale else one.corners
        whole, counts = mend(Boxes(corners, one.labels, one.crowd), height, width)
        mended.append(whole)
        for fault, count in counts.items():
            faults.setdefault(fault, {})[row] = count
    bare = [row for row, one in enumerate(mended) if not one.count]
    columns = {COLUMN: object_column(held), BOXES: object_column(mended)}
    notes = (*notes, *_noted(faults, held, found.source), *_background(bare, len(held)))
    return Examples(columns, answer=BOXES, source=found.source, notes=notes)


def _unit(found: Annotated, pictures: Sequence[Picture]) -> tuple[bool, tuple[Finding, ...]]:
    """Whether corners are shares of the sides, and a note where they are not what the format says."""
    highest = max((float(np.nanmax(one.corners, initial=0)) for one in found.boxes if one.count), default=0.0)
    declared = found.unit == SHARES
    if declared and highest > _SHARE:
        said = f"boxes of {found.source} go up to {highest:g}: taken for pixels, though YOLO's are shares of the sides"
        return False, (Finding("box_unit", said),)
    if not declared and highest <= 1 and any(max(_size_of(one)) > 4 for one in pictures[:_LISTED]):
        said = f"boxes of {found.source} go up to {highest:g}: taken for shares of the sides, and scaled to pixels"
        return True, (Finding("box_unit", said),)
    return declared, ()


def _size_of(picture: Picture) -> tuple[int, int]:
    """Height and width of the upright picture by its header; (0, 0) where it cannot be read."""
    try:
        content = picture.read()
    except DataError:
        return 0, 0
    height, width = claimed_size(content)
    return (width, height) if lies(content) else (height, width)


def _twice(pictures: Sequence[Picture]) -> tuple[Finding, ...]:
    seen: set[str] = set()
    rows = [row for row, one in enumerate(pictures) if one.path and (one.path in seen or seen.add(one.path))]  # type: ignore[func-returns-value]
    if not rows:
        return ()
    said = f"{rows_text(len(rows), 'picture')} listed a second time, such as {pictures[rows[0]]}"
    return (Finding("duplicate", said, tuple(rows[:MOST_ROWS])),)


def _noted(faults: dict[str, dict[int, int]], pictures: Sequence[Picture], source: str) -> Iterable[Finding]:
    for fault in FAULTS:
        if fault in faults:
            by_row = faults[fault]
            count = sum(by_row.values())
            files = ", ".join(Path(str(pictures[row])).name for row in list(by_row)[:_LISTED])
            more = ", …" if len(by_row) > _LISTED else ""
            noun = rows_text(count, "box") if count == 1 else f"{count:,} boxes"
            yield Finding("box", f"{noun} {FAULTS[fault]}, in {files}{more}", tuple(list(by_row)[:MOST_ROWS]))


def _background(bare: list[int], of: int) -> tuple[Finding, ...]:
    if not bare:
        return ()
    said = f"{rows_text(len(bare), 'picture')} of {of:,} without boxes, kept as background"
    return (Finding("no_boxes", said, tuple(bare[:MOST_ROWS])),)
