from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from sora_keras.data import read_examples
from sora_keras.errors import DataError

TEXTS, LABELS = ["好 film", "bad", "fine"], [1, 0, 1]
PAIRS = tf.data.Dataset.from_tensor_slices((TEXTS, LABELS))
COLUMNS = tf.data.Dataset.from_tensor_slices({"text": TEXTS, "label": LABELS})
NESTED = tf.data.Dataset.from_tensor_slices(({"text": TEXTS}, LABELS))


@pytest.mark.parametrize("memory", ["1GB", 1])
@pytest.mark.parametrize("dataset", [PAIRS, PAIRS.batch(2), COLUMNS, COLUMNS.batch(2), NESTED])
def test_elements_are_read_batched_or_not_and_go_to_disk_when_large(dataset: Any, memory: Any) -> None:
    examples = read_examples(dataset, memory=memory)
    assert examples.streamed == (memory == 1)
    assert examples.answer == "label"
    assert examples.column("text").tolist() == TEXTS
    assert examples.column("label").tolist() == LABELS


def test_texts_alone_take_answers_apart() -> None:
    texts = tf.data.Dataset.from_tensor_slices(TEXTS)
    assert read_examples(texts, LABELS).column("label").tolist() == LABELS
    assert read_examples(texts, answer_required=False).answer is None


def test_rows_of_zeros_and_ones_are_several_labels() -> None:
    dataset = tf.data.Dataset.from_tensor_slices((TEXTS, np.array([[1, 0], [1, 1], [0, 0]])))
    assert read_examples(dataset).column("label").tolist() == [(0,), (0, 1), ()]


def test_endless_empty_and_odd_data_sets_are_refused() -> None:
    with pytest.raises(DataError, match="never ends"):
        read_examples(PAIRS.repeat())
    with pytest.raises(DataError, match="no elements"):
        read_examples(PAIRS.take(0))
    with pytest.raises(DataError, match="tuples of 3"):
        read_examples(tf.data.Dataset.from_tensor_slices((TEXTS, LABELS, [1.0, 1.0, 1.0])))
