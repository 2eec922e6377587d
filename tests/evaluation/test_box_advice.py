"""What a report on a detector says to look at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sora_keras.data.boxes import make_boxes
from sora_keras.evaluation import BoxReport, Found
from tests.evaluation.test_box_report import evaluated

Told = tuple[Sequence[float], str, float]
BIG, SMALL = 100, 20


def scored(pictures: Sequence[tuple[Sequence[tuple[Sequence[float], str]], Sequence[Told]]]) -> BoxReport:
    truth = [make_boxes([box for box, _ in there], [label for _, label in there]) for there, _ in pictures]
    found = [
        Found(
            np.array([box for box, _, _ in told], float).reshape(-1, 4),
            np.array([score for _, _, score in told], float),
            np.array([label for _, label, _ in told], object),
        )
        for _, told in pictures
    ]
    return evaluated(truth, found, classes=["cat", "dog"])


def at(place: int, side: float = BIG, shift: float = 0.0) -> list[float]:
    """A box at one of many places that lie apart."""
    return [300 * place + shift, 0, 300 * place + shift + side, side]


BOTH = [(at(0), "cat"), (at(1), "dog")]
RIGHT: list[Told] = [(at(0), "cat", 0.9), (at(1), "dog", 0.8)]


def said(report: BoxReport, part: str) -> str:
    """The sentence with this part in it."""
    return next(sentence for sentence in report.look_at if part in sentence)


def test_a_sound_result_has_nothing_to_look_at() -> None:
    loose: list[Told] = [(at(0, shift=8), "cat", 0.9), (at(1, shift=8), "dog", 0.9)]
    assert scored([(BOTH, loose)] * 30).look_at == ()


def test_a_class_that_is_hardly_found_is_the_gravest() -> None:
    report = scored([(BOTH, RIGHT)] * 4 + [(BOTH, RIGHT[1:])] * 16)
    assert report.look_at[0] == "'cat' is found only 20 % of the time (recall, 20 boxes)."
    never = scored([(BOTH, [(at(0), "dog", 0.9), *RIGHT[1:]])] * 20)
    assert never.look_at[0] == "'cat' is never found (recall, 20 boxes); 'dog' is answered instead in 20 cases."


def test_missed_small_boxes_are_told_from_other_missed_ones() -> None:
    small = [*BOTH, (at(2, SMALL), "cat")]
    assert said(scored([(small, RIGHT)] * 20), "missed boxes").startswith(
        "Most errors are missed boxes (20 of 20 errors), and 20 of those are smaller than 32 × 32 pixels"
    )
    large = [*BOTH, (at(2), "cat")]
    assert "more pictures like these" in said(scored([(large, RIGHT)] * 20), "missed boxes")


def test_duplicates_ask_for_a_lower_overlap() -> None:
    twice = [*RIGHT, (at(0, shift=5), "cat", 0.85)]
    report = scored([(BOTH, RIGHT)] * 10 + [(BOTH, twice)] * 10)
    assert said(report, "found already") == (
        "10 of the 50 boxes found are of something that is found already: a lower overlap of the boxes that are kept "
        "leaves them out."
    )


def test_boxes_of_nothing_with_low_scores_ask_for_a_higher_threshold() -> None:
    report = scored([(BOTH, [*RIGHT, (at(5), "cat", 0.3)])] * 20)
    assert said(report, "threshold").startswith("A higher threshold would do better here: at 0.31 F1 is 1.00, at 0.25")
    assert not any("where nothing is" in sentence for sentence in report.look_at)


def test_boxes_of_nothing_with_high_scores_ask_for_a_look_at_the_annotations() -> None:
    report = scored([(BOTH, [*RIGHT, (at(5), "cat", 0.85)])] * 20)
    assert "look whether the annotations lack boxes" in said(report, "20 of the 60 boxes found are where nothing is")


def test_a_threshold_that_is_too_high_is_named() -> None:
    low: list[Told] = [(at(0), "cat", 0.2), (at(1), "dog", 0.8)]
    assert "A lower threshold would do better here: at 0.20 F1 is 1.00" in said(scored([(BOTH, low)] * 20), "threshold")


def test_badly_placed_boxes_are_counted_and_loose_ones_named() -> None:
    off: list[Told] = [(at(0, shift=45), "cat", 0.9), RIGHT[1]]
    report = scored([(BOTH, RIGHT)] * 10 + [(BOTH, off)] * 10)
    assert "10 of the 40 boxes found are of the right class, but badly placed" in said(report, "badly placed")
    loose: list[Told] = [(at(0, shift=25), "cat", 0.9), (at(1, shift=25), "dog", 0.9)]
    assert said(scored([(BOTH, loose)] * 20), "loosely") == (
        "Boxes lie loosely around what they show: AP50 is 1.00, but AP75 0.00."
    )


def test_the_pair_that_is_confused_most_is_named() -> None:
    confused: list[Told] = [(at(0), "dog", 0.9), RIGHT[1]]
    report = scored([(BOTH, RIGHT)] * 15 + [(BOTH, confused)] * 5)
    assert said(report, "answered for") == "'dog' is answered for 'cat' in 5 cases (20 boxes)."


def test_few_pictures_and_rare_classes_are_named() -> None:
    one = [(at(0), "cat"), (at(2), "cat")]
    report = scored([(one, [(at(0), "cat", 0.9)])] * 12 + [(BOTH, RIGHT)] * 2 + [(one, [])] * 5)
    assert "With 19 pictures and 38 boxes mAP may lie between" in said(report, "may lie")
    assert said(report, "fewer than 10") == "There are fewer than 10 boxes of 'dog': scores there are mostly chance."


def test_a_perfect_result_raises_a_doubt() -> None:
    report = scored([(BOTH, RIGHT)] * 20)
    assert report.look_at == ("mAP is 1.000: check that no picture here was in training.",)
