from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from sora_keras.data import Examples, Interactions, interaction_reading, read_examples, read_interactions
from sora_keras.errors import ArgumentTypeError, DataError, NotFoundError, ParameterError

ROWS = [("7", "a", 3.0, 20), ("8", "a", 4.5, 5), ("7", "b", 5.0, 10), ("9", "c", 1.0, 7), ("7", "c", 2.0, 10)]
NAMES = ("user", "item", "rating", "time")
COLUMNS = {name: list(values) for name, values in zip(NAMES, zip(*ROWS), strict=True)}
NUMBERS = COLUMNS | {"user": [7, 8, 7, 9, 7]}


def on_disk(path: Path, columns: dict[str, Any]) -> Path:
    frame = pd.DataFrame(columns)
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_csv(path, index=False, sep="\t" if path.suffix == ".tsv" else ",")
    return path


CONTAINERS: dict[str, Callable[[Path], Any]] = {
    "rows": lambda _: ROWS,
    "lists": lambda _: [list(row) for row in ROWS],
    "array": lambda _: np.array(ROWS, dtype=object),
    "array of text": lambda _: np.array(ROWS),
    "dictionary": lambda _: COLUMNS,
    "numbers": lambda _: NUMBERS,
    "floats": lambda _: COLUMNS | {"user": [7.0, 8.0, 7.0, 9.0, 7.0]},
    "types mixed": lambda _: COLUMNS | {"user": [7, "8 ", 7.0, np.int64(9), "7.0"]},
    "records": lambda _: pd.DataFrame(NUMBERS).to_dict("records"),
    "frame": lambda _: pd.DataFrame(NUMBERS),
    "frame without names": lambda _: pd.DataFrame(ROWS),
    "categories": lambda _: pd.DataFrame(COLUMNS).astype({"user": "category", "item": "category"}),
    "Arrow": lambda _: pa.table(COLUMNS),
    "Arrow batch": lambda _: pa.RecordBatch.from_pydict(NUMBERS),
    "Arrow dictionaries": lambda _: pa.table(COLUMNS | {"user": pa.array(COLUMNS["user"]).dictionary_encode()}),
    "examples": lambda _: Examples(COLUMNS),
    "interactions": lambda _: read_interactions(ROWS),
    "csv": lambda folder: on_disk(folder / "log.csv", NUMBERS),
    "tsv": lambda folder: str(on_disk(folder / "log.tsv", NUMBERS)),
    "parquet": lambda folder: on_disk(folder / "log.parquet", NUMBERS),
    "jsonl": lambda folder: on_disk(folder / "log.jsonl", NUMBERS),
    "streamed": lambda folder: read_examples(on_disk(folder / "log.csv", NUMBERS), memory=1, answer_required=False),
    "files": lambda folder: [
        on_disk(folder / "1.csv", {name: values[:2] for name, values in NUMBERS.items()}),
        on_disk(folder / "2.csv", {name: values[2:] for name, values in COLUMNS.items()}),
    ],
}


@pytest.mark.parametrize("kind", CONTAINERS)
def test_a_log_is_the_same_whatever_holds_it(kind: str, tmp_path: Path) -> None:
    log = read_interactions(CONTAINERS[kind](tmp_path))
    assert log.fingerprint() == read_interactions(ROWS).fingerprint()
    assert log.user_ids.tolist() == ["7", "8", "9"]
    assert [log.item_ids[number] for number in log.history(0)] == ["b", "c", "a"]


