from __future__ import annotations

import numpy as np

from sora_keras.data import Examples
from sora_keras.data.answer_checks import check_answers


def kinds(answers: list[object], hashes: list[int]) -> dict[str, tuple[int, ...]]:
    examples = Examples({"label": answers}, answer="label")
    return {finding.kind: finding.rows for finding in check_answers(examples, None, np.array(hashes))}


def test_answers_that_differ_by_spaces_alone_do_not_conflict() -> None:
    found = kinds(["a", "a ", "b"] * 5, [0, 0, 1] * 5)
    assert set(found) == {"stray_space"}


def test_labels_in_another_order_do_not_conflict() -> None:
    assert kinds([["a", "b"], ["b", "a"]] * 5, [7] * 10) == {}


def test_missing_answers_do_not_conflict() -> None:
    assert kinds(["a", None] * 10, [7] * 20) == {}


def test_without_an_answer_nothing_is_checked() -> None:
    assert check_answers(Examples({"text": ["a"]}), None, np.array([1])) == []


def test_a_class_is_rare_by_its_share_too() -> None:
    found = kinds(["a"] * 9000 + ["b"] * 8, list(range(9008)))
    assert found == {"rare_class": tuple(range(9000, 9008))}
