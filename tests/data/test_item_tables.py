from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sora_keras.data.feature_encoding import Encoding
from sora_keras.data.interaction_reading import read_interactions
from sora_keras.data.item_tables import ItemTable, read_item_table
from sora_keras.errors import DataError, ParameterError

FILMS = (
    "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    "1\tToy Story\t1995\tAnimation Comedy\n"
    "2\tGoldenEye\t1995\tAction\n"
    "3\tFour Rooms\t1996\tComedy\n"
    "4\t\t\tAction Comedy\n"
)


@pytest.fixture
def films(tmp_path: Path) -> ItemTable:
    path = tmp_path / "films.tsv"
    path.write_text(FILMS)
    return read_item_table(path)


def test_recbole_files_are_understood(films: ItemTable) -> None:
    assert films.ids.tolist() == ["1", "2", "3", "4"]
    assert films.feature_names == ("release_year", "class=Action", "class=Animation", "class=Comedy")
    assert films.features[:, 1:].tolist() == [[0, 1, 1], [1, 0, 0], [0, 0, 1], [1, 0, 1]]
    assert films.features.dtype == np.float32
    assert (films.features[3, 0], films.source) == (0.0, "films.tsv")


def test_a_missing_title_is_the_id(films: ItemTable) -> None:
    assert films.titles is not None
    assert films.titles.tolist() == ["Toy Story", "GoldenEye", "Four Rooms", "4"]


def test_the_columns_can_be_named_with_and_without_their_type(tmp_path: Path, films: ItemTable) -> None:
    path = tmp_path / "films.tsv"
    for id, title in (("item_id", "class"), ("item_id:token", "class:token_seq")):
        table = read_item_table(path, id=id, title=title)
        assert table.titles is not None
        assert (table.ids.tolist(), table.titles[1]) == (films.ids.tolist(), "Action")


