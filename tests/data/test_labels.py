from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_keras.data import LabelSpace
from sora_keras.errors import DataError, ParameterError


@pytest.mark.parametrize(
    ("answers", "classes", "values"),
    [
        (["pos", "neg"], ("neg", "pos"), ("neg", "pos")),
        ([10, 9, 10], ("9", "10"), (9, 10)),
        (np.array([True, False]), ("False", "True"), (False, True)),
        ([0.0, 1.5], ("0", "1.5"), (0.0, 1.5)),
        (pd.Series(["b", "a"], dtype="category"), ("a", "b"), ("a", "b")),
        ([1, 1.5], ("1", "1.5"), (1.0, 1.5)),
    ],
)
def test_classes_are_sorted_and_keep_the_users_type(answers: Any, classes: Any, values: Any) -> None:
    labels = LabelSpace.learn(answers)
    assert (labels.kind, labels.classes, labels.values) == ("binary", classes, values)
    assert [type(value) for value in labels.values] == [type(value) for value in values]


def test_stray_spaces_do_not_make_classes() -> None:
    assert LabelSpace.learn(["pos", " pos", "neg\n"]).classes == ("neg", "pos")


def test_mixed_types_become_text() -> None:
    labels = LabelSpace.learn([1, "1", "two"])
    assert labels.values == ("1", "two")
    assert labels.encode([1, "1", " two"]).tolist() == [0, 0, 1]


def test_encode_finds_a_class_whatever_type_the_file_gave_it() -> None:
    assert LabelSpace.learn([0, 1]).encode(["1", "0", 1.0]).tolist() == [1, 0, 1]
    assert LabelSpace.learn([0, 1]).encode([1]).dtype == np.int32


def test_three_classes_are_multiclass() -> None:
    assert LabelSpace.learn(["a", "b", "c"]).kind == "multiclass"


@pytest.mark.parametrize("answers", [["a", "a"], [1], [["a"], ["a"]], [[], []]])
def test_one_class_only_is_refused(answers: Any) -> None:
    with pytest.raises(DataError, match="at least two classes"):
        LabelSpace.learn(answers)


@pytest.mark.parametrize("answers", [["a", None], ["a", float("nan"), "b"], [], ["a", " "]])
def test_missing_answers_are_refused(answers: Any) -> None:
    with pytest.raises(DataError, match="missing answers"):
        LabelSpace.learn(answers)


@pytest.mark.parametrize("answers", [np.linspace(0, 1, 50), [f"text {n}" for n in range(50)]])
def test_values_that_are_no_classes_are_refused(answers: Any) -> None:
    with pytest.raises(DataError, match="does not look like classes"):
        LabelSpace.learn(answers)


def test_an_unknown_label_is_named_with_its_rows_and_the_nearest_class() -> None:
    labels = LabelSpace.learn(["positive", "negative"])
    with pytest.raises(DataError, match=r"'postive' \(row 1\).*Did you mean 'positive'.*negative, positive"):
        labels.encode(["negative", "postive"])
    with pytest.raises(DataError, match=r"row 0, 1, 2, 3, 4 and 2 more"):
        labels.encode(["neutral"] * 7)


def test_lists_of_labels_are_multilabel() -> None:
    labels = LabelSpace.learn([["a", "b"], [], ["c "]])
    assert (labels.kind, labels.classes) == ("multilabel", ("a", "b", "c"))
    encoded = labels.encode([["c", "a"], []])
    assert encoded.dtype == np.float32
    assert encoded.tolist() == [[1, 0, 1], [0, 0, 0]]
    assert labels.decode(encoded).tolist() == [("a", "c"), ()]
    with pytest.raises(DataError, match=r"'d' \(row 1\)"):
        labels.encode([["a"], ["d"]])


def test_separated_labels_are_multilabel() -> None:
    labels = LabelSpace.learn(["a|b", "b", " c | a"], separator="|")
    assert labels.classes == ("a", "b", "c")
    assert labels.encode(["c|b"]).tolist() == [[0, 1, 1]]


def test_zeros_and_ones_are_multilabel_with_names() -> None:
    matrix = np.array([[1, 0], [1, 1]])
    labels = LabelSpace.learn(matrix, class_names=["sport", "art"])
    assert labels.classes == ("art", "sport")
    assert labels.encode([["sport"]]).tolist() == [[0, 1]]
    with pytest.raises(DataError, match=r"Received: 2 in row 0, column 1"):
        LabelSpace.learn(np.array([[0, 2], [1, 1]]))
    with pytest.raises(DataError, match=r"each of the 2 classes. Received: 3 columns"):
        labels.encode(np.zeros((1, 3)))


def test_a_matrix_is_encoded_as_it_was_learned() -> None:
    labels = LabelSpace.learn(np.array([[1, 0, 1], [0, 1, 0]]))
    assert labels.encode(np.array([[0, 1, 1]])).tolist() == [[0, 1, 1]]


def test_multi_label_that_contradicts_the_answers_is_refused() -> None:
    with pytest.raises(DataError, match="needs lists of labels"):
        LabelSpace.learn(["a", "b"], multi_label=True)
    with pytest.raises(DataError, match="multi_label=False"):
        LabelSpace.learn([["a"], ["b"]], multi_label=False)
    with pytest.raises(ParameterError, match="multi_label"):
        LabelSpace.learn(["a", "b"], multi_label="maybe")
    with pytest.raises(DataError, match="must hold one label"):
        LabelSpace.learn(["a", "b"]).encode([["a"], ["b"]])


@pytest.mark.parametrize("answers", [["a", "b"], [1, 2], [True, False], [0.5, 2.0], [["a"], ["b", "c"]]])
def test_labels_come_back_equal_from_json(answers: Any) -> None:
    labels = LabelSpace.learn(answers)
    again = LabelSpace.from_config(json.loads(json.dumps(labels.to_config())))
    assert again == labels
    assert [type(value) for value in again.values] == [type(value) for value in labels.values]


ANSWERS = st.lists(st.text(min_size=1).map(str.strip).filter(bool), min_size=2, max_size=20) | st.lists(
    st.integers(-(2**40), 2**40), min_size=2, max_size=20
)


@given(ANSWERS.filter(lambda answers: 2 <= len(set(answers)) < 20))
def test_decode_undoes_encode(answers: list[Any]) -> None:
    labels = LabelSpace.learn(answers)
    # numpy's fixed-width strings drop NULs at the end.
    expected = np.array(answers).tolist()
    assert labels.decode(labels.encode(answers)).tolist() == expected
