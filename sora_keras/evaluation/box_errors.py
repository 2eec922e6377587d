"""What is wrong with found boxes, by the names that TIDE gives (Bolya et al., 2020)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sora_keras.data.boxes import Boxes
from sora_keras.evaluation.box_scores import SIZES, Found

KINDS = ("confused", "localisation", "both", "duplicate", "background", "missed")
FOREGROUND, BACKGROUND = 0.5, 0.1  # IoU from which a box is found, and up to which a found box is of nothing
# What else a found box, and a true one, can be.
RIGHT, IGNORED = "right", "ignored"
FOUND, MISTAKEN, MISSED, CROWD = "found", "mistaken", "missed", "crowd"
_SMALL, _LARGE = 32.0**2, 96.0**2


@dataclass(frozen=True)
class BoxError:
    """One error.

    Args:
        kind: `"confused"` (well placed, of another class), `"localisation"` (of the right class, badly placed),
            `"both"`, `"duplicate"` (what it lies on is found already), `"background"` (it lies on nothing) or
            `"missed"` (a true box that nothing stands for).
        picture: its place in the test data. corners: left, top, right, bottom in pixels; of a missed box the true ones.
        answered: the class and score of what was found; None for a missed box.
        truth: the class of the true box concerned; None for background.
    """

    kind: str
    picture: int
    corners: tuple[float, float, float, float]
    answered: str | None
    score: float | None
    truth: str | None

    @property
    def size(self) -> str:
        """`"small"`, `"medium"` or `"large"`, as COCO parts them."""
        left, top, right, bottom = self.corners
        area = (right - left) * (bottom - top)
        return SIZES[int(area >= _SMALL) + int(area >= _LARGE)]


@dataclass(frozen=True)
class ErrorCount:
    """How many errors are of one kind (see `BoxError`), and of which size: below 32², below 96² pixels, and more."""

    kind: str
    count: int
    small: int
    medium: int
    large: int


@dataclass(frozen=True)
class WorstPicture:
    """One of the pictures with the most errors. row: its place in the test data; errors: how many of which kind."""

    row: int
    name: str
    errors: dict[str, int]


@dataclass(frozen=True, eq=False)
class Matched:
    """What is in one picture beside what was found there.

    Args:
        corners, labels: (boxes, 4) and (boxes,) of the true boxes. fates: of each `FOUND`, `MISTAKEN` (only a confused
            or badly placed box stands for it), `MISSED` or `CROWD`.
        found: what counts of what was found, by falling scores. verdicts: of each `RIGHT`, `IGNORED` (it lies in a
            crowd) or its error's kind. partners: (found,) the true box that each is about, -1 for none.
    """

    corners: np.ndarray
    labels: np.ndarray
    fates: np.ndarray
    found: Found
    verdicts: np.ndarray
    partners: np.ndarray


@dataclass(frozen=True, eq=False)
class BoxErrors:
    """The errors at one threshold.

    Args:
        errors: picture by picture. matched: one a picture.
        confusion: (classes + 1, classes + 1) boxes, by truth in rows and answer in columns; in the last row what was
            found of nothing, badly placed or twice, in the last column the true boxes neither found nor confused.
        right, answered, there: (pictures, classes) found boxes that are right, all that count, and true ones.
    """

    errors: tuple[BoxError, ...]
    matched: tuple[Matched, ...]
    confusion: np.ndarray
    right: np.ndarray
    answered: np.ndarray
    there: np.ndarray


def find_errors(
    truth: Sequence[Boxes], found: Sequence[Found], classes: Sequence[str], threshold: float
) -> BoxErrors:  # fmt: skip
    """Name the errors among what was found with at least this score.

    Args:
        truth, found: one each of every picture. classes: the names that count.
    """
    number = {name: place for place, name in enumerate(classes)}
    matched = tuple(
        match_boxes(*_that_count(there, told, number, threshold)) for there, told in zip(truth, found, strict=True)
    )
    errors = tuple(error for picture, one in enumerate(matched) for error in _errors_of(one, picture))
    right, answered, there = np.zeros((3, len(matched), len(classes)), np.int64)
    for picture, one in enumerate(matched):
        for verdict, label in zip(one.verdicts, one.found.labels, strict=True):
            answered[picture, number[label]] += verdict != IGNORED
            right[picture, number[label]] += verdict == RIGHT
        for label in one.labels[one.fates != CROWD]:
            there[picture, number[label]] += 1
    return BoxErrors(errors, matched, _confusion(matched, number), right, answered, there)


def _confusion(matched: Sequence[Matched], number: dict[str, int]) -> np.ndarray:
    counts = np.zeros((len(number) + 1, len(number) + 1), np.int64)
    for one in matched:
        confused = one.verdicts == "confused"
        for verdict, label, partner in zip(one.verdicts, one.found.labels, one.partners, strict=True):
            if verdict != IGNORED:
                row = number[one.labels[partner]] if verdict in (RIGHT, "confused") else -1
                counts[row, number[label]] += 1
        lost = np.isin(one.fates, (MISTAKEN, MISSED)) & ~np.isin(np.arange(len(one.fates)), one.partners[confused])
        for label in one.labels[lost]:
            counts[number[label], -1] += 1
    return counts


def count_errors(errors: Sequence[BoxError]) -> tuple[ErrorCount, ...]:
    """How many there are of each of `KINDS`."""
    counts = Counter((error.kind, error.size) for error in errors)
    every = {kind: [counts[kind, size] for size in SIZES] for kind in KINDS}
    return tuple(ErrorCount(kind, sum(sizes), *sizes) for kind, sizes in every.items())


def worst_pictures(
    errors: Sequence[BoxError], names: Callable[[int], str], *, most: int = 12
) -> tuple[WorstPicture, ...]:  # fmt: skip
    """The pictures with the most errors; of equal ones first the one with the surest wrong box.

    Args:
        names: what a picture is called, by its place in the test data.
    """
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    surest: dict[int, float] = defaultdict(float)
    for error in errors:
        counts[error.picture][error.kind] += 1
        surest[error.picture] = max(surest[error.picture], error.score or 0.0)
    rows = sorted(counts, key=lambda row: (-counts[row].total(), -surest[row], row))[:most]
    return tuple(
        WorstPicture(row, names(row), {kind: counts[row][kind] for kind in KINDS if counts[row][kind]}) for row in rows
    )


def match_boxes(truth: Boxes, found: Found) -> Matched:
    """Match what was found with what is there: the highest score first, as COCO does, at an IoU of 0.5."""
    order = np.argsort(-found.scores, kind="stable")
    found = Found(found.corners[order], found.scores[order], found.labels[order])
    shares = _overlaps(found.corners, truth.corners, truth.crowd)
    same = found.labels[:, None] == truth.labels[None, :]
    verdicts, partners = _told_apart(shares, same, truth.crowd)
    fates = np.where(truth.crowd, CROWD, MISSED).astype(object)
    for verdict, fate in (("localisation", MISTAKEN), ("confused", MISTAKEN), (RIGHT, FOUND)):
        fates[partners[verdicts == verdict]] = fate
    return Matched(truth.corners, truth.labels, fates, found, verdicts, partners)


def _told_apart(shares: np.ndarray, same: np.ndarray, crowd: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The verdict on each found box, and the true box that it is about."""
    verdicts, partners = np.full(len(shares), "background", object), np.full(len(shares), -1)
    own, other = np.where(same & ~crowd, shares, 0.0), np.where(~same & ~crowd, shares, 0.0)
    in_crowd = (same & crowd & (shares >= FOREGROUND)).any(axis=1)
    free = ~crowd
    for place in range(len(shares) if shares.size else 0):
        left = np.where(free, own[place], 0.0)
        best = len(left) - 1 - int(left[::-1].argmax())  # of equal ones the last, as COCO does
        mine, theirs = int(own[place].argmax()), int(other[place].argmax())
        if left[best] >= FOREGROUND:
            verdicts[place], partners[place] = RIGHT, best
            free[best] = False
        elif in_crowd[place]:
            verdicts[place] = IGNORED
        elif BACKGROUND <= own[place, mine] < FOREGROUND:
            verdicts[place], partners[place] = "localisation", mine
        elif other[place, theirs] >= FOREGROUND:
            verdicts[place], partners[place] = "confused", theirs
        elif own[place, mine] >= FOREGROUND:
            verdicts[place], partners[place] = "duplicate", mine
        elif other[place, theirs] > BACKGROUND:
            verdicts[place], partners[place] = "both", theirs
    return verdicts, partners


