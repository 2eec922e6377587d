"""Wherever a picture goes, its boxes go with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from sora_keras.errors import ArgumentTypeError, ParameterError
from sora_keras.training.box_augmentation import BoxAugmentation, make_box_augmentation

SIDE = 64


def squares(count: int = 8, side: int = SIDE) -> tuple[np.ndarray, np.ndarray]:
    """White boxes on black, one a picture, far from the edges; a second row for no box."""
    random = np.random.default_rng(0)
    pixels, truth = np.zeros((count, side, side, 3), np.float32), np.full((count, 2, 5), -1, np.float32)
    for place in range(count):
        wide, tall = random.integers(14, 24, 2)
        left, top = random.integers(18, 24, 2)
        pixels[place, top : top + tall, left : left + wide] = 255
        truth[place, 0] = [place % 3, *(np.array([left, top, left + wide, top + tall]) / side)]
    return pixels, truth


def in_pixels(pixels: Any, truth: Any) -> tuple[np.ndarray, np.ndarray]:
    """What the augmentation gave, with corners in pixels."""
    return pixels.numpy(), truth.numpy() * np.array([1, *[SIDE] * 4])


def edges_of(picture: np.ndarray) -> list[float]:
    """Left, top, right and bottom of what is bright, to a fraction of a pixel by how bright it is."""
    bright = (picture[..., 0] - picture.min()) / (picture.max() - picture.min() + 1e-6)
    columns, rows = bright.max(axis=0), bright.max(axis=1)
    x, y = np.flatnonzero(columns > 0.5), np.flatnonzero(rows > 0.5)
    return [x[0], y[0], x[-1] + 1, y[-1] + 1]


@pytest.mark.parametrize("flips", [(), ("horizontal",), ("vertical",), ("horizontal", "vertical")])
def test_boxes_follow_their_pictures(flips: tuple[str, ...]) -> None:
    augmentation = BoxAugmentation(epochs=10, seed=3, mosaic=0.0, flips=flips)
    pixels, truth = squares(32)
    augmentation.begin_epoch(0)
    changed, moved = in_pixels(*augmentation(pixels, truth))
    assert changed.shape == pixels.shape
    assert moved.shape == (32, 1, 5)  # as many rows as the fullest picture needs
    assert np.array_equal(moved[:, 0, 0], truth[:, 0, 0])
    for picture, box in zip(changed, moved[:, 0, 1:], strict=True):
        assert np.abs(edges_of(picture) - box).max() <= 1.01
    assert not np.array_equal(changed, pixels)


def test_four_pictures_become_one_with_the_boxes_of_all() -> None:
    augmentation = BoxAugmentation(epochs=10, seed=0, mosaic=1.0, flips=())
    augmentation._zoomed = lambda pixels, truth, side: (pixels, truth)  # type: ignore[method-assign]
    augmentation._lit = lambda pixels: pixels  # type: ignore[method-assign]
    pixels, truth = squares(8)
    augmentation.begin_epoch(0)
    changed, moved = in_pixels(*augmentation(pixels, truth))
    half = SIDE // 2
    for place in range(8):
        boxes = moved[place][moved[place, :, 0] >= 0]
        assert boxes[:, 0].tolist() == [truth[(place + turn) % 8, 0, 0] for turn in range(4)]
        for turn, (_, *box) in enumerate(boxes):
            left, top = half * (turn % 2), half * (turn // 2)
            edges = edges_of(changed[place, top : top + half, left : left + half])
            assert np.abs(np.array(edges) + np.array([left, top] * 2) - box).max() <= 1.01


def test_in_the_last_epochs_pictures_are_not_mixed() -> None:
    augmentation = BoxAugmentation(epochs=10, seed=0, mosaic=1.0, flips=())
    counts = []
    for epoch in (0, 7, 9):
        augmentation.begin_epoch(epoch)
        counts.append(int((augmentation(*squares())[1].numpy()[..., 0] >= 0).sum(axis=1).max()))
    assert counts[0] > 1
    assert counts[1] > 1
    assert counts[2] == 1


def test_what_is_hardly_seen_any_more_is_no_box() -> None:
    augmentation = BoxAugmentation(epochs=10, seed=1, mosaic=0.0)
    pixels, truth = squares(64)
    truth[:, 0, 1:] = np.array([0, 0, 6, 6]) / SIDE  # in the corner, which many of the changed pictures no longer show
    augmentation.begin_epoch(0)
    _, moved = in_pixels(*augmentation(pixels, truth))
    kinds, corners = moved[:, 0, 0], moved[:, 0, 1:]
    assert (kinds < 0).any()
    assert (kinds >= 0).any()
    assert corners.min() >= 0
    assert corners.max() <= SIDE
    kept = corners[kinds >= 0]
    assert ((kept[:, 2:] - kept[:, :2]) >= 2).all()


def test_the_same_epoch_is_changed_alike_and_another_is_not() -> None:
    augmentation, given = BoxAugmentation(epochs=10, seed=0), squares()
    graph = tf.function(
        augmentation, input_signature=[tf.TensorSpec([None, SIDE, SIDE, 3]), tf.TensorSpec([None, None, 5])]
    )
    found = []
    for epoch in (2, 3, 2):
        augmentation.begin_epoch(epoch)
        found.append(graph(*given)[0].numpy())
    assert np.array_equal(found[0], found[2])
    assert not np.array_equal(found[0], found[1])


def test_few_passes_mix_nothing_and_what_is_no_augmentation_is_refused() -> None:
    asked = {"flips": (), "ends": None, "seed": 0}
    assert make_box_augmentation("auto", epochs=600, passes=20.0, **asked).mosaic == 0
    assert make_box_augmentation("auto", epochs=10, **asked).mosaic == 0
    assert make_box_augmentation("auto", epochs=60, **asked).mosaic > 0
    assert make_box_augmentation(None, epochs=60, **asked) is None
    with pytest.raises(ParameterError, match="flips"):
        make_box_augmentation("auto", epochs=1, flips=("round",), ends=None, seed=0)
    with pytest.raises(ArgumentTypeError, match="callable"):
        make_box_augmentation(3, epochs=1, **asked)


def test_a_function_of_the_users_own_changes_batches() -> None:
    own = make_box_augmentation(lambda pixels, truth: (pixels / 2, truth), flips=(), epochs=1, ends=None, seed=0)
    own.begin_epoch(0)
    own.allow(["horizontal"])
    pixels, truth = squares(4)
    changed, same = own(pixels, truth)
    assert np.allclose(changed, pixels / 2)
    assert same is truth


def test_near_the_end_of_the_time_nothing_is_mixed(monkeypatch) -> None:
    now = [100.0]
    monkeypatch.setattr("sora_keras.training.box_augmentation.time.monotonic", lambda: now[0])
    augmentation = BoxAugmentation(epochs=float("inf"), seed=0, mosaic=1.0, ends=200.0)
    mixing = []
    for now[0] in (110.0, 180.0, 190.0):
        augmentation.begin_epoch(1)
        mixing.append(bool(augmentation._mixing))
    assert mixing == [True, True, False]
