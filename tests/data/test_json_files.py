from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sora_keras.data import read_examples
from sora_keras.errors import DataError

BOTH = pytest.mark.parametrize("memory", ["1GB", 1])


def read(folder: Path, content: str, memory: Any, **options: Any) -> Any:
    path = folder / "rows.jsonl"
    path.write_text(content, encoding="utf-8")
    return read_examples(path, memory=memory, **options)


@BOTH
def test_a_broken_line_is_named(tmp_path: Path, memory: Any) -> None:
    with pytest.raises(DataError, match=r"rows.jsonl, line 3 is no JSON object"):
        read(tmp_path, '{"text": "a", "label": 1}\n\n{"text": "b", \n', memory)


@BOTH
def test_a_line_that_is_no_record_is_named(tmp_path: Path, memory: Any) -> None:
    with pytest.raises(DataError, match="Received: int as record 1"):
        read(tmp_path, '{"text": "a", "label": 1}\n3\n', memory)


@BOTH
def test_a_list_of_records_is_read_too(tmp_path: Path, memory: Any) -> None:
    examples = read(tmp_path, '[{"text": "a", "label": 1},\n {"text": "b", "label": 0}]', memory)
    assert examples.column("text").tolist() == ["a", "b"]
    with pytest.raises(DataError, match="begins as a list"):
        read(tmp_path, '[{"text": "a"', memory)


@BOTH
def test_keys_that_come_late_or_lack_are_missing_values(tmp_path: Path, memory: Any) -> None:
    rows = '{"text": "a", "label": 1}\n' * 2000 + '{"text": "b", "label": 0, "more": "x"}\n{"label": 1}\n'
    examples = read(tmp_path, rows, memory)
    assert set(examples.names) == {"text", "label", "more"}
    assert examples.column("more").tolist()[-3:] == [None, "x", None]
    assert examples.column("text").tolist()[-2:] == ["b", None]


@BOTH
def test_mixed_types_become_text(tmp_path: Path, memory: Any) -> None:
    rows = '{"text": "a", "label": 1}\n' * 2000 + '{"text": "b", "label": "one"}\n'
    assert read(tmp_path, rows, memory).column("label").tolist()[-2:] == ["1", "one"]


@BOTH
def test_lists_of_labels_are_tuples(tmp_path: Path, memory: Any) -> None:
    rows = '{"text": "a", "label": ["x", "y"]}\n{"text": "b", "label": []}\n{"text": "c", "label": "z"}\n'
    assert read(tmp_path, rows, memory).column("label").tolist() == [("x", "y"), (), ("z",)]


@BOTH
def test_dates_in_texts_stay_texts_and_lone_surrogates_are_replaced(tmp_path: Path, memory: Any) -> None:
    rows = '{"text": "2020-01-01", "label": 1}\n{"text": "\\ud83d", "label": 1}\n'
    assert read(tmp_path, rows, memory).column("text").tolist() == ["2020-01-01", "\ufffd"]