def _overlaps(found: np.ndarray, truth: np.ndarray, crowd: np.ndarray) -> np.ndarray:
    """(found, truth) IoU; with a crowd the share of the found box that lies in it, as COCO does."""
    begin, extent = np.float64(found[:, None, :2]), np.float64(found[:, None, 2:]) - found[:, None, :2]
    start, reach = np.float64(truth[None, :, :2]), np.float64(truth[None, :, 2:]) - truth[None, :, :2]
    # The ends are summed up again since COCO holds widths: a box at the very threshold shall fall alike.
    common = np.minimum(begin + extent, start + reach) - np.maximum(begin, start)
    shared = np.where((common > 0).all(axis=2), common.prod(axis=2), 0.0)
    area, theirs = extent.prod(axis=2), reach.prod(axis=2)
    whole = np.where(crowd, area, area + theirs - shared)
    return np.divide(shared, whole, out=np.zeros_like(shared), where=shared > 0)


def _that_count(
    truth: Boxes, found: Found, number: dict[str, int], threshold: float
) -> tuple[Boxes, Found]:  # fmt: skip
    """What is of the classes that count, and what was found with at least this score."""
    kept = np.array([label in number for label in truth.labels], bool)
    high = np.array([label in number for label in found.labels], bool) & (found.scores >= threshold)
    return (
        Boxes(truth.corners[kept], truth.labels[kept], np.asarray(truth.crowd, bool)[kept]),
        Found(found.corners[high], found.scores[high], found.labels[high]),
    )


def _errors_of(one: Matched, picture: int) -> Iterator[BoxError]:
    for place, (verdict, partner) in enumerate(zip(one.verdicts, one.partners.tolist(), strict=True)):
        if verdict in KINDS:
            yield BoxError(
                verdict,
                picture,
                _plain(one.found.corners[place]),
                answered=str(one.found.labels[place]),
                score=float(one.found.scores[place]),
                truth=str(one.labels[partner]) if partner >= 0 else None,
            )
    for place in np.flatnonzero(one.fates == MISSED).tolist():
        yield BoxError(MISSED, picture, _plain(one.corners[place]), None, None, truth=str(one.labels[place]))


def _plain(corners: np.ndarray) -> tuple[float, float, float, float]:
    left, top, right, bottom = (round(float(value), 2) for value in corners)
    return left, top, right, bottom
