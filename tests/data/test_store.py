from __future__ import annotations

import numpy as np
import pyarrow as pa

from sora_keras.data.store import BATCH_ROWS, Store


def test_rows_are_written_in_small_batches_that_are_read_one_at_a_time() -> None:
    store = Store(iter([pa.table({"n": np.arange(3000)}), pa.table({"n": np.arange(10)})]))
    assert (store.rows, store.names) == (3010, ("n",))
    assert np.diff(store.starts).max() == BATCH_ROWS
    with store.reader(("n",)) as reader:
        assert reader.rows(np.array([3001, 5, 2999]))["n"].tolist() == [1, 5, 2999]


def test_a_column_with_a_gap_has_one_type_in_every_batch() -> None:
    store = Store(iter([pa.table({"n": [1, 2]}), pa.table({"n": pa.array([3, None])})]))
    with store.reader(("n",)) as reader:
        assert reader.rows(np.array([0]))["n"].dtype == object


def test_only_the_columns_asked_for_are_read() -> None:
    store = Store(iter([pa.table({"n": [1], "text": ["a"]})]))
    with store.reader(("text",)) as reader:
        assert {name: values.tolist() for name, values in reader.rows(np.array([0])).items()} == {"text": ["a"]}
