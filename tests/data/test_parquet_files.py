from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from sora_keras.data import read_examples
from sora_keras.errors import DataError

BOTH = pytest.mark.parametrize("memory", ["1GB", 1])


@BOTH
def test_categories_gaps_and_lists_are_read(tmp_path: Path, memory: Any) -> None:
    path = tmp_path / "rows.parquet"
    frame = pd.DataFrame(
        {
            "text": ["a", None, "c"],
            "label": pd.Categorical(["x", "y", "x"]),
            "n": pd.array([1, None, 3], "Int64"),
        }
    )
    frame["tags"] = [["p"], [], ["q", "r"]]
    frame.to_parquet(path)
    examples = read_examples(path, memory=memory)
    assert examples.column("text").tolist() == ["a", None, "c"]
    assert examples.column("label").tolist() == ["x", "y", "x"]
    assert examples.column("n").tolist() == [1, None, 3]
    assert examples.column("tags").tolist() == [("p",), (), ("q", "r")]


@BOTH
@pytest.mark.parametrize("damage", [slice(0, 50), slice(50, None), slice(None, -1)])
def test_a_broken_file_is_named(tmp_path: Path, memory: Any, damage: slice) -> None:
    path = tmp_path / "rows.parquet"
    parquet.write_table(pa.table({"text": ["a"] * 100, "label": np.arange(100)}), path)
    path.write_bytes(path.read_bytes()[damage])
    with pytest.raises(DataError, match=r"rows.parquet is no whole Parquet file"):
        read_examples(path, memory=memory)


@BOTH
def test_damage_in_the_middle_is_named(tmp_path: Path, memory: Any) -> None:
    path = tmp_path / "rows.parquet"
    parquet.write_table(pa.table({"text": [f"text {n}" for n in range(999)], "label": np.arange(999)}), path)
    content = bytearray(path.read_bytes())
    content[4:400] = b"\xff" * 396
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"rows.parquet is no whole Parquet file"):
        read_examples(path, memory=memory)


@BOTH
def test_duplicate_column_names_are_refused(tmp_path: Path, memory: Any) -> None:
    path = tmp_path / "rows.parquet"
    parquet.write_table(pa.Table.from_arrays([pa.array(["a"])] * 2, names=["text", "text"]), path)
    with pytest.raises(DataError, match="several columns named 'text'"):
        read_examples(path, memory=memory)


@BOTH
def test_a_file_without_rows_is_refused(tmp_path: Path, memory: Any) -> None:
    path = tmp_path / "rows.parquet"
    parquet.write_table(pa.table({"text": pa.array([], pa.string())}), path)
    with pytest.raises(DataError, match="has no rows"):
        read_examples(path, memory=memory)
