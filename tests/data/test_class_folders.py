from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sora_keras.data import check, read_examples
from sora_keras.errors import DataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in {
        "neg/1.txt": b"bad", "neg/deep/2.txt": "très mauvais".encode("latin-1"), "pos/1.txt": "好".encode(),
        "pos/2.txt": b"", "pos/notes.md": b"no data", ".hidden/1.txt": b"no class",
    }.items():  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path


@pytest.mark.parametrize("memory", ["1GB", 1])
def test_sub_folders_are_labels(folder: Path, memory: Any) -> None:
    examples = read_examples(folder, memory=memory)
    assert examples.answer == "label"
    assert examples.column("text").tolist() == ["bad", "très mauvais", "好", ""]
    assert examples.column("label").tolist() == ["neg", "neg", "pos", "pos"]


def test_an_unreadable_file_is_kept_for_the_checks(folder: Path) -> None:
    (folder / "pos" / "3.txt").write_bytes(bytes(range(128, 256)) + bytes(200))
    found = {finding.kind: finding for finding in check(read_examples(folder))}
    assert found["unreadable"].rows == (4,)


def test_a_folder_without_classes_is_explained(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("text,label\na,1\n")
    with pytest.raises(DataError, match=r"no sub-folder for each class.*\*\.csv"):
        read_examples(tmp_path)
