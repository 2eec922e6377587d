"""Every error has the name that TIDE gives it, and knows its picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_keras.data.boxes import Boxes, make_boxes
from sora_keras.evaluation import Found
from sora_keras.evaluation.box_errors import KINDS, BoxErrors, count_errors, find_errors, worst_pictures
from sora_keras.evaluation.box_scores import HALF, score_boxes
from tests.evaluation.test_box_scores import CLASSES, made

WHOLE, HALF_OF_IT, SOME, LITTLE, BESIDE = (
    [0, 0, 100, 100], [0, 0, 100, 50], [0, 0, 100, 40], [0, 0, 100, 10], [200, 200, 300, 300],
)  # fmt: skip


def there(*some: tuple[Sequence[float], str], crowd: Sequence[bool] | None = None) -> Boxes:
    return make_boxes([corners for corners, _ in some], [label for _, label in some], crowd)


def told(*some: tuple[Sequence[float], str, float]) -> Found:
    corners = np.array([one[0] for one in some], float).reshape(-1, 4)
    return Found(corners, np.array([one[2] for one in some], float), np.array([one[1] for one in some], object))


def errors_of(truth: Boxes, found: Found, threshold: float = 0.25) -> BoxErrors:
    return find_errors([truth], [found], CLASSES, threshold)


def upright(corners: np.ndarray) -> np.ndarray:
    """Boxes that noise has turned inside out, turned back."""
    return np.concatenate([np.minimum(corners[:, :2], corners[:, 2:]), np.maximum(corners[:, :2], corners[:, 2:])], 1)


def kinds(errors: BoxErrors) -> list[str]:
    return [error.kind for error in errors.errors]


@pytest.mark.parametrize(
    ("found", "expected", "confusion"),
    [
        ([(WHOLE, "cat", 0.9)], [], {("cat", "cat"): 1}),
        ([(HALF_OF_IT, "cat", 0.9)], [], {("cat", "cat"): 1}),
        ([(WHOLE, "dog", 0.9)], ["confused"], {("cat", "dog"): 1}),
        ([(SOME, "cat", 0.9)], ["localisation"], {("nothing", "cat"): 1, ("cat", "nothing"): 1}),
        ([(LITTLE, "cat", 0.9)], ["localisation"], {("nothing", "cat"): 1, ("cat", "nothing"): 1}),
        ([(SOME, "dog", 0.9)], ["both", "missed"], {("nothing", "dog"): 1, ("cat", "nothing"): 1}),
        ([(WHOLE, "cat", 0.9), (WHOLE, "cat", 0.8)], ["duplicate"], {("cat", "cat"): 1, ("nothing", "cat"): 1}),
        ([(LITTLE, "dog", 0.9)], ["background", "missed"], {("nothing", "dog"): 1, ("cat", "nothing"): 1}),
        ([(BESIDE, "cat", 0.9)], ["background", "missed"], {("nothing", "cat"): 1, ("cat", "nothing"): 1}),
        ([], ["missed"], {("cat", "nothing"): 1}),
        ([(WHOLE, "cat", 0.9), (WHOLE, "dog", 0.8)], ["confused"], {("cat", "cat"): 1, ("cat", "dog"): 1}),
    ],
)
def test_each_error_is_named_and_confused_once(
    found: list[tuple[Sequence[float], str, float]], expected: list[str], confusion: dict[tuple[str, str], int]
) -> None:
    errors = errors_of(there((WHOLE, "cat")), told(*found))
    assert kinds(errors) == expected
    names = [*CLASSES, "nothing"]
    counted = {(names[i], names[j]): int(count) for (i, j), count in np.ndenumerate(errors.confusion) if count}
    assert counted == confusion


def test_an_error_tells_what_was_answered_and_what_is_there() -> None:
    truth = there((WHOLE, "cat"), (BESIDE, "owl"))
    confused, missed = errors_of(truth, told((WHOLE, "dog", 0.75))).errors
    assert (confused.answered, confused.score, confused.truth, confused.size) == ("dog", 0.75, "cat", "large")
    assert confused.corners == (0, 0, 100, 100)
    assert (missed.answered, missed.score, missed.truth, missed.corners) == (None, None, "owl", (200, 200, 300, 300))
    (background,) = errors_of(there(), told((WHOLE, "dog", 0.75))).errors
    assert (background.kind, background.truth) == ("background", None)


def test_the_surest_box_is_the_right_one_whatever_the_order() -> None:
    errors = errors_of(there((WHOLE, "cat")), told((HALF_OF_IT, "cat", 0.6), (WHOLE, "cat", 0.7)))
    (duplicate,) = errors.errors
    assert (duplicate.kind, duplicate.score) == ("duplicate", 0.6)


def test_a_box_goes_to_the_true_one_it_fits_best_and_that_is_free() -> None:
    lower = [0, 10, 100, 110]
    truth = there((WHOLE, "cat"), (lower, "cat"))
    assert kinds(errors_of(truth, told((WHOLE, "cat", 0.9), (WHOLE, "cat", 0.8)))) == []


def test_boxes_below_the_threshold_and_of_other_classes_do_not_count() -> None:
    truth = there((WHOLE, "cat"), (BESIDE, "emu"))
    found = told((WHOLE, "cat", 0.5), (BESIDE, "cat", 0.4), (BESIDE, "emu", 0.9))
    assert kinds(errors_of(truth, found, 0.5)) == []
    assert kinds(errors_of(truth, found, 0.51)) == ["missed"]
    assert kinds(errors_of(truth, found, 0.4)) == ["background"]


def test_what_lies_in_a_crowd_of_its_class_is_ignored_and_a_crowd_is_not_missed() -> None:
    crowd = there((WHOLE, "cat"), crowd=[True])
    inside = [10, 10, 30, 30]
    ignored = errors_of(crowd, told((inside, "cat", 0.9), (inside, "cat", 0.8)))
    assert kinds(ignored) == []
    assert ignored.confusion.sum() == ignored.answered.sum() == ignored.there.sum() == 0
    assert kinds(errors_of(crowd, told((inside, "dog", 0.9)))) == ["background"]
    assert kinds(errors_of(crowd, told())) == []


def test_errors_know_their_picture_and_are_counted_by_size() -> None:
    small, medium = [0, 0, 20, 20], [0, 0, 32, 32]
    truth = [there((small, "cat"), (BESIDE, "cat")), there(), there((medium, "dog"))]
    found = [told((BESIDE, "cat", 0.9)), told((small, "owl", 0.9), (WHOLE, "owl", 0.5)), told()]
    errors = find_errors(truth, found, CLASSES, 0.25)
    assert [(error.kind, error.picture) for error in errors.errors] == [
        ("missed", 0), ("background", 1), ("background", 1), ("missed", 2),
    ]  # fmt: skip
    counts = {count.kind: count for count in count_errors(errors.errors)}
    assert list(counts) == list(KINDS)
    assert (counts["missed"].count, counts["missed"].small, counts["missed"].medium) == (2, 1, 1)
    assert (counts["background"].small, counts["background"].large) == (1, 1)
    assert counts["confused"].count == 0


def test_the_worst_pictures_are_those_with_the_most_errors_then_those_with_the_surest() -> None:
    truth = [there(), there((WHOLE, "cat")), there(), there((WHOLE, "cat"), (BESIDE, "cat"))]
    found = [told((WHOLE, "cat", 0.3)), told((WHOLE, "cat", 0.3)), told((WHOLE, "cat", 0.8)), told()]
    errors = find_errors(truth, found, CLASSES, 0.25).errors
    worst = worst_pictures(errors, lambda row: f"{row}.jpg")
    assert [(one.row, one.name, one.errors) for one in worst] == [
        (3, "3.jpg", {"missed": 2}), (2, "2.jpg", {"background": 1}), (0, "0.jpg", {"background": 1}),
    ]  # fmt: skip
    assert len(worst_pictures(errors, str, most=1)) == 1


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), threshold=st.floats(0.0, 1.0), noise=st.floats(0.0, 30.0))
def test_right_boxes_are_those_of_the_evaluator_and_all_counts_agree(seed: int, threshold: float, noise: float) -> None:
    truth, found = made(6, seed, noise)
    found = [Found(upright(one.corners), one.scores, one.labels) for one in found]
    errors = find_errors(truth, found, CLASSES, threshold)
    for place, one in enumerate(score_boxes(truth, found, CLASSES).matches):
        kept = one.counts[HALF] & (one.scores >= threshold)
        assert errors.right[:, place].sum() == one.right[HALF, kept].sum()
        assert errors.answered[:, place].sum() == kept.sum()
        assert (errors.there[:, place] == one.there).all()
    counts = {count.kind: count.count for count in count_errors(errors.errors)}
    wrong = sum(counts.values()) - counts["missed"]
    assert errors.answered.sum() == errors.right.sum() + wrong == errors.confusion[:, :-1].sum()
    assert errors.right.sum() == np.trace(errors.confusion)
    assert counts["missed"] <= errors.confusion[:, -1].sum() <= errors.there.sum() - errors.right.sum()
    assert sum(sum(one.errors.values()) for one in worst_pictures(errors.errors, str)) == sum(counts.values())
