"""Annotated boxes brought to the pixels of their pictures as these stand upright, and what was wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from sora_keras.data.box_files import SHARES, Annotated, some_of
from sora_keras.data.boxes import FAULTS, Boxes, mend
from sora_keras.data.columns import object_column
from sora_keras.data.examples import Examples
from sora_keras.data.findings import MOST_ROWS, Finding, describe, rows_text
from sora_keras.data.picture import Picture
from sora_keras.data.picture_header import LYING
from sora_keras.data.picture_sizes import Size, upright_size
from sora_keras.data.pictures import COLUMN
from sora_keras.errors import DataError, NotFoundError

BOXES = "boxes"
# How a picture differs from the size that is declared for it, and how it is said of so many pictures.
_DIFFERENCES = {
    "other": "of another size than declared, whose boxes are left as they are",
    "turned": "annotated as stored, before the turn that EXIF asks for, whose boxes are turned too",
    "scaled": "larger or smaller than declared, whose boxes are scaled",
}
_SHARE = 1.5  # the highest corner of a box that is shares of the sides: some reach out of the picture a little
_BULK = 0.95  # the share of all boxes that has to contradict the unit that is declared
_TINY = 4  # pixels a side up to which a box in pixels looks like one in shares
_ALIKE = 0.01  # by how much of a side the shape of a picture that is only scaled may differ
_NOMINAL = 1000  # pixels a side of a picture that cannot be read, so that its boxes are kept
_LISTED = 5


def fitted_examples(
    found: Annotated, pictures: Sequence[Picture], part: str, notes: tuple[Finding, ...] = ()
) -> Examples:  # fmt: skip
    """Examples whose boxes are in pixels of the upright pictures, with faults mended and noted.

    Args:
        part: of `"train"` there must be boxes to learn from.
        notes: what was noticed before.

    Raises:
        NotFoundError: pictures are missing. DataError: there are no pictures, or nothing to learn from.
    """
    _check_there(pictures, found.source)
    sizes = [upright_size(picture) for picture in pictures]
    shares, unit_notes = _are_shares(found, pictures, sizes)
    mended: list[Boxes] = []
    faults: dict[str, dict[int, int]] = {}
    differing: dict[str, list[int]] = {}
    for row, (boxes, declared, size) in enumerate(zip(found.boxes, found.sizes, sizes, strict=True)):
        whole, counts, difference = _fit(boxes, declared, size, shares)
        mended.append(whole)
        for fault, count in counts.items():
            faults.setdefault(fault, {})[row] = count
        if difference:
            differing.setdefault(difference, []).append(row)
    wrong = (*_differences_noted(differing, found.sizes, sizes, pictures), *_faults_noted(faults, pictures))
    if part == "train" and not any((~boxes.crowd).any() for boxes in mended):
        raise _nothing_to_learn_from(found, wrong)
    said = tuple(Finding(kind, message) for kind, message in found.notes)
    bare = _background([row for row, boxes in enumerate(mended) if not boxes.count], len(mended))
    columns = {COLUMN: object_column(list(pictures)), BOXES: object_column(mended)}
    noticed = (*notes, *said, *_twice(pictures), *unit_notes, *wrong, *bare)
    return Examples(columns, answer=BOXES, source=found.source, notes=noticed)


def _check_there(pictures: Sequence[Picture], source: str) -> None:
    missing = [one.path for one in pictures if one.path and not Path(one.path).is_file()]
    if missing:
        raise NotFoundError(
            f"{len(missing):,} of {len(pictures):,} pictures of {source} are missing: {some_of(missing)}."
        )
    if not pictures:
        raise DataError(f"{source} has no pictures.")


def _nothing_to_learn_from(found: Annotated, wrong: Sequence[Finding]) -> DataError:
    crowds = any(boxes.crowd.any() for boxes in found.boxes)
    which = " but those around crowds" if crowds else " that can be used" if wrong else ""
    return DataError(f"{found.source} has no boxes{which}: there is nothing to learn from. {describe(wrong)}".rstrip())


def _are_shares(
    found: Annotated, pictures: Sequence[Picture], sizes: Sequence[Size | None]
) -> tuple[bool, tuple[Finding, ...]]:
    """Whether corners are shares of the sides, and a note where they are not what the format says.

    Nearly all boxes have to say otherwise: single ones are faults, and are mended as such.
    """
    declared = found.unit == SHARES
    small, telling = _looks_like_shares(np.concatenate([boxes.corners for boxes in found.boxes]))
    like_shares, of_all = int(small.sum()), int(telling.sum())
    large_enough = any(size and max(size.height, size.width) > _TINY for size in sizes)
    if not of_all or (not declared and not (like_shares and large_enough)):
        return declared, ()
    of = f"of {of_all:,} boxes of {found.source}"
    if not declared and like_shares >= _BULK * of_all:
        said = f"{like_shares:,} {of} lie within 0 to 1: taken for shares of the sides, and scaled to pixels"
        return True, (Finding("box_unit", said),)
    if declared and of_all - like_shares >= _BULK * of_all:
        said = f"{of_all - like_shares:,} {of} go beyond 1: taken for pixels, though YOLO's are shares of the sides"
        return False, (Finding("box_unit", said),)
    if declared:
        return True, ()
    of_rows = np.repeat(np.arange(len(found.boxes)), [boxes.count for boxes in found.boxes])
    rows = np.unique(of_rows[small]).tolist()
    said = f"{like_shares:,} {of} lie within 0 to 1 as shares of the sides do: taken for pixels as the others"
    return False, (Finding("box_unit", said + _in_files(rows, pictures), tuple(rows[:MOST_ROWS])),)


def _looks_like_shares(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which boxes have all corners close to 0 to 1, and which tell something: they have an area."""
    finite = np.isfinite(corners).all(axis=1)
    known = np.where(finite[:, None], corners, 0).astype(np.float64)
    telling = (known[:, :2] != known[:, 2:]).all(axis=1)
    return telling & (np.abs(known) <= _SHARE).all(axis=1), telling