@pytest.mark.parametrize("rows", [1, 2, 3])
@pytest.mark.parametrize("kind", ["dictionary", "Arrow", "csv", "parquet", "interactions"])
def test_where_a_batch_ends_makes_no_difference(
    kind: str, rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    like = read_interactions({"user": ["8"], "item": ["c"]})
    whole = read_interactions(CONTAINERS[kind](tmp_path), like=like)
    monkeypatch.setattr(interaction_reading, "_ROWS", rows)
    assert read_interactions(CONTAINERS[kind](tmp_path), like=like).fingerprint() == whole.fingerprint()


def test_ids_are_one_as_numbers_in_one_file_and_text_in_another(tmp_path: Path) -> None:
    on_disk(tmp_path / "1.parquet", {"user": [42, 7], "item": [1, 2]})
    on_disk(tmp_path / "2.parquet", {"user": ["42", "x"], "item": [2.0, 3.0]})
    log = read_interactions(str(tmp_path / "*.parquet"))
    assert (log.user_ids.tolist(), log.item_ids.tolist()) == (["42", "7", "x"], ["1", "2", "3"])
    assert log.history(log.user_number(42)).tolist() == [0, 1]


def test_zeros_of_an_id_stay(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("user,item\n007,1.1\n7,1.10\n7.0,01\n")
    log = read_interactions(path)
    assert (log.user_ids.tolist(), log.item_ids.tolist()) == (["007", "7"], ["1.1", "1.10", "01"])


def test_large_numbers_are_one_id_as_integers_and_floats(tmp_path: Path) -> None:
    on_disk(tmp_path / "1.parquet", {"user": [10**15, 5], "item": ["a", "b"]})
    on_disk(tmp_path / "2.parquet", {"user": [1e15, 1.5], "item": ["c", "d"]})
    log = read_interactions(str(tmp_path / "*.parquet"))
    assert log.user_ids.tolist() == ["1000000000000000", "5", "1.5"]
    assert read_interactions({"user": [1e15, 10**15], "item": ["a", "b"]}).n_users == 1


def test_ids_of_a_column_with_gaps_are_no_floats(tmp_path: Path) -> None:
    path = on_disk(tmp_path / "log.csv", {"user": [5, None, 6], "item": ["a", "b", "c"]})
    assert "5.0" in path.read_text()
    assert read_interactions(path).user_ids.tolist() == ["5", "6"]


def test_a_later_change_of_type_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    rows = [f"{row % 900},{row},{row % 5},{1_500_000_000 + row}\n" for row in range(60_000)]
    path.write_text("user,item,rating,time\n" + "".join(rows) + "x,y,2.5,2024-01-01 00:00:00\n")
    log = read_interactions(path)
    assert len(log) == 60_001
    assert log.weights is not None
    assert log.times is not None
    assert (log.weights[-1], log.times[-1], log.times[0]) == (2.5, 1704067200, 1_500_000_000)


def test_ratings_beside_the_rows_are_the_weights(tmp_path: Path) -> None:
    path = on_disk(tmp_path / "log.csv", NUMBERS)
    for X, y in (
        (path, [1, 2, 3, 4, 5]),
        (COLUMNS, np.arange(1.0, 6)),
        (pd.DataFrame(NUMBERS), pd.Series(range(1, 6))),
    ):
        log = read_interactions(X, y)
        assert log.weights is not None
        assert log.weights.tolist() == [3, 5, 1, 2, 4]
    paired = read_interactions((pd.DataFrame(NUMBERS), np.arange(1, 6)[:, None]))
    assert paired.weights is not None
    assert paired.weights.tolist() == [3, 5, 1, 2, 4]


def test_ratings_may_be_named() -> None:
    columns = COLUMNS | {"liking": [1, 2, 3, 4, 5]}
    for log in (read_interactions(columns, "liking"), read_interactions(columns, rating="liking")):
        assert log.weights is not None
        assert log.weights.tolist() == [3, 5, 1, 2, 4]
    assert read_interactions(COLUMNS, rating=False, time=False).weights is None


@pytest.mark.parametrize("count", [4, 6])
def test_ratings_of_another_length_are_refused(count: int, tmp_path: Path) -> None:
    for X in (COLUMNS, on_disk(tmp_path / "log.csv", COLUMNS)):
        with pytest.raises(DataError, match=f"Received: 5 in X and {count} in y"):
            read_interactions(X, [1.0] * count)


def test_numbers_of_known_interactions_are_kept() -> None:
    known = read_interactions(ROWS)
    more = read_interactions([("new", "b"), ("8", "d"), ("8", "a")], like=known)
    assert more.user_ids.tolist() == ["7", "8", "9", "new"]
    assert more.item_ids.tolist() == ["a", "b", "c", "d"]
    assert (more.users.tolist(), more.items.tolist()) == ([1, 1, 3], [3, 0, 1])


def test_interactions_are_renumbered_like_others() -> None:
    known = read_interactions([("9", "c"), ("7", "a")])
    again = read_interactions(read_interactions(ROWS), like=known)
    assert again.user_ids.tolist() == ["9", "7", "8"]
    assert [again.item_ids[again.history(user)].tolist() for user in range(3)] == [["c"], ["b", "c", "a"], ["a"]]
    assert again.weights is not None
    assert again.weights.tolist() == [1, 5, 2, 3, 4.5]


def test_a_log_says_where_it_comes_from(tmp_path: Path) -> None:
    assert read_interactions(on_disk(tmp_path / "log.csv", COLUMNS)).source == "log.csv"
    assert read_interactions(pd.DataFrame(COLUMNS)).source == "the DataFrame"


def test_json_lines_may_lack_columns(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    records = [{"user": 1, "item": "a"}, {"user": "1", "item": 5}, {"item": "b"}]
    path.write_text("\n".join(map(json.dumps, records)))
    for memory in ("auto", 0):
        log = read_interactions(path, memory=memory)
        assert (log.user_ids.tolist(), log.item_ids.tolist()) == (["1"], ["a", "5"])


def test_files_must_have_the_columns(tmp_path: Path) -> None:
    on_disk(tmp_path / "1.csv", COLUMNS)
    on_disk(tmp_path / "2.csv", {"user": ["1"], "item": ["a"]})
    with pytest.raises(DataError, match=r"1.csv and 1 more must have one column 'rating' everywhere.*'user', 'item'"):
        read_interactions(str(tmp_path / "*.csv"))


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        ([("u", "i"), ("u", "i", 3)], None, DataError, r"Rows must be alike.*\('u', 'i', 3\) in row 1"),
        ([], None, DataError, "no rows"),
        (3, None, ArgumentTypeError, "X must be"),
        ("nowhere.csv", None, NotFoundError, "nowhere.csv"),
        (["a", "b"], None, DataError, "holds the users"),
        (COLUMNS, 3, ArgumentTypeError, "y must be ratings"),
        (COLUMNS, "rtg", DataError, "no column 'rtg'. Did you mean 'rating'"),
    ],
)
def test_what_is_no_log_is_refused(X: Any, y: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        read_interactions(X, y)


def test_ratings_that_fit_no_row_are_refused() -> None:
    with pytest.raises(ParameterError, match="in another order already"):
        read_interactions(read_interactions(ROWS), [1] * 5)
    with pytest.raises(ParameterError, match="rating= must not name a column. Received: 'rating'"):
        read_interactions(COLUMNS, [1] * 5, rating="rating")


def test_a_log_without_header_is_suspected(tmp_path: Path) -> None:
    path = tmp_path / "u.tsv"
    path.write_text("196\t242\t3\t881250949\n186\t302\t3\t891717742\n")
    with pytest.raises(DataError, match="give it a header"):
        read_interactions(path)


MEASURE = """
import resource, sys
from sora_keras.data import interaction_reading
interaction_reading._ROWS = 2**13
print(len(interaction_reading.read_interactions(sys.argv[1])))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is counted as on Linux")
def test_the_ids_of_all_rows_are_never_in_memory(tmp_path: Path) -> None:
    peaks = []
    for rows in (20_000, 400_000):
        path = tmp_path / f"{rows}.csv"
        with path.open("w") as file:
            file.write("user,item\n")
            file.writelines(f"{'u' * 100}{row // 400},{'i' * 100}{row % 400}\n" for row in range(rows))
        done = subprocess.run([sys.executable, "-c", MEASURE, path], capture_output=True, text=True, check=True)
        read, peak = map(int, done.stdout.split())
        assert read == rows
        peaks.append(peak)
    assert peaks[1] - peaks[0] < 40_000  # KB; the ids of all rows are 80,000


def test_interactions_are_given_back_as_they_are() -> None:
    log = read_interactions(ROWS)
    assert isinstance(log, Interactions)
    assert read_interactions(log) is log
