from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_keras.data import parse_times
from sora_keras.data.times import read_times
from sora_keras.errors import DataError

MOMENT = datetime(2024, 3, 31, 18, 5, tzinfo=UTC)
SECONDS = MOMENT.timestamp()

WRITTEN = [
    [SECONDS],
    [int(SECONDS)],
    [SECONDS * 1e3],
    [int(SECONDS * 1e6)],
    [int(SECONDS) * 10**9],
    [str(int(SECONDS))],
    [f" {int(SECONDS * 1e3)} "],
    ["2024-03-31 18:05"],
    ["2024-03-31T18:05:00"],
    ["2024-03-31T18:05:00.000Z"],
    ["2024-03-31T18:05:00.000000000Z"],
    ["2024-04-01T02:05:00+08:00"],
    ["2024-03-31T13:35:00-04:30"],
    ["2024-04-01 02:05:00 +0800"],
    ["2024/03/31 18:05"],
    ["2024/3/31 18:05:00"],
    ["2024.3.31 18:05 UTC"],
    ["2024年3月31日 18:05"],
    [MOMENT],
    [MOMENT.replace(tzinfo=None)],
    [pd.Timestamp(MOMENT).tz_convert("Asia/Shanghai")],
    [np.datetime64("2024-03-31T18:05")],
    np.array(["2024-03-31T18:05"], "datetime64[ns]"),
    pd.Series(pd.to_datetime(["2024-03-31 18:05"])),
    pd.Series(pd.to_datetime(["2024-03-31 18:05Z"])),
    pa.array([MOMENT], pa.timestamp("ms", "UTC")),
    pa.array(["2024-03-31 18:05"]),
]


@pytest.mark.parametrize("values", WRITTEN, ids=lambda values: f"{type(values).__name__} {values[0]!r}")
def test_a_moment_is_the_same_however_it_is_written(values: object) -> None:
    read = parse_times(values)
    assert read.dtype == np.float64
    assert read.tolist() == [SECONDS]


@pytest.mark.parametrize(
    "values", [["2024-03-31"], ["2024/3/31"], [date(2024, 3, 31)], np.array(["2024-03-31"], "M8[D]")]
)
def test_a_day_is_its_midnight(values: object) -> None:
    assert parse_times(values).tolist() == [datetime(2024, 3, 31, tzinfo=UTC).timestamp()]


def test_small_numbers_count_as_they_are() -> None:
    assert parse_times([1, 2, 3]).tolist() == [1, 2, 3]
    assert parse_times([0, 1.5, -7]).tolist() == [0, 1.5, -7]


def test_an_unknown_time_of_zero_fits_any_unit() -> None:
    assert parse_times([0, SECONDS * 1e3, SECONDS * 1e3]).tolist() == [0, SECONDS, SECONDS]


def test_dates_and_numbers_in_one_column_are_understood_each() -> None:
    assert parse_times(["2024-03-31 18:05", str(int(SECONDS * 1e3)), MOMENT]).tolist() == [SECONDS] * 3


def test_fractions_of_a_second_stay() -> None:
    assert parse_times(["1970-01-01 00:00:01.25", "1970/1/1 00:00:01,5"]).tolist() == [1.25, 1.5]


def test_mixed_units_are_refused_with_the_row() -> None:
    with pytest.raises(
        DataError, match=r"'when' mixes units: most of its times are seconds, but row 2 looks like milli"
    ):
        parse_times([SECONDS, SECONDS, SECONDS * 1e3, SECONDS], "when")
    with pytest.raises(DataError, match=r"are milliseconds, but row 1 looks like seconds"):
        parse_times([SECONDS * 1e3, SECONDS, SECONDS * 1e3])


@pytest.mark.parametrize("value", ["yesterday", "31/03/2024", "2024-13-01", "18:05", "nan", True, (1, 2), "1e999"])
def test_what_is_no_time_is_named_with_its_row(value: object) -> None:
    with pytest.raises(DataError, match=r"'when' must hold times.*in row 1"):
        parse_times(["2024-03-31", value], "when")


@pytest.mark.parametrize("value", [None, "", " ", float("nan"), pd.NaT])
def test_a_missing_time_is_named_with_its_row(value: object) -> None:
    with pytest.raises(DataError, match="'when' has no time in row 1"):
        parse_times(["2024-03-31", value], "when")


def test_infinite_numbers_are_no_times() -> None:
    with pytest.raises(DataError, match="inf.*in row 0"):
        parse_times(np.array([np.inf]))


def test_a_part_of_a_column_names_the_rows_of_the_whole() -> None:
    with pytest.raises(DataError, match="in row 7,001"):
        read_times(["2024-03-31", "?"], "when", rows=[7000, 7001])


def test_no_times_are_no_times() -> None:
    assert parse_times([]).tolist() == []


@given(st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)), min_size=1, max_size=20))
def test_text_numbers_and_objects_agree(moments: list[datetime]) -> None:
    seconds = np.array([moment.replace(tzinfo=UTC).timestamp() for moment in moments])
    for written in (
        moments,
        [moment.isoformat() for moment in moments],
        [f"{moment:%Y/%m/%d %H:%M:%S.%f}" for moment in moments],
        np.array(moments, "datetime64[us]"),
        seconds,
        seconds * 1e3,
        (seconds * 1e6).astype(np.int64),
    ):
        np.testing.assert_allclose(parse_times(written), seconds, rtol=0, atol=2e-6)
