"""Anything people hold pictures in, to examples: the door for pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sora_keras.data.examples import Examples
from sora_keras.data.files import expanded, is_file_list
from sora_keras.data.findings import Finding
from sora_keras.data.names import find_picture_column
from sora_keras.data.picture import SUFFIXES, Picture, as_bytes_of_pixels, encode, local, to_picture
from sora_keras.data.reading import AnyExamples, read_examples
from sora_keras.data.tf_dataset import is_dataset
from sora_keras.errors import DataError, NotFoundError

COLUMN = "image"
PARTS = {"train": ("train", "training"), "val": ("val", "valid", "validation"), "test": ("test", "testing")}


def read_pictures(
    X: Any, y: Any = None, *, part: str = "train", answer_required: bool = True, by_class: bool = True,
    memory: int | str = "auto",
) -> AnyExamples:  # fmt: skip
    """Read pictures and say which column is the answer.

    Args:
        X: a folder with a sub-folder a class, or with `train`, `val` and `test` inside of which `part` is
            read; a folder of pictures; a path, several or a glob; a CSV, data frame or records with a column of
            paths; arrays (pictures, height, width[, channels]); a list of paths, bytes, arrays or Pillow
            images; a `tf.data.Dataset` of pictures and labels; a pair of such and its answers.
        y: the answers; the name of their column; or None.
        part: `"train"`, `"val"` or `"test"`, where the folder has such parts.
        by_class: whether sub-folders are classes; if not, a folder stands for all pictures in it, however deep, or in
            its `part` if it has one for training too.

    Returns:
        Examples with a column of `Picture`, under the name that it has, or `"image"`.

    Raises:
        NotFoundError: there is no such file or folder. DataError: no pictures, or the answer is unclear.
        ArgumentTypeError: `X` is nothing that holds pictures.
    """
    if y is None and isinstance(X, tuple) and len(X) == 2 and hasattr(X[0], "__len__") and not isinstance(X[0], str):
        X, y = X
    if isinstance(X, str | os.PathLike):
        paths = expanded(local(os.fspath(X)))
        if len(paths) == 1 and paths[0].is_dir():
            has_parts = by_class or part_of(paths[0], "train") is not None
            inner = part_of(paths[0], part) if has_parts else None
            return _from_folder(inner or paths[0], y, answer_required, by_class)
        pictures = [str(path) for path in paths if path.is_file() and _suffix(path.name) in SUFFIXES]
        if pictures:
            return _answered(_pictures(pictures), (), y, answer_required)
        examples = read_examples(paths, y, answer_required=answer_required, memory=memory, default_name=COLUMN)
        return with_pictures(examples, paths[0].parent)
    if is_dataset(X):
        X, labels = _from_dataset(X)
        y = labels if y is None else y
    if (isinstance(X, np.ndarray) and X.dtype != object and X.ndim >= 3) or _is_batch(X):
        return _answered(*_from_arrays(np.asarray(X)), y, answer_required)
    if isinstance(X, list | tuple | np.ndarray) and len(X) and not _is_tables(X) and not isinstance(X[0], dict):
        return _answered(*_from_list(X), y, answer_required)
    examples = read_examples(X, y, answer_required=answer_required, memory=memory, default_name=COLUMN)
    return with_pictures(examples, Path())


def with_pictures(examples: AnyExamples, folder: Path) -> AnyExamples:
    """With the column of paths as pictures; relative paths begin at `folder`.

    Raises:
        DataError: no column holds paths. NotFoundError: files are missing; names the first ten.
    """
    name = find_picture_column(examples, exclude=(examples.answer,), suffixes=SUFFIXES)
    values = examples.column(name)
    pictures = np.empty(len(values), object)
    for place, value in enumerate(values):
        if isinstance(value, Picture) or value is None:
            pictures[place] = value
        else:
            pictures[place] = to_picture(folder / local(value.strip()) if isinstance(value, str) else value)
    missing = [picture.path for picture in pictures if picture and picture.path and not Path(picture.path).is_file()]
    if missing:
        listed = ", ".join(missing[:10]) + (", …" if len(missing) > 10 else "")
        raise NotFoundError(f"{len(missing):,} of {len(values):,} files of column {name!r} are missing: {listed}.")
    return examples.with_columns({name: pictures})


def part_of(folder: Path, part: str) -> Path | None:
    """The sub-folder that holds this part of the data, if there is one."""
    return next((folder / name for name in PARTS[part] if (folder / name).is_dir()), None)


def _from_folder(folder: Path, y: Any, answer_required: bool, by_class: bool) -> AnyExamples:
    inner = folder.iterdir() if by_class else ()
    classes = sorted(path for path in inner if path.is_dir() and not path.name.startswith("."))
    found = [(path, part.name) for part in classes for path in _files(part)]
    if classes and found:
        empty = [part.name for part in classes if part.name not in {name for _, name in found}]
        if empty:
            raise DataError(f"{folder} has class folders without a picture: {', '.join(empty[:10])}.")
        labels = np.array([name for _, name in found], dtype=object)
        return _answered(
            _pictures([path for path, _ in found]), (), labels if y is None else y, answer_required, folder.name
        )
    files = list(_files(folder))
    if not files:
        raise DataError(
            f"{folder} holds no pictures. Expected: a sub-folder for each class with pictures in it. Suffixes that are "
            f"read: {', '.join(SUFFIXES)}."
        )
    return _answered(_pictures(files), (), y, answer_required, folder.name)


def _files(folder: Path) -> Iterator[str]:
    # Not by pathlib, which takes longer over many files than decoding some of them.
    for place, folders, names in os.walk(folder):
        folders.sort()
        yield from (os.path.join(place, name) for name in sorted(names) if _suffix(name) in SUFFIXES)


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _pictures(paths: list[str]) -> np.ndarray:
    pictures = np.empty(len(paths), object)
    pictures[:] = [Picture(path) for path in paths]
    return pictures


def _from_arrays(arrays: np.ndarray) -> tuple[np.ndarray, tuple[Finding, ...]]:
    pixels, said = as_bytes_of_pixels(arrays)
    pictures = np.empty(len(pixels), object)
    for place, one in enumerate(pixels):
        pictures[place] = Picture(content=encode(one))
    return pictures, _range_note(arrays.dtype, said)


def _from_list(values: Any) -> tuple[np.ndarray, tuple[Finding, ...]]:
    """Paths, bytes, arrays and Pillow images; what range floats have is told by all of them together."""
    floats = [one for one in values if getattr(getattr(one, "dtype", None), "kind", "") == "f" and np.size(one)]
    highest = max((float(np.max(one)) for one in floats), default=0.0)
    pictures = np.empty(len(values), object)
    for place, value in enumerate(values):
        try:
            pictures[place] = to_picture(value, highest)
        except DataError as error:
            raise DataError(f"Item {place}: {error}") from error
    said = "0 to 1" if highest <= 1 else "0 to 255"
    return pictures, _range_note(floats[0].dtype, said) if floats else ()


def _range_note(kind: np.dtype[Any], said: str) -> tuple[Finding, ...]:
    """What pixels that are no bytes were taken for."""
    if kind.kind != "f" and said != "0 to 65,535":
        return ()
    how = {"0 to 1": "scaled to 255", "0 to 255": "rounded to whole numbers"}.get(said, "divided by 256")
    return (Finding("pixel_range", f"pixels ({kind}) taken to lie from {said}, and {how}"),)


def _from_dataset(dataset: Any) -> tuple[Any, Any]:
    spec = dataset.element_spec
    pair = isinstance(spec, tuple)
    if pair and len(spec) != 2:
        raise DataError(f"Elements must be pictures or pairs of pictures and labels. Received: tuples of {len(spec)}")
    if dataset.cardinality() == -1:
        raise DataError("The tf.data.Dataset never ends. Leave out repeat(), or use take(n).")
    rank = (spec[0] if pair else spec).shape.rank
    batched = rank in (1, 4)
    pictures: list[Any] = []
    labels: list[Any] = []
    for element in dataset.as_numpy_iterator():
        items, answers = element if pair else (element, None)
        pictures.extend(items if batched else [items])
        if pair:
            labels.extend(np.asarray(answers).ravel().tolist())
    if not pictures:
        raise DataError("The tf.data.Dataset has no elements.")
    same = not isinstance(pictures[0], bytes) and len({one.shape for one in pictures}) == 1
    return (np.stack(pictures) if same else pictures), (labels if pair else None)


def _is_tables(X: Any) -> bool:
    """Whether these are paths of tables, such as CSV files, rather than of pictures."""
    return is_file_list(X) and Path(X[0]).suffix.lower() not in SUFFIXES


def _is_batch(X: Any) -> bool:
    return type(X).__module__.startswith(("tensorflow", "torch", "jax")) and getattr(X, "ndim", 0) >= 3


def _answered(
    pictures: np.ndarray, notes: tuple[Finding, ...], y: Any, required: bool, source: str = "the pictures"
) -> AnyExamples:  # fmt: skip
    if not len(pictures):
        raise DataError(f"{source} has no pictures.")
    if y is None and required:
        raise DataError(
            f"y is missing: {source} has no labels. Pass them as y=, or a folder with a sub-folder a class."
        )
    examples = Examples({COLUMN: pictures}, source=source, notes=notes)
    return examples if y is None else read_examples(examples, y)
