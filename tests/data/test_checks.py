from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sora_keras.data import Examples, Finding, LabelSpace, check, describe, read_examples, usable_rows


def clean(**changes: Any) -> Examples:
    """Forty good rows, with columns changed."""
    columns = {
        "text": [f"review number {n}" for n in range(40)],
        "label": ["good", "bad"] * 20,
        "stars": [n % 5 for n in range(40)],
    }
    return Examples({**columns, **changes}, answer="label")


def with_text(**rows: Any) -> Examples:
    texts: list[Any] = [f"review number {n}" for n in range(40)]
    for row, value in rows.items():
        texts[int(row[1:])] = value
    return clean(text=texts)


def one(examples: Any, kind: str, **options: Any) -> Finding:
    found = {finding.kind: finding for finding in check(examples, item="text", **options)}
    assert kind in found, found
    return found[kind]


def test_clean_data_gives_no_findings() -> None:
    assert check(clean(), item="text", labels=LabelSpace.learn(["good", "bad"])) == ()


@pytest.mark.parametrize("value", [None, float("nan")])
def test_missing_texts_are_found(value: Any) -> None:
    found = one(with_text(r3=value), "missing")
    assert (found.rows, found.message) == ((3,), "1 row without a value in 'text'")


def test_missing_answers_and_features_are_found() -> None:
    answers = ["good", "bad"] * 19 + [None, " "]
    assert one(clean(label=answers), "missing").rows == (38, 39)
    assert one(clean(stars=[np.nan, *range(39)]), "missing").message.endswith("'stars'")


def test_empty_texts_are_found() -> None:
    assert one(with_text(r1="", r2=" \n\t"), "empty").rows == (1, 2)


def test_duplicates_are_found_and_blank_texts_are_none() -> None:
    found = check(with_text(r5="review number 1", r7=" review number 1 ", r8="", r9="", r10=None), item="text")
    assert next(finding for finding in found if finding.kind == "duplicate").rows == (5, 7)


def test_rows_in_both_splits_are_found() -> None:
    validation = clean().take([4, 5]).with_columns({"text": ["new", "review number 9"]})
    found = one(clean(), "leak", validation=validation)
    assert found.rows == (1,)
    assert "1 row of the 2 for validation" in found.message


def test_constant_columns_are_found() -> None:
    assert "'stars' is 3" in one(clean(stars=[3] * 40), "constant").message
    assert one(clean(stars=[None] * 40), "constant")


def test_rare_classes_are_found() -> None:
    found = one(clean(label=["good"] * 20 + ["bad"] * 19 + ["odd"]), "rare_class")
    assert (found.rows, "'odd' (1)" in found.message) == ((39,), True)


def test_equal_texts_with_other_answers_are_found() -> None:
    assert one(with_text(r5="review number 2"), "conflicting_label").rows == (2, 5)
    same_answer = check(with_text(r4="review number 2"), item="text")
    assert [finding.kind for finding in same_answer] == ["duplicate"]


@pytest.mark.parametrize("value", ["a \ufffd b", "a\0b", 3, b"\xff\xfe"])
def test_unreadable_texts_are_found(value: Any) -> None:
    assert one(with_text(r6=value), "unreadable").rows == (6,)


def test_stray_spaces_in_answers_are_found() -> None:
    assert one(clean(label=["good ", "bad"] + ["good", "bad"] * 19), "stray_space").rows == (0,)


def test_mixed_types_of_answers_are_found() -> None:
    found = one(clean(label=[1, "0"] + ["1", "0"] * 19), "mixed_type")
    assert (found.rows, "int, str" in found.message) == ((0,), True)


def test_very_long_texts_are_found() -> None:
    assert one(with_text(r2="long " * 30_000), "very_long").rows == (2,)


def test_several_labels_are_checked_one_by_one() -> None:
    answers = [["a", "b"], ["a"]] * 19 + [["a"], ["c", "a "]]
    examples = clean(label=answers)
    assert "'c' (1)" in one(examples, "rare_class", labels=LabelSpace.learn(answers)).message
    assert one(examples, "stray_space").rows == (39,)


def test_without_a_text_whole_rows_are_compared() -> None:
    examples = Examples({"a": [1, 2, 1] * 10, "b": [1, 2, 1] * 10, "label": ["x", "y", "x"] * 10}, answer="label")
    found = {finding.kind: finding for finding in check(examples)}
    assert len(found["duplicate"].rows) == 28


def test_data_on_disk_is_checked_alike(tmp_path: Path) -> None:
    rows = [f"text {n},{'a' if n % 2 else 'b'}\n" for n in range(5000)]
    rows += ["text 7,b\n", ",a\n", "last,\n", "text 8,b\n"]
    path = tmp_path / "rows.csv"
    path.write_text("text,label\n" + "".join(rows))
    memory, disk = (read_examples(path, memory=memory) for memory in ("1GB", 1))
    assert disk.streamed
    found = check(memory, validation=memory.take([1, 2]))
    assert check(disk, validation=disk.take([1, 2])) == found
    assert [finding.kind for finding in found] == [
        "leak",
        "conflicting_label",
        "missing",
        "empty",
        "duplicate",
    ]


def test_usable_rows_have_text_and_answer() -> None:
    examples = Examples(
        {"text": ["a", None, "", " ", 3, "b", "c"], "label": ["x", "x", "x", "x", "x", None, "y"]},
        answer="label",
    )
    assert usable_rows(examples, "text", "label").tolist() == [0, 6]
    assert usable_rows(examples, "text").tolist() == [0, 5, 6]
    assert usable_rows(examples.take([1]), "text").tolist() == []


def test_describe_is_one_paragraph_and_nothing_when_all_is_well() -> None:
    assert describe(()) == ""
    text = describe(check(with_text(r1="", r5="review number 3"), item="text"))
    assert text == (
        "Noticed in the data: 1 row with nothing but white space in 'text'; 1 row with the 'text' of an earlier row."
    )
