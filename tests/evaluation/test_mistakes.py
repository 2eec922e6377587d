"""The most confident mistakes, with their texts."""

from __future__ import annotations

import numpy as np

from tests.evaluation.conftest import answered, evaluate


def test_mistakes_come_most_confident_first_with_what_was_true_and_answered() -> None:
    truth = np.array([0, 1, 1, 0])
    first = np.array([0.6, 0.9, 0.7, 0.2])
    found = evaluate(truth, np.stack([first, 1 - first], axis=1), ["no", "yes"]).mistakes
    assert [(m.row, m.truth, m.predicted, m.text) for m in found] == [
        (1, "yes", "no", "item 1"), (3, "no", "yes", "item 3"), (2, "yes", "no", "item 2"),
    ]  # fmt: skip
    assert [round(m.confidence, 2) for m in found] == [0.9, 0.8, 0.7]


def test_rows_are_asked_for_in_ascending_order_as_streams_answer() -> None:
    asked: list[list[int]] = []

    def show(rows: np.ndarray) -> list[str]:
        asked.append(rows.tolist())
        return [str(row) for row in sorted(rows)]

    found = evaluate(*answered(300, 3), show=show).mistakes
    assert asked == [sorted(asked[0])]
    assert [mistake.text for mistake in found] == [str(mistake.row) for mistake in found]
    assert len(found) == 15


def test_long_texts_are_cut_and_lines_joined() -> None:
    found = evaluate(np.array([1]), np.array([[0.9, 0.1]]), show=lambda rows: ["a line\n\n" * 100_000]).mistakes
    assert found[0].text.startswith("a line a line")
    assert len(found[0].text) <= 240
    assert found[0].text.endswith("…")


def test_right_answers_ask_for_no_text() -> None:
    def show(rows: np.ndarray) -> list[str]:
        raise AssertionError("nothing is wrong")

    assert evaluate(np.array([0]), np.array([[0.9, 0.1]]), show=show).mistakes == ()


def test_several_labels_count_the_label_furthest_from_the_truth() -> None:
    truth = np.array([[1, 0, 0], [0, 0, 0]])
    chances = np.array([[0.9, 0.2, 0.8], [0.1, 0.7, 0.2]])
    first, second = evaluate(truth, chances, ["a", "b", "c"]).mistakes
    assert (first.truth, first.predicted, round(first.confidence, 2)) == ("a", "a, c", 0.8)
    assert (second.truth, second.predicted) == ("(none)", "b")
