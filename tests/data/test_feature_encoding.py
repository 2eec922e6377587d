from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from sklearn.preprocessing import MultiLabelBinarizer, OneHotEncoder, StandardScaler

from sora_keras.data.columns import to_column
from sora_keras.data.feature_encoding import ColumnEncoding, Encoding

GENRES = ColumnEncoding("genre", "category", values=("Comedy", "Drama", "War"), separator="|")
YEAR = ColumnEncoding("year", "number", mean=2000.0, scale=10.0)


def encode(encoding: ColumnEncoding, values: list[Any]) -> list[list[float]]:
    return encoding.encode(to_column(values)).tolist()


def test_numbers_are_standardised_and_missing_ones_are_the_mean() -> None:
    assert encode(YEAR, [2010, 2000, None, 1990]) == [[1.0], [0.0], [0.0], [-1.0]]


@pytest.mark.parametrize("values", [[2010], [2010.0], ["2010"], [" 2010 "], ["2010", None]])
def test_a_number_is_the_same_however_it_is_written(values: list[Any]) -> None:
    assert encode(YEAR, values)[0] == [1.0]


def test_what_is_no_number_counts_as_missing() -> None:
    assert encode(YEAR, ["soon", "2010", "0815", "1e999", np.inf, ""]) == [[0.0], [1.0], [0.0], [0.0], [0.0], [0.0]]


def test_one_outlier_is_held_at_ten_deviations() -> None:
    assert encode(YEAR, [10**30, -(10**30)]) == [[10.0], [-10.0]]


def test_dates_are_the_same_as_text_and_as_objects() -> None:
    encoding = ColumnEncoding("released", "date", mean=0.0, scale=86400.0)
    days = np.array(["1970-01-02", "NaT"], "datetime64[us]")
    assert encode(encoding, ["1970-01-02", "never"]) == encoding.encode(days).tolist() == [[1.0], [0.0]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["Drama"], [0, 1, 0]),
        ([" War | Comedy"], [1, 0, 1]),
        ([("War", "Drama")], [0, 1, 1]),
        (["Western"], [0, 0, 0]),
        (["Western|War"], [0, 0, 1]),
        ([None, "War"], [0, 0, 0]),
        (["War|War"], [0, 0, 1]),
    ],
)
def test_categories_are_zero_and_one_and_unknown_ones_zero(values: list[Any], expected: list[int]) -> None:
    assert encode(GENRES, values)[0] == expected


def test_whole_numbers_are_one_category_in_every_type() -> None:
    encoding = ColumnEncoding("shelf", "category", values=("3", "4"))
    assert encode(encoding, [3, 4]) == encode(encoding, [3.0, 4.0]) == encode(encoding, ["3", "4"])


def test_a_table_without_a_column_has_zeros_there() -> None:
    features = Encoding((YEAR, GENRES)).encode({"genre": to_column(["War", "Drama"])}, 2)
    assert features.tolist() == [[0, 0, 0, 1], [0, 0, 1, 0]]
    assert features.dtype == np.float32


def test_nothing_to_encode_gives_rows_without_features() -> None:
    assert Encoding().encode({}, 3).shape == (3, 0)


def test_feature_names_are_in_the_order_of_the_features() -> None:
    assert Encoding((YEAR, GENRES)).feature_names == ("year", "genre=Comedy", "genre=Drama", "genre=War")


def test_an_encoding_survives_json() -> None:
    encoding = Encoding((YEAR, GENRES))
    assert Encoding.from_config(json.loads(json.dumps(encoding.to_config()))) == encoding


def test_scikit_learn_encodes_alike() -> None:
    rng = np.random.default_rng(0)
    years, shelves = rng.normal(2000, 20, 50), rng.choice(["a", "b", "c"], 50).astype(object)
    genres = [tuple(sorted(rng.choice(["Comedy", "Drama", "War"], 2, replace=False))) for _ in range(50)]
    scaler = StandardScaler().fit(years[:, None])
    ours = Encoding(
        (
            ColumnEncoding("year", "number", float(scaler.mean_[0]), float(scaler.scale_[0])),
            ColumnEncoding("shelf", "category", values=("a", "b", "c")),
            GENRES,
        )
    ).encode({"year": years, "shelf": shelves, "genre": to_column(genres)}, 50)
    theirs = [scaler.transform(years[:, None]), OneHotEncoder(sparse_output=False).fit_transform(shelves[:, None])]
    theirs.append(MultiLabelBinarizer().fit_transform(genres))
    np.testing.assert_allclose(ours, np.hstack(theirs), atol=1e-6)
