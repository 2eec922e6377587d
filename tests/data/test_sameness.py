"""The same item again, told by what it holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sora_keras.data import Examples, check, read_pictures, seen_again
from sora_keras.data.sameness import keys_of, numbers_of
from tests.pictures import class_folder, encoded, shapes


def kinds(findings) -> dict[str, tuple[int, ...]]:
    return {finding.kind: finding.rows for finding in findings}


def test_copies_of_a_file_under_other_names_are_found(tmp_path: Path) -> None:
    folder = class_folder(tmp_path / "photos", 12)
    original = folder / "across" / "001.png"
    (folder / "across" / "zz.png").write_bytes(original.read_bytes())
    (folder / "upright" / "zz.png").write_bytes(original.read_bytes())
    found = kinds(check(read_pictures(folder), item="image"))
    assert len(found["duplicate"]) == 2
    assert len(found["conflicting_label"]) == 3


def test_the_same_picture_in_both_splits_is_found_by_its_content(tmp_path: Path) -> None:
    train = read_pictures(class_folder(tmp_path / "train", 12))
    (tmp_path / "val" / "across").mkdir(parents=True)
    copy = tmp_path / "val" / "across" / "other.png"
    copy.write_bytes((tmp_path / "train" / "across" / "001.png").read_bytes())
    (tmp_path / "val" / "across" / "new.png").write_bytes(encoded(shapes(1, seed=9)[0][0]))
    assert kinds(check(train, item="image", validation=read_pictures(tmp_path / "val")))["leak"] == (1,)


def test_bytes_and_files_are_compared_and_lost_files_are_unlike_all(tmp_path: Path) -> None:
    examples = read_pictures(class_folder(tmp_path, 4))
    contents = [one.read() for one in examples.column("image")]
    keys = keys_of(examples, "image")
    assert seen_again(keys, read_pictures(contents, ["a"] * 4), "image")[0].rows == (0, 1, 2, 3)
    for path in tmp_path.rglob("*.png"):
        path.unlink()
    assert seen_again(keys, read_pictures(contents, ["a"] * 4), "image") == ()
    assert len(set(numbers_of(keys_of(examples, "image"))[0])) == 1


def test_texts_are_compared_too_and_missing_ones_never() -> None:
    keys = keys_of(Examples({"text": ["a", "b ", None, " "]}), "text")
    found = seen_again(keys, Examples({"text": ["c", " b", None, ""]}), "text")
    assert found[0].rows == (1,)
    assert "1 row of the 4" in found[0].message
    assert numbers_of(np.empty(0, np.int64))[0].tolist() == []
