from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from sora_keras.data import read_examples
from sora_keras.data.files import is_file_list
from sora_keras.errors import DataError

CSV, TSV = "text,label\na,1\nb,0\n", "text\tlabel\na\t1\nb\t0\n"
JSON = '{"text": "a", "label": 1}\n{"text": "b", "label": 0}\n'


@pytest.fixture(params=["rows.csv", "rows.TSV", "rows.jsonl", "rows.ndjson", "rows.parquet"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / request.param
    if path.suffix == ".parquet":
        parquet.write_table(pa.table({"text": ["a", "b"], "label": [1, 0]}), path)
    else:
        path.write_text({".csv": CSV, ".TSV": TSV}.get(path.suffix, JSON))
    return path


@pytest.mark.parametrize("memory", ["1GB", 1])
def test_every_kind_of_file_is_read_alike_in_memory_and_streamed(file: Path, memory: str | int) -> None:
    examples = read_examples(file, memory=memory)
    assert examples.streamed == (memory == 1)
    assert (examples.names, examples.answer, examples.source) == (("text", "label"), "label", file.name)
    assert examples.column("text").tolist() == ["a", "b"]
    assert examples.column("label").tolist() == [1, 0]


@pytest.mark.parametrize("memory", ["1GB", 1])
def test_lists_and_globs_are_joined_in_order(tmp_path: Path, memory: str | int) -> None:
    paths = [tmp_path / f"{name}.csv" for name in "ba"]
    for path in paths:
        path.write_text(f"text,label\n{path.stem},1\n")
    assert read_examples(paths, memory=memory).column("text").tolist() == ["b", "a"]
    assert read_examples([str(path) for path in paths], memory=memory).column("text").tolist() == ["b", "a"]
    assert read_examples(f"{tmp_path}/*.csv", memory=memory).column("text").tolist() == ["a", "b"]


def test_files_with_other_columns_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\na,1\n")
    (tmp_path / "b.csv").write_text("text,stars\na,1\n")
    with pytest.raises(DataError, match=r"same columns.*'stars'"):
        read_examples(f"{tmp_path}/*.csv")


@pytest.mark.parametrize("memory", ["1GB", 1])
def test_types_that_differ_between_files_are_widened(tmp_path: Path, memory: str | int) -> None:
    for name, label in (("a", "1"), ("b", "one"), ("c", "")):
        (tmp_path / f"{name}.csv").write_text(f"text,label\nx,{label}\n")
    examples = read_examples(f"{tmp_path}/*.csv", memory=memory)
    assert examples.column("label").tolist()[:2] == ["1", "one"]


def test_answers_apart_from_a_file_are_taken(file: Path) -> None:
    for memory in ("1GB", 1):
        examples = read_examples(file, ["x", "y"], memory=memory)
        assert examples.column(examples.answer).tolist() == ["x", "y"]
        with pytest.raises(DataError, match="same length"):
            read_examples(file, ["x", "y", "z"], memory=memory)


def test_other_suffixes_list_those_that_are_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.xlsx"
    path.write_bytes(b"PK")
    with pytest.raises(DataError, match=r"\.csv, .*\.parquet"):
        read_examples(path)


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl", "rows.parquet"])
@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_an_empty_file_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"{name} is (empty|no whole Parquet file)"):
        read_examples(path)


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl"])
def test_a_file_without_permission_is_named(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / name).write_text(CSV)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError, match=f"{name} could not be read: Permission denied"):
        read_examples(tmp_path / name, memory="1GB")


def test_texts_are_told_from_paths(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    assert not is_file_list([str(path), "b"])
    path.write_text(CSV)
    assert is_file_list([str(path)])
    assert is_file_list([path])
    assert not is_file_list(["I opened a.csv", "text"])
    assert not is_file_list(["x" * 100_000 + ".csv"])
    assert not is_file_list([])


@pytest.mark.parametrize("ending", ["inter", "item", "user"])
def test_recboles_files_are_separated_by_tabs(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"rows.{ending}"
    path.write_text("item_id:token\ttitle, year:token_seq\n7\tParis, Texas\n")
    examples = read_examples(path, answer_required=False)
    assert examples.column("title, year:token_seq").tolist() == ["Paris, Texas"]