def _fit(
    boxes: Boxes, declared: tuple[int, int] | None, size: Size | None, shares: bool
) -> tuple[Boxes, dict[str, int], str]:
    """The boxes of one picture in its own pixels, how many had which fault, and one of `_DIFFERENCES` or nothing."""
    if size is None:
        # It is left out where it is decoded; what stands in it is kept as it is said.
        height, width = declared or ((_NOMINAL, _NOMINAL) if shares else (0, 0))
        mended, counts = mend(_scaled(boxes, height, width) if shares else boxes, height, width)
        return replace(mended, size=(0, 0)), counts, ""
    own = size.height, size.width
    difference = _difference(declared or own, size)
    height, width = own if difference == "other" else declared or own
    boxes = _scaled(boxes, height, width) if shares else boxes
    if difference == "turned":
        boxes = _turned(boxes, size)
    if difference == "scaled":
        boxes = _scaled(boxes, size.height / height, size.width / width)
    return *mend(boxes, *own), difference


def _difference(declared: tuple[int, int], size: Size) -> str:
    height, width = declared
    if (height, width) == (size.height, size.width):
        return ""
    if (width, height) == (size.height, size.width):
        return "turned" if size.orientation >= LYING else "other"
    alike = abs(width * size.height / height - size.width) <= max(1, _ALIKE * size.width)
    return "scaled" if alike else "other"


def _scaled(boxes: Boxes, down: float, across: float) -> Boxes:
    return replace(boxes, corners=boxes.corners * np.array([across, down, across, down], np.float32))


def _turned(boxes: Boxes, size: Size) -> Boxes:
    """Boxes of the picture as it is stored, turned and mirrored as EXIF says (EXIF 2.3, 4.6.4)."""
    left, top, right, bottom = boxes.corners.T
    across = (top, bottom) if size.orientation in (5, 8) else (size.width - bottom, size.width - top)
    down = (left, right) if size.orientation in (5, 6) else (size.height - right, size.height - left)
    return replace(boxes, corners=np.stack([across[0], down[0], across[1], down[1]], axis=1))


# What is said.


def _differences_noted(
    differing: dict[str, list[int]], declared: Sequence[tuple[int, int] | None], sizes: Sequence[Size | None],
    pictures: Sequence[Picture],
) -> Iterable[Finding]:  # fmt: skip
    def one(row: int) -> str:
        said, size = declared[row], sizes[row]
        assert said is not None
        assert size is not None
        return f"{_file(pictures[row])} (declared {said[1]} × {said[0]}, is {size.width} × {size.height})"

    for difference, clause in _DIFFERENCES.items():
        if difference in differing:
            rows = differing[difference]
            listed = some_of(list(map(one, rows)), _LISTED)
            yield Finding("box", f"{rows_text(len(rows), 'picture')} {clause}: {listed}", tuple(rows[:MOST_ROWS]))


def _faults_noted(faults: dict[str, dict[int, int]], pictures: Sequence[Picture]) -> Iterable[Finding]:
    for fault, clause in FAULTS.items():
        if fault in faults:
            rows, count = list(faults[fault]), sum(faults[fault].values())
            noun = "1 box" if count == 1 else f"{count:,} boxes"
            yield Finding("box", f"{noun} {clause}{_in_files(rows, pictures)}", tuple(rows[:MOST_ROWS]))


def _in_files(rows: Sequence[int], pictures: Sequence[Picture]) -> str:
    return f", in {some_of([_file(pictures[row]) for row in rows], _LISTED)}"


def _file(picture: Picture) -> str:
    return Path(str(picture)).name


def _twice(pictures: Sequence[Picture]) -> tuple[Finding, ...]:
    seen: set[str] = set()
    rows = [row for row, one in enumerate(pictures) if one.path and (one.path in seen or seen.add(one.path))]  # type: ignore[func-returns-value]
    if not rows:
        return ()
    said = f"{rows_text(len(rows), 'picture')} listed a second time, such as {pictures[rows[0]]}"
    return (Finding("duplicate", said, tuple(rows[:MOST_ROWS])),)


def _background(bare: list[int], of: int) -> tuple[Finding, ...]:
    if not bare:
        return ()
    said = f"{rows_text(len(bare), 'picture')} of {of:,} without boxes, kept as background"
    return (Finding("no_boxes", said, tuple(bare[:MOST_ROWS])),)
