from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from sora_keras.data import Examples, LabelSpace, read_examples
from sora_keras.errors import ArgumentTypeError, DataError, NotFoundError

TEXTS, LABELS = ["good film", "bad film", "好电影"], [1, 0, 1]

CONTAINERS: dict[str, Callable[[], Any]] = {
    "data frame": lambda: pd.DataFrame({"text": TEXTS, "label": LABELS}),
    "Arrow table": lambda: pa.table({"text": TEXTS, "label": LABELS}),
    "record batch": lambda: pa.record_batch({"text": TEXTS, "label": LABELS}),
    "columns": lambda: {"text": TEXTS, "label": np.array(LABELS)},
    "records": lambda: [{"text": text, "label": label} for text, label in zip(TEXTS, LABELS, strict=True)],
    "pairs": lambda: list(zip(TEXTS, LABELS, strict=True)),
    "a pair": lambda: (TEXTS, LABELS),
    "a pair of arrays": lambda: (np.array(TEXTS), np.array(LABELS)),
    "examples": lambda: Examples({"text": TEXTS, "label": LABELS}, answer="label"),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_containers_with_answers_are_read_alike(container: str) -> None:
    examples = read_examples(CONTAINERS[container]())
    assert examples.answer == "label"
    assert examples.column("text").tolist() == TEXTS
    assert examples.column("label").tolist() == LABELS
    assert not examples.streamed


BARE: dict[str, Callable[[], Any]] = {
    "list": lambda: TEXTS,
    "tuple": lambda: tuple(TEXTS),
    "fixed-width array": lambda: np.array(TEXTS),
    "object array": lambda: np.array(TEXTS, dtype=object),
    "column array": lambda: np.array(TEXTS, dtype=object)[:, None],
    "rows": lambda: [[text] for text in TEXTS],
    "Series": lambda: pd.Series(TEXTS),
    "string Series": lambda: pd.Series(TEXTS, dtype="string", index=[5, 6, 7]),
    "Arrow array": lambda: pa.array(TEXTS),
    "frame of a bare array": lambda: pd.DataFrame(TEXTS),
    "bytes": lambda: [text.encode() for text in TEXTS],
}


@pytest.mark.parametrize("container", BARE)
@pytest.mark.parametrize(
    "y", [LABELS, np.array(LABELS), pd.Series(LABELS), pa.array(LABELS), np.array(LABELS)[:, None]]
)
def test_bare_texts_take_answers_apart(container: str, y: Any) -> None:
    examples = read_examples(BARE[container](), y)
    assert (examples.names, examples.answer) == (("text", "label"), "label")
    assert examples.column("text").tolist() == TEXTS
    assert examples.column("label").tolist() == LABELS


@pytest.mark.parametrize("X", [{"a"}, 3, None, (n for n in "ab"), object(), b"text"])
def test_what_holds_no_data_is_refused(X: Any) -> None:
    with pytest.raises(ArgumentTypeError, match="X must be a path"):
        read_examples(X, [1, 0])


@pytest.mark.parametrize("y", [3, b"ab", {"a": 1}, {1, 2}])
def test_what_holds_no_answers_is_refused(y: Any) -> None:
    with pytest.raises(ArgumentTypeError, match="y must be answers"):
        read_examples(["a", "b"], y)


@pytest.mark.parametrize("X", [[], np.array([], dtype=object), pd.DataFrame({"text": []}), {"text": []}])
def test_no_rows_are_refused(X: Any) -> None:
    with pytest.raises(DataError, match="no rows"):
        read_examples(X, [])


def test_conflicting_lengths_are_refused() -> None:
    with pytest.raises(DataError, match=r"same length. Received: 3 in X and 2 in y"):
        read_examples(TEXTS, [1, 0])
    with pytest.raises(DataError, match="same length"):
        read_examples({"text": TEXTS, "label": [1]})


def test_duplicate_column_names_are_refused() -> None:
    frame = pd.DataFrame([["a", "b", 1]], columns=["text", "text", "label"])
    with pytest.raises(DataError, match="several columns named 'text'"):
        read_examples(frame)
    with pytest.raises(DataError, match="several columns named 'text'"):
        read_examples(pa.Table.from_arrays([pa.array(["a"])] * 2, names=["text", "text"]))


def test_missing_answers_to_bare_texts_are_asked_for() -> None:
    with pytest.raises(DataError, match="y is missing"):
        read_examples(TEXTS)
    assert read_examples(TEXTS, answer_required=False).answer is None


def test_an_unclear_answer_lists_the_columns() -> None:
    frame = pd.DataFrame({"text": TEXTS, "stars": LABELS})
    with pytest.raises(DataError, match=r"Which column is the answer.*'text', 'stars'"):
        read_examples(frame)
    assert read_examples(frame, answer_required=False).answer is None
    assert read_examples(frame, "stars").answer == "stars"


def test_an_unknown_answer_names_the_nearest_and_lists_all() -> None:
    with pytest.raises(DataError, match=r"no column 'lables'. Did you mean 'label'.*'text', 'label'"):
        read_examples({"text": TEXTS, "label": LABELS}, "lables")
    with pytest.raises(DataError, match=r"no column 'artt'. Did you mean 'art'"):
        read_examples({"text": TEXTS, "sport": LABELS, "art": LABELS}, ["sport", "artt"])


def test_unnamed_texts_get_the_name_asked_for() -> None:
    examples = read_examples(TEXTS, LABELS, default_name="review")
    assert examples.names == ("review", "label")
    assert read_examples(TEXTS, answer_required=False, default_name="category").answer is None


def test_answers_given_apart_do_not_hide_a_column() -> None:
    frame = pd.DataFrame({"text": TEXTS, "label": ["x", "y", "z"]})
    assert read_examples(frame, [1, 0, 1]).names == ("text", "label", "answer")
    assert read_examples(frame, frame["label"]).names == ("text", "label")


def test_answers_that_look_like_column_names_are_answers() -> None:
    assert read_examples(["a", "b"], ["text", "label"]).column("label").tolist() == ["text", "label"]


def test_several_columns_of_zeros_and_ones_become_one_answer() -> None:
    frame = pd.DataFrame({"text": TEXTS, "sport": [1, 0, 0], "art": [True, True, False]})
    examples = read_examples(frame, ["sport", "art"])
    assert examples.names == ("text", "sport + art")
    assert examples.column("sport + art").tolist() == [("sport", "art"), ("art",), ()]
    assert LabelSpace.learn(examples.column(examples.answer)).kind == "multilabel"
    assert read_examples(frame, examples.answer).names == examples.names


def test_several_columns_of_other_values_are_refused() -> None:
    with pytest.raises(DataError, match="Received: 2 in row 1, column 'a'"):
        read_examples({"text": ["x", "y"], "a": [1, 2], "b": [0, 1]}, ["a", "b"])
    with pytest.raises(DataError, match="other values in 'a'"):
        read_examples({"text": ["x", "y"], "a": ["yes", "no"], "b": [0, 1]}, ["a", "b"])


def test_answers_of_several_columns_are_taken_apart_from_the_texts() -> None:
    matrix = np.array([[1, 0], [1, 1], [0, 0]])
    assert read_examples(TEXTS, matrix).column("label").tolist() == [(0,), (0, 1), ()]
    frame = pd.DataFrame(matrix, columns=["a", "b"])
    assert read_examples(TEXTS, frame).column("label").tolist() == [("a",), ("a", "b"), ()]
    assert read_examples(TEXTS, [["a"], ["b", "a"], []]).column("label").tolist() == [("a",), ("b", "a"), ()]
    assert read_examples(TEXTS, pd.DataFrame({"z": LABELS})).column("label").tolist() == LABELS


def test_all_texts_missing_are_kept_for_the_checks() -> None:
    assert read_examples({"text": [None, float("nan")], "label": [0, 1]}).column("text").tolist() == [
        None,
        None,
    ]


def test_a_text_that_was_meant_as_a_list_is_explained() -> None:
    with pytest.raises(NotFoundError, match=r"for texts themselves, a list"):
        read_examples("a wonderful film")
    with pytest.raises(NotFoundError, match="no file or folder"):
        read_examples("long text " * 1000)
    with pytest.raises(NotFoundError, match="NUL"):
        read_examples("a\0b.csv")


def test_records_that_are_none_are_refused() -> None:
    with pytest.raises(DataError, match="Received: str as record 1"):
        read_examples([{"text": "a"}, "b"])


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "reviews.csv").write_text("text,label\na,1\n")
    with pytest.raises(NotFoundError, match=r"Did you mean .*reviews.csv"):
        read_examples(tmp_path / "review.csv")
    with pytest.raises(NotFoundError, match="no file or folder"):
        read_examples(str(tmp_path / "*.tsv"))
