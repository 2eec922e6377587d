from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from sora_keras.data.sources import Source, common_type, load
from sora_keras.errors import DataError


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (pa.int64(), pa.float64(), pa.float64()),
        (pa.int8(), pa.int32(), pa.int64()),
        (pa.null(), pa.bool_(), pa.bool_()),
        (pa.string(), pa.null(), pa.string()),
        (pa.bool_(), pa.int64(), pa.string()),
        (pa.list_(pa.int64()), pa.string(), pa.list_(pa.string())),
    ],
)
def test_the_narrowest_type_that_holds_both_is_taken(one: Any, other: Any, both: Any) -> None:
    assert common_type(one, other) == both


def test_types_that_never_settle_are_refused() -> None:
    count = iter(range(10**6))

    def tables(types: Any, whole: bool) -> Iterator[Any]:
        yield pa.table({"a": [1]})
        yield pa.table({f"b{next(count)}": [1]})

    with pytest.raises(DataError, match="too often"):
        load(Source("odd", 0, tables, loose=True), 1)
