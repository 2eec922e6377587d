from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sora_keras.data import read_examples
from sora_keras.errors import DataError

BOTH = pytest.mark.parametrize("memory", ["1GB", 1])


def read(folder: Path, content: str | bytes, memory: Any = "1GB", name: str = "rows.csv", **options: Any) -> Any:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_examples(path, memory=memory, **options)


@BOTH
def test_line_breaks_quotes_and_commas_stay_in_quoted_cells(tmp_path: Path, memory: Any) -> None:
    examples = read(tmp_path, 'text,label\r\n"a\r\n""b"", c",1\r\nd,0\r\n', memory)
    assert examples.column("text").tolist() == ['a\r\n"b", c', "d"]


@BOTH
@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_other_separators_are_seen_in_the_header(tmp_path: Path, memory: Any, mark: str) -> None:
    examples = read(tmp_path, f"text{mark}label\na, b{mark}1\n", memory)
    assert examples.column("text").tolist() == ["a, b"]


@BOTH
@pytest.mark.parametrize("row", ["a,b,1", "a"])
def test_ragged_rows_are_named(tmp_path: Path, memory: Any, row: str) -> None:
    with pytest.raises(DataError, match=r"rows.csv, row 4 \(the header is row 1\) does not fit the header: Expected 2"):
        read(tmp_path, f'text,label\nx,1\n"y\nz",0\n{row}\nx,1\n', memory)


@BOTH
def test_an_unclosed_quote_is_explained(tmp_path: Path, memory: Any) -> None:
    with pytest.raises(DataError, match="quotes"):
        read(tmp_path, 'text,label\n"a,1\nb,0\n', memory)


@BOTH
def test_a_header_without_rows_is_refused(tmp_path: Path, memory: Any) -> None:
    with pytest.raises(DataError, match="has no rows"):
        read(tmp_path, "text,label\n", memory)


@BOTH
def test_duplicate_column_names_are_refused(tmp_path: Path, memory: Any) -> None:
    with pytest.raises(DataError, match="several columns named 'text'"):
        read(tmp_path, "text,text,label\na,b,1\n", memory)


@BOTH
def test_ten_megabytes_in_one_cell_are_read(tmp_path: Path, memory: Any) -> None:
    text = "long " * 2_000_000
    examples = read(tmp_path, f'text,label\na,1\n"{text}",0\nb,1\n', memory)
    assert [len(text) for text in examples.column("text")] == [1, 10_000_000, 1]


@BOTH
def test_nul_bytes_are_kept_for_the_checks(tmp_path: Path, memory: Any) -> None:
    assert read(tmp_path, b"text,label\na\x00b,1\n", memory).column("text").tolist() == ["a\0b"]


@BOTH
def test_text_that_looks_like_numbers_stays_text(tmp_path: Path, memory: Any) -> None:
    examples = read(tmp_path, "Review,words,label\n007,NA,1\n2020-01-01,x,0\n", memory, default_name="words")
    assert examples.column("Review").tolist() == ["007", "2020-01-01"]
    assert examples.column("words").tolist() == ["NA", "x"]


@BOTH
def test_empty_cells_are_kept_as_rows(tmp_path: Path, memory: Any) -> None:
    examples = read(tmp_path, "text,label,n\n,1,2\na,,\nb,0,3\n", memory)
    assert examples.column("text").tolist() == ["", "a", "b"]
    assert examples.column("label").tolist() == [1, None, 0]
    one_column = read(tmp_path, "text\na\n\nb\n", memory, answer_required=False)
    assert one_column.column("text").tolist() == ["a", "", "b"]


@BOTH
def test_a_column_that_changes_type_far_down_is_read_from_the_start_again(tmp_path: Path, memory: Any) -> None:
    rows = "".join(f"some words number {n},1,,7\n" for n in range(60_000))
    examples = read(tmp_path, f"text,label,late,n\n{rows}last,unknown,2.5,0.5\n", memory)
    assert len(examples) == 60_001
    assert examples.column("label").tolist()[-2:] == ["1", "unknown"]
    assert examples.column("late")[-1] == 2.5
    assert examples.column("n")[-1] == 0.5


@BOTH
def test_a_column_without_a_name_gets_one(tmp_path: Path, memory: Any) -> None:
    assert read(tmp_path, ",text,label\n0,a,1\n", memory).names == ("unnamed_0", "text", "label")


CELLS = st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\r\0"), max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=10))
def test_whatever_csv_writes_is_read_as_it_was(tmp_path: Path, texts: list[str]) -> None:
    import csv

    path = tmp_path / "any.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["text", "label"])
        writer.writerows([text, "x"] for text in texts)
    for memory in ("1GB", 1):
        assert read_examples(path, memory=memory).column("text").tolist() == texts
