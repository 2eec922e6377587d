"""Rows for training and rows for validation."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from sora_keras.data.boxes import Boxes
from sora_keras.errors import DataError, ParameterError


def split(
    examples: Any, labels_encoded: np.ndarray | None, *, fraction: float, seed: int, groups: Any = None
) -> tuple[np.ndarray, np.ndarray]:
    """Part the rows so that each class has the same share in both parts.

    Args:
        examples: anything with a length.
        labels_encoded: class numbers (rows,), or 0/1 (rows, classes), where equal rows make one class; None
            splits at random. A class with a single example goes to training.
        fraction: the share of rows for validation, 0 to below 1.
        seed: the same seed gives the same rows.
        groups: one value a row; rows of one group stay together.

    Returns:
        The row numbers for training and for validation, each ascending.

    Raises:
        DataError: lengths differ, or there are fewer than two groups.
        ParameterError: `fraction` is out of range.
    """
    count = len(examples)
    if not 0 <= fraction < 1:
        raise ParameterError(f"fraction must be from 0 to below 1. Received: {fraction}")
    strata = np.zeros(count, np.int64) if labels_encoded is None else _strata(np.asarray(labels_encoded))
    for name, values in (("labels", strata), ("groups", groups)):
        if values is not None and len(values) != count:
            raise DataError(f"{name} must have one value a row, {count:,}. Received: {len(values):,}")
    if fraction == 0 or count < 2:
        held_out = np.zeros(count, bool)
    elif groups is None:
        held_out = _stratified(strata, fraction, np.random.default_rng(seed))
    else:
        held_out = _grouped(strata, groups, fraction, seed)
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def train_test_split(examples: Any, *, test_size: float = 0.2, seed: int = 0) -> tuple[Any, Any]:
    """Examples for training and examples for a test, each class with the same share in both.

    Args:
        examples: with an answer column, as `read` and `load_sample` give.
        test_size: the share of the test, above 0 and below 1.
        seed: the same seed gives the same rows.
    """
    answers = examples.column(examples.answer)
    if len(answers) and isinstance(answers[0], Boxes):
        kinds = np.unique([label for boxes in answers for label in boxes.labels] or [""])
        row_of = {kind: place for place, kind in enumerate(kinds)}
        classes = np.zeros((len(answers), len(kinds)), np.int64)
        for row, boxes in enumerate(answers):
            classes[row, [row_of[label] for label in boxes.labels]] = 1
    else:
        classes = np.unique([str(value) for value in answers], return_inverse=True)[1]
    rows = split(examples, classes, fraction=test_size, seed=seed)
    return examples.take(rows[0]), examples.take(rows[1])


def _strata(labels: np.ndarray) -> np.ndarray:
    if labels.ndim == 1:
        return np.unique(labels, return_inverse=True)[1]
    numbers, counts = np.unique(labels, axis=0, return_inverse=True, return_counts=True)[1:]
    # Combinations of labels that occur once have nothing to share: they form one stratum.
    return np.where(counts[numbers.ravel()] == 1, -1, numbers.ravel())


def _stratified(strata: np.ndarray, fraction: float, generator: np.random.Generator) -> np.ndarray:
    numbers, counts = np.unique(strata, return_inverse=True, return_counts=True)[1:]
    shares = counts * fraction
    sizes = np.floor(shares).astype(np.int64)
    # The largest remainders get the rows that rounding down left; a class of one has none to give.
    left = max(round(float(shares.sum())), 1) - int(sizes.sum())
    order = np.lexsort((generator.random(len(counts)), -(shares - sizes)))
    spare = [place for place in order if sizes[place] + 1 < counts[place]]
    sizes[spare[: max(left, 0)]] += 1
    held_out = np.zeros(len(strata), bool)
    by_class = np.argsort(numbers, kind="stable")
    for rows, size in zip(np.split(by_class, np.cumsum(counts)[:-1]), sizes, strict=True):
        held_out[generator.permutation(rows)[:size]] = True
    return held_out


def _grouped(strata: np.ndarray, groups: Any, fraction: float, seed: int) -> np.ndarray:
    from sklearn.model_selection import GroupShuffleSplit, StratifiedGroupKFold

    groups = np.unique(np.asarray(groups).astype(str), return_inverse=True)[1]
    distinct = int(groups.max()) + 1
    if distinct < 2:
        raise DataError("groups has one value only, so no group can be kept for validation.")
    folds = round(1 / fraction)
    if 2 <= folds <= distinct:
        splitter: Any = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    else:
        splitter = GroupShuffleSplit(n_splits=1, test_size=fraction, random_state=seed)
    with warnings.catch_warnings():
        # scikit-learn warns of classes smaller than the number of folds; the split is still right.
        warnings.simplefilter("ignore", UserWarning)
        rows = next(iter(splitter.split(groups, strata, groups)))[1]
    held_out = np.zeros(len(strata), bool)
    held_out[rows] = True
    return held_out
