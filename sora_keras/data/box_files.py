"""Annotations in the formats of Pascal VOC and YOLO, as pictures and their boxes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from sora_keras.data.boxes import Boxes, make_boxes
from sora_keras.data.columns import is_blank
from sora_keras.data.picture import SUFFIXES
from sora_keras.errors import DataError, NotFoundError, require

SHARES, PIXELS = "shares", "pixels"
LISTED = 10
_STAND_INS = {"train": ("trainval",), "test": ("val",)}  # for a part that Pascal VOC's lists lack


@dataclass
class Annotated:
    """Pictures with what stands in them, as their files say it.

    paths: of the pictures; boxes: of each; sizes: of each (height, width), or None where the file does not say it;
    source: for messages; unit: `PIXELS`, or `SHARES` of the sides; notes: what was noticed, kind and sentence.
    """

    paths: list[str]
    boxes: list[Boxes]
    sizes: list[tuple[int, int] | None]
    source: str
    unit: str = PIXELS
    notes: list[tuple[str, str]] = field(default_factory=list)


def is_voc(folder: Path) -> bool:
    """Whether a folder holds XML files of Pascal VOC."""
    return next(_xml_files(folder), None) is not None


def read_voc(folder: Path, part: str, images: Path | None = None) -> Annotated:
    """A folder of Pascal VOC's XML files, beside their pictures or in `Annotations` and `JPEGImages`.

    Args:
        part: `"train"`, `"val"` or `"test"`: where `ImageSets/Main` lists parts, only that is read; `trainval` stands
            in for a training part that is not listed, `val` for a test.

    Raises:
        DataError: a file is no such XML, or other parts are listed but not this one. NotFoundError: pictures are
            missing.
    """
    files = sorted(_xml_files(folder))
    listed = _voc_list(folder, part)
    if listed:
        wanted = {line.split()[0] for line in listed.read_text(encoding="utf-8").splitlines() if line.strip()}
        files = [file for file in files if file.stem in wanted]
        if not files:
            raise DataError(f"{listed} lists no picture that has an XML file. The part {part!r} is empty.")
    found = Annotated([], [], [], folder.name)
    folders = [images] if images else [folder, folder / "JPEGImages", folder.parent / "JPEGImages", folder / "images"]
    missing = []
    for file in files:
        name, boxes, size = _voc_file(file)
        path = _first_there([file.parent, *folders], (name, file.stem))
        if path is None:
            missing.append(name or file.stem)
            continue
        found.paths.append(path)
        found.boxes.append(boxes)
        found.sizes.append(size)
    _refuse(missing, len(files), folder)
    return found


def voc_has(folder: Path, part: str) -> bool:
    """Whether `ImageSets/Main` lists this part, and one for training apart from it."""
    there = _voc_lists(folder)
    return part in there and ("train" in there or (part == "test" and "trainval" in there))


def _voc_list(folder: Path, part: str) -> Path | None:
    """The list of the pictures of a part; None where no parts are listed."""
    there = _voc_lists(folder)
    if not there:
        return None
    chosen = next((there[name] for name in (part, *_STAND_INS.get(part, ())) if name in there), None)
    if chosen is None:
        place = folder / "ImageSets" / "Main"
        raise DataError(f"{place} lists no part {part!r}, but {', '.join(there)}. Add a file {part}.txt that lists it.")
    return chosen


def _voc_lists(folder: Path) -> dict[str, Path]:
    paths = (folder / "ImageSets" / "Main" / f"{name}.txt" for name in ("train", "trainval", "val", "test"))
    return {path.stem: path for path in paths if path.is_file()}


def _xml_files(folder: Path) -> Iterator[Path]:
    for place in (folder, folder / "Annotations"):
        if place.is_dir():
            yield from (path for path in place.iterdir() if path.suffix.lower() == ".xml")


def _voc_file(path: Path) -> tuple[str, Boxes, tuple[int, int] | None]:
    try:
        root = ElementTree.parse(path).getroot()
        size = tuple(int(float(root.findtext(f"size/{side}") or 0)) for side in ("height", "width"))
        corners, labels = [], []
        for thing in root.iter("object"):
            labels.append((thing.findtext("name") or "").strip())
            corners.append(
                [float(thing.findtext(f"bndbox/{one}") or "nan") for one in ("xmin", "ymin", "xmax", "ymax")]
            )
    except (ElementTree.ParseError, ValueError, OSError) as error:
        raise DataError(f"{path} is no annotation of Pascal VOC: {error}") from error
    if not all(labels):
        raise DataError(f"{path} has a box without a <name>.")
    return root.findtext("filename") or "", make_boxes(corners, labels), (size[0], size[1]) if all(size) else None


def is_yolo(path: Path) -> bool:
    """Whether this is YOLO's `data.yaml`, or a folder with it."""
    return _yaml_of(path) is not None


