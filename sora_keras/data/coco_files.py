"""Annotations in COCO's format, as pictures and their boxes."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sora_keras.data.box_files import LISTED, Annotated, around, some_of
from sora_keras.data.boxes import Boxes, make_boxes
from sora_keras.data.columns import is_blank
from sora_keras.data.findings import rows_text
from sora_keras.errors import DataError

_IMAGE_FOLDERS = ("", "images", "JPEGImages", "data")
_LISTS = ("images", "annotations")


def is_coco(path: Path) -> bool:
    """Whether a JSON file holds annotations of COCO, by how it begins."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(1 << 16)
    return re.search(rb'"(images|annotations|categories)"\s*:\s*\[', head) is not None


def read_coco(path: Path, images: Path | None = None) -> Annotated:
    """A COCO JSON file (https://cocodataset.org/#format-data).

    An annotation without a `bbox` gets the box around its polygons.

    Args:
        images: the folder of the pictures; None looks beside the file, in `images` and in folders named like it.

    Raises:
        DataError: it is no such file, ids come twice, a class has no name, annotations are of no picture, or have
            nothing but a mask (RLE).
    """
    content = _json(path)
    if not isinstance(content, dict) or not all(isinstance(content.get(name), list) for name in _LISTS):
        raise DataError(f"{path} is no COCO file: it needs the lists 'images' and 'annotations'.")
    classes = _by_id(content.get("categories") or [], "categories", path)
    names = {key: "" if is_blank(one.get("name")) else str(one["name"]).strip() for key, one in classes.items()}
    pictures, annotations = _by_id(content["images"], "images", path), content["annotations"]
    _by_id([one for one in annotations if "id" in one], "annotations", path)
    _check_classes(annotations, names, path)
    _check_pictures(annotations, pictures, path)
    corners = [_corners_of(one, path) for one in annotations]
    notes = _without_boxes(annotations, corners, pictures, path)
    held: dict[Any, list[tuple[list[float], dict[str, Any]]]] = {key: [] for key in pictures}
    for four, one in zip(corners, annotations, strict=True):
        if four:
            held[one["image_id"]].append((four, one))
    files = [str(one.get("file_name", "")) for one in pictures.values()]
    folder = images or _folder_of(files, path)
    return Annotated(
        [str(folder / name) for name in files],
        [_boxes(some, names) for some in held.values()],
        [_size(one) for one in pictures.values()],
        path.name,
        notes=notes,
    )


def _corners_of(annotation: dict[str, Any], path: Path) -> list[float] | None:
    """Left, top, right and bottom; None where an annotation has neither a box nor polygons."""
    try:
        if _has_box(annotation):
            left, top, width, height = (np.nan if value is None else float(value) for value in annotation["bbox"])
            return [left, top, left + width, top + height]
        polygons = [one for one in _polygons(annotation) if one]
        if any(len(one) < 6 or len(one) % 2 for one in polygons):
            raise ValueError("a polygon has three points or more, x and y of each")
        return around([float(value) for one in polygons for value in one]) if polygons else None
    except (TypeError, ValueError) as error:
        raise DataError(f"The annotation with the id {annotation.get('id')} in {path} is broken: {error}.") from error


def _has_box(annotation: dict[str, Any]) -> bool:
    box = annotation.get("bbox")
    return isinstance(box, list) and len(box) == 4


def _polygons(annotation: dict[str, Any]) -> list[Any]:
    outline = annotation.get("segmentation")
    if not isinstance(outline, list):
        return []
    return [outline] if outline and not isinstance(outline[0], list) else outline


def _without_boxes(
    annotations: list[dict[str, Any]], corners: list[list[float] | None], pictures: dict[Any, Any], path: Path
) -> list[tuple[str, str]]:  # fmt: skip
    """What is said of annotations that have no `bbox`; raises `DataError` where that would lose what stands there."""
    bare = [one for one, four in zip(annotations, corners, strict=True) if four is None]
    masks = [one.get("id") for one in bare if isinstance(one.get("segmentation"), dict)]
    if masks:
        raise DataError(
            f"{rows_text(len(masks), 'annotation')} in {path} with a mask (RLE) and no 'bbox'; ids of the first: "
            f"{some_of(masks)}. Add the boxes: pycocotools.mask.toBbox gives them."
        )
    if bare and len(bare) == len(annotations):
        raise DataError(f"Not one of the {len(bare):,} annotations in {path} has a 'bbox' (x, y, width, height).")
    notes = []
    outlined = sum(not _has_box(one) for one in annotations) - len(bare)
    if outlined:
        said = f"{rows_text(outlined, 'annotation')} without a 'bbox', given the box around the polygons"
        notes.append(("box", said))
    if bare:
        files = dict.fromkeys(str(pictures[one["image_id"]].get("file_name")) for one in bare)
        said = f"{rows_text(len(bare), 'annotation')} without a 'bbox' or polygons, left out, in {some_of(list(files))}"
        notes.append(("missing", said))
    return notes


def _boxes(held: list[tuple[list[float], dict[str, Any]]], names: dict[Any, str]) -> Boxes:
    labels = [names[one["category_id"]] for _, one in held]
    return make_boxes([four for four, _ in held], labels, [bool(one.get("iscrowd", 0)) for _, one in held])


def _check_pictures(annotations: list[dict[str, Any]], pictures: dict[Any, Any], path: Path) -> None:
    strangers = [one.get("id") for one in annotations if one.get("image_id") not in pictures]
    if strangers:
        raise DataError(
            f"{path} has {len(strangers):,} annotations of pictures that 'images' does not list; ids of the first: "
            f"{some_of(strangers)}. Add the pictures, or leave the annotations out."
        )


def _by_id(entries: list[Any], what: str, path: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    twice = []
    for one in entries:
        if not isinstance(one, dict) or "id" not in one:
            raise DataError(f"Each of {what!r} in {path} needs an 'id'. Received: {one!r:.200}")
        if one["id"] in found:
            twice.append(one["id"])
        found[one["id"]] = one
    if twice:
        raise DataError(f"{len(twice):,} ids of {what!r} in {path} come twice: {some_of(twice)}. Give each its own.")
    return found


def _check_classes(annotations: list[Any], names: dict[Any, str], path: Path) -> None:
    nameless = sorted({str(one.get("category_id")) for one in annotations if not names.get(one.get("category_id"))})
    if nameless:
        raise DataError(
            f"{path} has annotations of classes without a name: category_id {some_of(nameless)}. "
            "List them with 'id' and 'name' in 'categories'."
        )


def _size(entry: dict[str, Any]) -> tuple[int, int] | None:
    height, width = entry.get("height"), entry.get("width")
    return (int(height), int(width)) if height and width else None


def _folder_of(files: Sequence[str], path: Path) -> Path:
    """The folder in which the pictures of a COCO file lie: the one with most of the first of them."""
    stem = path.stem.removeprefix("instances_").removesuffix(".coco")
    places = [base / name for base in (path.parent, path.parent.parent) for name in (*_IMAGE_FOLDERS, stem)]
    places += [base / "images" / stem for base in (path.parent, path.parent.parent)]
    first = files[:LISTED]
    return max(places, key=lambda place: sum((place / name).is_file() for name in first))


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError) as error:
        raise DataError(f"{path} is no JSON: {error}") from error
