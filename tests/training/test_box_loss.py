"""Places answer for the boxes that they are best aligned with, and the loss falls to where the boxes are."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from sora_keras.encoders.detecting import DetectorFacts, detector_core
from sora_keras.encoders.registry import find_encoder
from sora_keras.layers.places import BINS, corners_of, places_of, side_of
from sora_keras.training.box_loss import assign, detection_loss
from tests.boxes import TINY

SIZE, CLASSES = 64, 3
CENTRES, STRIDES = places_of(SIZE)
PLACES = len(CENTRES)


def sides_for(corners: np.ndarray, sharp: float = 30.0) -> np.ndarray:
    """Logits (batch, places, 4 × BINS) that tell of every place these corners (batch, places, 4)."""
    away = np.concatenate([CENTRES - corners[..., :2], corners[..., 2:] - CENTRES], axis=-1) / STRIDES[:, None]
    away = np.clip(away, 0, BINS - 1)
    lower = np.minimum(np.floor(away).astype(int), BINS - 2)
    share = (away - lower)[..., None]
    bins = np.arange(BINS)
    shares = np.where(bins == lower[..., None], 1 - share, 0) + np.where(bins == lower[..., None] + 1, share, 0)
    return np.log(shares + np.exp(-sharp)).reshape(*corners.shape[:2], 4 * BINS).astype(np.float32)


def truth_of(*pictures: list[list[float]]) -> np.ndarray:
    """(batch, boxes, 5), filled up with -1."""
    rows = np.full((len(pictures), max(1, *map(len, pictures)), 5), -1, np.float32)
    for place, some in enumerate(pictures):
        rows[place, : len(some)] = np.array(some, np.float32).reshape(-1, 5)
    return rows


def shares(truth: np.ndarray) -> np.ndarray:
    """Corners as shares of the square."""
    return truth / np.array([1, *[SIZE] * 4], np.float32)


def test_places_are_the_middles_of_the_cells_of_three_maps() -> None:
    assert PLACES == 8 * 8 + 4 * 4 + 2 * 2
    assert CENTRES[0].tolist() == [4, 4]
    assert CENTRES[1].tolist() == [12, 4]
    assert CENTRES[-1].tolist() == [48, 48]
    assert sorted(set(STRIDES.tolist())) == [8, 16, 32]
    assert len(places_of(100)[0]) == 13 * 13 + 7 * 7 + 4 * 4
    assert [side_of(len(places_of(side)[0])) for side in (32, 64, 320, 640)] == [32, 64, 320, 640]


def test_corners_are_what_their_distances_say() -> None:
    random = np.random.default_rng(0)
    middle, half = random.uniform(20, 44, (2, PLACES, 2)), random.uniform(45, 60, (2, PLACES, 2))
    corners = np.concatenate([middle - half, middle + half], axis=-1)
    found = np.asarray(corners_of(sides_for(corners), CENTRES, STRIDES))
    assert np.allclose(found, corners, atol=1e-3)


def assign_by_hand(found: np.ndarray, scores: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, ...]:
    """The same for one picture, place by place and box by box."""
    rows = truth[truth[:, 0] >= 0]
    overlap, aligned, chosen = (np.zeros((len(rows), PLACES)) for _ in range(3))
    for box, (kind, *corners) in enumerate(rows):
        for place in range(PLACES):
            overlap[box, place] = overlap_of(np.array(corners), found[place])
            aligned[box, place] = scores[place, int(kind)] ** 0.5 * overlap[box, place] ** 6
        middle = (np.array(corners[:2]) + corners[2:]) / 2
        half = np.maximum((np.array(corners[2:]) - corners[:2]) / 2, 0.75 * STRIDES[:, None])
        near = np.flatnonzero((np.abs(CENTRES - middle) < half).all(axis=1))
        chosen[box, near[np.argsort(-aligned[box, near], kind="stable")[:10]]] = 1
    best = np.argmax(chosen * (overlap + 1e-7), axis=0)
    wanted, weight = np.zeros_like(scores), np.zeros(PLACES)
    chosen *= np.arange(len(rows))[:, None] == best
    aligned *= chosen
    for box, (kind, *_) in enumerate(rows):
        for place in np.flatnonzero(chosen[box]):
            weight[place] = aligned[box, place] / (aligned[box].max() + 1e-7) * (overlap[box] * chosen[box]).max()
            wanted[place, int(kind)] = weight[place]
    return wanted, best, weight


def overlap_of(one: np.ndarray, other: np.ndarray) -> float:
    both = np.clip(np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2]), 0, None).prod()
    return float(both / ((one[2:] - one[:2]).prod() + (other[2:] - other[:2]).prod() - both + 1e-7))


@pytest.mark.parametrize("seed", range(3))
def test_assignment_is_that_of_counting_by_hand(seed: int) -> None:
    random = np.random.default_rng(seed)
    truth = truth_of([[0, 4, 6, 30, 34], [2, 20, 20, 60, 62]], [[1, 30, 2, 50, 40]])
    spread = random.uniform(6, 24, (2, PLACES, 4)).astype(np.float32)
    found = np.concatenate([CENTRES - spread[..., :2], CENTRES + spread[..., 2:]], axis=-1)
    scores = random.uniform(0.05, 0.95, (2, PLACES, CLASSES)).astype(np.float32)
    kinds = truth[..., 0].astype(np.int32)
    wanted, which, weight = (np.asarray(x) for x in assign(found, scores, kinds, truth[..., 1:], CENTRES, STRIDES))
    for place in range(2):
        expected = assign_by_hand(found[place], scores[place], truth[place])
        assert np.allclose(wanted[place], expected[0], atol=1e-4)
        assert np.allclose(weight[place], expected[2], atol=1e-4)
        assert np.array_equal(which[place][weight[place] > 0], expected[1][weight[place] > 0])


def test_boxes_smaller_than_a_stride_have_places_too() -> None:
    truth = truth_of([[1, 14, 14, 17, 17], [0, 60, 60, 63, 63]])
    found = np.tile(np.concatenate([CENTRES - 4, CENTRES + 4], axis=-1), (1, 1, 1)).astype(np.float32)
    scores = np.full((1, PLACES, CLASSES), 0.01, np.float32)
    _, which, weight = assign(found, scores, truth[..., 0].astype(np.int32), truth[..., 1:], CENTRES, STRIDES)
    assert set(np.asarray(which)[np.asarray(weight) > 0]) == {0, 1}


def test_pictures_without_boxes_ask_for_nothing() -> None:
    loss = detection_loss
    answer = np.zeros((2, PLACES, 4 * BINS + CLASSES), np.float32)
    answer[..., 4 * BINS :] = -12
    assert float(loss(truth_of([], []), answer)) == pytest.approx(0.0, abs=0.01)
    answer[..., 4 * BINS :] = 3
    assert float(loss(truth_of([], []), answer)) > 1


def test_the_right_answer_costs_least() -> None:
    loss, truth = detection_loss, shares(truth_of([[1, 10, 12, 42, 40]]))
    corners = np.tile(np.array([10, 12, 42, 40], np.float32), (1, PLACES, 1))

    def cost(shift: float, kind: int) -> float:
        kinds = np.full((1, PLACES, CLASSES), -8, np.float32)
        inside = ((CENTRES > [12, 14]) & (CENTRES < [40, 38])).all(axis=1)
        kinds[:, inside, kind] = 8
        return float(loss(truth, np.concatenate([sides_for(corners + shift), kinds], axis=-1)))

    assert cost(0, 1) < cost(3, 1) < cost(9, 1)
    assert cost(0, 1) < cost(0, 2)


@pytest.mark.no_cover
def test_a_core_learns_where_one_thing_is() -> None:
    keras.utils.set_random_seed(0)
    facts = DetectorFacts(SIZE, 1, CLASSES)
    compact, core = (
        detector_core(lambda pixels, name=name: find_encoder(name, "detection").build(pixels, facts), facts)
        for name in ("compact", TINY)
    )
    assert compact.output_shape == core.output_shape == (None, PLACES, 4 * BINS + CLASSES)
    assert compact.count_params() < 1_500_000
    pixels, truth = made()
    core.compile(keras.optimizers.AdamW(2e-3), detection_loss, jit_compile=False)
    first = core.evaluate(pixels, truth, verbose=0)
    core.fit(pixels, truth, batch_size=8, epochs=12, verbose=0)
    assert core.evaluate(pixels, truth, verbose=0) < 0.6 * first


def made(count: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Bright squares on black, and where they are."""
    random = np.random.default_rng(0)
    pixels, rows = np.zeros((count, SIZE, SIZE, 1), np.float32), []
    for one in pixels:
        side = int(random.integers(12, 28))
        left, top = random.integers(0, SIZE - side, 2)
        one[top : top + side, left : left + side] = 255
        rows.append([[1.0, left, top, left + side, top + side]])
    return pixels, shares(truth_of(*rows))


def test_its_loss_is_the_same_traced(monkeypatch: Any) -> None:
    import tensorflow as tf

    loss, (_, truth) = detection_loss, made(4)
    answer = np.random.default_rng(0).normal(size=(4, PLACES, 4 * BINS + CLASSES)).astype(np.float32)
    traced = tf.function(
        loss, input_signature=[tf.TensorSpec([None, None, 5]), tf.TensorSpec([None, *answer.shape[1:]])]
    )
    assert float(traced(truth, answer)) == pytest.approx(float(loss(truth, answer)), rel=1e-5)


@pytest.mark.parametrize("rows", [0, 2])
def test_pictures_of_nothing_have_a_loss_and_a_gradient(rows: int) -> None:
    import tensorflow as tf

    truth = np.zeros((2, max(1, rows), 5), np.float32)
    truth[..., 0] = -1
    answer = tf.Variable(np.random.default_rng(0).normal(size=(2, PLACES, 4 * BINS + CLASSES)).astype(np.float32))
    with tf.GradientTape() as tape:
        loss = detection_loss(tf.constant(truth), answer)
    assert np.isfinite(float(loss))
    assert np.isfinite(tape.gradient(loss, answer)).all()