def read_yolo(path: Path, part: str) -> Annotated:
    """A folder of YOLO: `data.yaml` with names and parts, `labels/…/*.txt` beside `images/…`.

    Args:
        part: `"train"`, `"val"` or `"test"`.

    Raises:
        DataError: the file is broken, has no such part, or a class has no name. NotFoundError: nothing is there.
    """
    content, file = _yaml(path)
    names = _yolo_names(content, file)
    folders = content.get(part) or (content.get("val") if part == "test" else None)
    if not folders:
        raise DataError(f"{file} names no part {part!r}. Add a line such as '{part}: images/{part}'.")
    root = file.parent / str(content.get("path") or "")
    pictures = [one for given in _listed(folders) for one in _yolo_pictures(root, file.parent, str(given))]
    if not pictures:
        raise DataError(f"The part {part!r} of {file} has no pictures.")
    return Annotated(
        [str(one) for one in pictures], [_yolo_file(_labels_of(one), names) for one in pictures],
        [None] * len(pictures), file.parent.name, unit=SHARES,
    )  # fmt: skip


def yolo_has(path: Path, part: str) -> bool:
    """Whether `data.yaml` names this part."""
    content, _ = _yaml(path)
    return isinstance(content, dict) and bool(content.get(part)) and bool(content.get("train"))


def _yaml(path: Path) -> tuple[Any, Path]:
    file = _yaml_of(path)
    assert file is not None
    yaml = require("yaml", "detect")
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8")) or {}, file
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"{file} is no YAML: {' '.join(str(error).split())[:200]}") from error


def _yaml_of(path: Path) -> Path | None:
    if path.is_file():
        return path if path.suffix.lower() in (".yaml", ".yml") else None
    return next((path / name for name in ("data.yaml", "data.yml", "dataset.yaml") if (path / name).is_file()), None)


def _yolo_names(content: Any, file: Path) -> dict[int, str]:
    names = content.get("names") if isinstance(content, dict) else None
    if isinstance(names, list):
        names = dict(enumerate(names))
    if not isinstance(names, dict) or not names:
        raise DataError(f"{file} needs 'names': the classes, as a list or by their numbers.")
    return {int(number): str(name).strip() for number, name in names.items() if not is_blank(name)}


def _yolo_pictures(root: Path, beside: Path, given: str) -> list[Path]:
    # Exports of Roboflow write "../train/images" for what lies in "train/images".
    tried = [root / given, beside / given, beside / given.removeprefix("../"), Path(given)]
    place = next((one for one in tried if one.exists()), None)
    if place is None:
        raise NotFoundError(f"There is no {given} in {root}.")
    if place.is_file():
        lines = place.read_text(encoding="utf-8").splitlines()
        return [_from_list(line.strip(), place.parent, root, beside) for line in lines if line.strip()]
    found = (Path(folder) / name for folder, _, names in os.walk(place) for name in names)
    return sorted(path for path in found if path.suffix.lower() in SUFFIXES)


def _from_list(line: str, *folders: Path) -> Path:
    """A picture that a list names; as Ultralytics has it, what begins with "./" lies beside the list alone."""
    tried = [folder / line for folder in (folders[:1] if line.startswith("./") else folders)]
    return next((path for path in tried if path.is_file()), tried[0])


def _labels_of(picture: Path) -> Path:
    """Where YOLO keeps the labels of a picture: the last `images` of its path becomes `labels`."""
    parts = list(picture.with_suffix(".txt").parts)
    for place in range(len(parts) - 1, -1, -1):
        if parts[place] == "images":
            parts[place] = "labels"
            break
    return Path(*parts)


def _yolo_file(path: Path, names: dict[int, str]) -> Boxes:
    """Lines of class, centre, width and height, or class and a polygon; no file means that nothing is there."""
    if not path.is_file():
        return make_boxes([], [])
    corners, labels = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            which, *values = (float(part) for part in line.split())
        except ValueError as error:
            raise DataError(f"Line {number} of {path} holds no numbers: {line!r:.100}") from error
        if len(values) != 4 and (len(values) < 6 or len(values) % 2):
            raise DataError(f"Line {number} of {path} needs a class and four numbers. Received: {line!r:.100}")
        if not which.is_integer() or int(which) not in names:
            raise DataError(f"Line {number} of {path} has class {which:g}, for which 'names' has no name.")
        labels.append(names[int(which)])
        corners.append(_from_centre(values) if len(values) == 4 else around(values))
    return make_boxes(corners, labels)


def _from_centre(values: Sequence[float]) -> list[float]:
    x, y, width, height = values
    return [x - width / 2, y - height / 2, x + width / 2, y + height / 2]


def around(values: Sequence[float]) -> list[float]:
    """The corners of the box around points, given as x and y in turn."""
    return [min(values[::2]), min(values[1::2]), max(values[::2]), max(values[1::2])]


def _first_there(folders: Sequence[Path], names: Sequence[str]) -> str | None:
    for folder in folders:
        for name in filter(None, names):
            tried = [folder / name, *(folder / f"{name}{suffix}" for suffix in SUFFIXES)]
            found = next((one for one in tried if one.is_file() and one.suffix.lower() in SUFFIXES), None)
            if found:
                return str(found)
    return None


def _refuse(missing: Sequence[str], of: int, where: Path) -> None:
    if missing:
        raise NotFoundError(
            f"{len(missing):,} of {of:,} pictures annotated in {where} are missing: {some_of(missing)}."
        )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def some_of(values: Sequence[Any], most: int = LISTED) -> str:
    """The first ones, for messages."""
    return ", ".join(map(str, values[:most])) + (", …" if len(values) > most else "")