@pytest.mark.parametrize("ids", [[42, 7], [42.0, 7.0], [" 42", "7 "], ["42.0", "7"], np.array([42, 7], np.int16)])
def test_ids_are_as_in_interactions(ids: Any) -> None:
    table = read_item_table({"item_id": ids, "price": [1, 2]})
    log = read_interactions({"user": ["ann", "ann"], "item": ids})
    assert table.ids.tolist() == log.item_ids.tolist() == ["42", "7"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_ids_in_files_are_as_in_interactions(tmp_path: Path, suffix: str) -> None:
    path, log_path = tmp_path / f"items.{suffix}", tmp_path / "log.csv"
    frame = pd.DataFrame({"sku": ["007", "010"], "name": ["1984", "2001"], "price": [1, 2]})
    if suffix == "csv":
        frame.to_csv(path, index=False)
    elif suffix == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_json(path, orient="records", lines=True)
    log_path.write_text("user,sku\nann,007\nann,010\n")
    titles, _, missing = read_item_table(path).aligned(read_interactions(log_path).item_ids)
    assert (titles.tolist(), missing) == (["1984", "2001"], 0)


@pytest.mark.parametrize(
    ("columns", "id", "title"),
    [
        ({"id": [1, 2], "movie": ["a", "b"]}, ["1", "2"], ["a", "b"]),
        ({"artist_id": [7, 7, 7], "id": [1, 2, 3]}, ["1", "2", "3"], None),
        ({"movie": ["a", "b"], "genre": ["x", "x"]}, ["a", "b"], None),
        ({"code": ["x1", "x2", "x3"], "kind": ["p", "q", "p"]}, ["x1", "x2", "x3"], None),
        ({"code": ["x1", "x2"], "名称": ["茶", "奶"]}, ["x1", "x2"], ["茶", "奶"]),
        ({"商品编号": ["1", "2"], "商品名称": ["茶", "奶"]}, ["1", "2"], ["茶", "奶"]),
        ({"song_id": [1, 2, 3], "artist name": ["x", "x", "x"], "song": ["a", "b", "c"]}, ["1", "2", "3"], list("abc")),
    ],
)
def test_ids_and_titles_are_found(columns: dict[str, Any], id: list[str], title: list[str] | None) -> None:
    table = read_item_table(columns)
    assert table.ids.tolist() == id
    assert (None if table.titles is None else table.titles.tolist()) == title


def test_a_column_that_is_named_again_and_again_is_no_title_but_a_feature() -> None:
    table = read_item_table({"item_id": [1, 2, 3, 4, 5], "product": ["tea", "tea", "milk", "tea", "milk"]})
    assert (table.titles, table.feature_names) == (None, ("product=milk", "product=tea"))


def test_users_are_read_alike() -> None:
    table = read_item_table({"user_id": [1, 2, 3], "item_id": [5, 5, 6], "age": [20, 30, 40]}, what="user")
    assert (table.ids.tolist(), table.feature_names) == (["1", "2", "3"], ("item_id", "age"))


def test_a_table_of_ids_alone_has_no_features() -> None:
    table = read_item_table(["a", "b"])
    assert (table.ids.tolist(), table.features.shape, len(table)) == (["a", "b"], (2, 0), 2)
    assert repr(table) == "ItemTable(2 rows with no titles and 0 features)"


def test_a_table_without_ids_says_how_to_name_them() -> None:
    with pytest.raises(DataError, match=r'Several have no value twice: \'a\', \'b\'. Say it with id="name of the col'):
        read_item_table({"a": [1, 2], "b": [3, 4]})
    with pytest.raises(DataError, match=r"holds the ids of the users\? No name says so.* Columns: 'a', 'b'\."):
        read_item_table({"a": [1, 1], "b": ["x", "x"]}, what="user")


@pytest.mark.parametrize(
    ("columns", "options", "error", "message"),
    [
        ({"id": [], "price": []}, {}, DataError, "has no rows"),
        ({"id": [None, " "], "price": [1, 2]}, {}, DataError, "has no row with an id"),
        ({"id": [1, 2]}, {"id": "ids"}, DataError, r"no column 'ids'. Did you mean 'id'\?"),
        ({"id": [1, 2]}, {"title": "name"}, DataError, "no column 'name'"),
        ({"id": [1, 2]}, {"id": "id", "title": "id"}, ParameterError, "must be different columns"),
        ({"id": [1, 2]}, {"what": "film"}, ParameterError, "must be 'item' or 'user'. Received: 'film'"),
        ([("1", "Tea", 2.0), ("2", "Milk", 1.0)], {}, DataError, "one id a row. Received: lists"),
    ],
)
def test_bad_tables_are_told(columns: Any, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        read_item_table(columns, **options)


def test_of_several_rows_of_one_id_the_last_counts() -> None:
    table = read_item_table({"id": [1, 2, "1.0", None], "title": ["old", "tea", "new", "lost"], "price": [1, 2, 4, 90]})
    assert table.titles is not None
    assert dict(zip(table.ids, table.titles, strict=True)) == {"2": "tea", "1": "new"}
    assert table.features[:, 0].tolist() == [-1.0, 1.0]
    assert [(finding.kind, finding.rows) for finding in table.findings] == [("missing", (3,)), ("duplicate", (0,))]


def test_findings_about_features_have_the_tables_rows() -> None:
    years = [*map(str, range(1900, 1940)), "soon"]
    table = read_item_table({"id": [0, 0, *range(1, 40)], "year": years})
    assert [(finding.kind, finding.rows) for finding in table.findings] == [("duplicate", (0,)), ("mixed_type", (40,))]


def test_aligned_follows_the_order_asked_for_and_fills_what_is_lacking(films: ItemTable) -> None:
    titles, features, missing = films.aligned(np.array(["3", "99", "1"], object))
    assert (titles.tolist(), missing) == (["Four Rooms", "99", "Toy Story"], 1)
    np.testing.assert_array_equal(features, [films.features[2], np.zeros(4), films.features[0]])
    assert titles.dtype == object
    assert features.dtype == np.float32


def test_aligned_without_titles_gives_the_ids() -> None:
    titles, features, missing = read_item_table(["a", "b"]).aligned(["b", "c"])
    assert (titles.tolist(), features.shape, missing) == (["b", "c"], (2, 0), 1)


def test_ids_that_have_nothing_in_common_are_shown(films: ItemTable) -> None:
    with pytest.raises(DataError, match=r"none of the 2 ids .* as '1', '2', '3'; those .* as 'tt1', 'tt2'\."):
        films.aligned(["tt1", "tt2"])


def test_another_table_gets_the_same_features(films: ItemTable) -> None:
    encoding = Encoding.from_config(json.loads(json.dumps(films.encoding.to_config())))
    new = {"item_id": [9, 8], "release_year": [1995, None], "class": ["Comedy Western", "Action"], "price": [1, 2]}
    table = read_item_table(new, encoding=encoding)
    assert table.feature_names == films.feature_names
    assert table.features[0].tolist() == [films.features[0, 0], 0, 0, 1]
    assert table.features[1].tolist() == [0, 1, 0, 0]
    assert table.findings == ()


def test_another_table_that_lacks_a_column_has_zeros_and_says_so(films: ItemTable) -> None:
    table = read_item_table({"item_id": [9], "release_year": [1995]}, encoding=films.encoding)
    assert table.features[0].tolist() == [films.features[0, 0], 0, 0, 0]
    assert table.findings[0].message == "no column 'class': its features count as missing"
    assert read_item_table(["a"], encoding=films.encoding).features.tolist() == [[0, 0, 0, 0]]
