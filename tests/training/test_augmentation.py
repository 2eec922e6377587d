"""Training pictures are changed, validation pictures say which flips keep the label."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from sora_keras.errors import ArgumentTypeError, ParameterError
from sora_keras.training import Augmentation, Feed, PixelCache, make_augmentation
from tests.pictures import shapes


def made(given: object, outputs: int = 3, seed: int = 5) -> Augmentation:
    augmentation = make_augmentation(given, channels=3, outputs=outputs, seed=seed)
    assert augmentation is not None
    return augmentation


def batch(count: int = 12) -> tf.Tensor:
    return tf.constant(shapes(count)[0], tf.float32)


def change(augmentation: Augmentation, targets: object = None) -> tuple[np.ndarray, np.ndarray]:
    targets = tf.zeros(12, tf.int64) if targets is None else tf.constant(targets)
    pixels, targets = tf.function(augmentation.__call__)(batch(), targets)
    return pixels.numpy(), targets.numpy()


def test_auto_changes_pixels_and_keeps_their_range_and_targets() -> None:
    pixels, targets = change(made("auto"), np.arange(12) % 3)
    assert pixels.shape == batch().shape
    assert pixels.dtype == np.float32
    assert not np.allclose(pixels, batch())
    assert pixels.min() >= 0
    assert pixels.max() <= 255
    assert np.array_equal(targets, np.arange(12) % 3)


def test_auto_erases_a_part_of_some_unless_passes_are_few() -> None:
    def middles_touched(few_passes: bool) -> float:
        augmentation = make_augmentation("auto", channels=1, outputs=2, seed=0, few_passes=few_passes)
        assert augmentation is not None
        pixels, _ = augmentation(tf.fill((200, 20, 20, 1), 255.0), tf.zeros(200, tf.int64))
        return float((pixels.numpy()[:, 4:-4, 4:-4] < 255).any(axis=(1, 2, 3)).mean())

    assert 0.1 < middles_touched(False) < 0.4
    assert middles_touched(True) == 0


def test_an_epoch_draws_the_same_again_and_another_epoch_does_not() -> None:
    def epoch(number: int) -> np.ndarray:
        augmentation = made("auto")
        change(augmentation)
        augmentation.begin_epoch(number)
        return change(augmentation)[0]

    assert np.array_equal(epoch(3), epoch(3))
    assert not np.array_equal(epoch(3), epoch(4))


def test_only_allowed_flips_are_made() -> None:
    augmentation = Augmentation([], outputs=1, seed=0, flips=True)
    assert np.array_equal(change(augmentation)[0], batch())
    augmentation.allow(["horizontal"])
    assert augmentation.allowed == ["horizontal"]
    plain, mirrored = batch().numpy(), batch().numpy()[:, :, ::-1]
    same = [
        (np.array_equal(one, a), np.array_equal(one, b))
        for one, a, b in zip(change(augmentation)[0], plain, mirrored, strict=True)
    ]
    assert all(a != b for a, b in same)
    assert {True, False} == {a for a, _ in same}


@pytest.mark.parametrize("mixer", [keras.layers.MixUp(), keras.layers.CutMix()])
def test_mixing_layers_mix_the_labels_with_the_pictures(mixer: keras.layers.Layer) -> None:
    _, targets = change(made([mixer], outputs=3), np.arange(12) % 3)
    assert targets.shape == (12, 3)
    assert targets.sum(axis=1) == pytest.approx(1)
    assert ((targets > 0.01).sum(axis=1) > 1).any()
    _, two = change(made([mixer], outputs=1), np.arange(12) % 2)
    assert two.shape == (12, 1)
    assert two.min() >= 0
    assert two.max() <= 1


@pytest.mark.parametrize(
    "layers",
    [keras.layers.RandomErasing(1.0), [keras.layers.RandAugment(num_ops=1)], (keras.layers.RandomRotation(0.2),)],
    ids=["erasing", "randaugment", "rotation"],
)
def test_the_users_layers_do_all_that_is_done(layers: object) -> None:
    augmentation = made(layers)
    assert augmentation.asked
    assert not np.allclose(change(augmentation)[0], batch())


def test_no_augmentation_and_wrong_ones() -> None:
    assert make_augmentation(None, channels=1, outputs=2, seed=0) is None
    with pytest.raises(ParameterError, match="'strong'"):
        made("strong")
    with pytest.raises(ArgumentTypeError, match="Received: 7"):
        made([keras.layers.RandomFlip(), 7])


def core_that_knows(axis: int) -> keras.Model:
    """Says in which half along an axis the picture is brighter."""
    pixels = keras.Input((16, 16, 3))
    halves = keras.layers.AveragePooling2D((8, 16) if axis == 1 else (16, 8))(pixels)
    grey = keras.layers.Flatten()(keras.ops.mean(halves, axis=-1))
    return keras.Model(pixels, keras.ops.sum(grey * np.array([1.0, -1.0], np.float32), axis=1, keepdims=True))


@pytest.mark.parametrize(("axis", "kept"), [(2, "vertical"), (1, "horizontal")])
def test_flips_that_change_the_label_are_not_made(axis: int, kept: str) -> None:
    pixels = shapes(80)[0]
    core = core_that_knows(axis)
    targets = (core(pixels.astype(np.float32)).numpy()[:, 0] > 0).astype(np.int64)
    feed = Feed(PixelCache(pixels, np.arange(80)), targets, None, 32, 0, shuffled=False)
    augmentation = made("auto", outputs=1)
    said = augmentation.ask(core, feed)
    assert augmentation.allowed == [kept]
    assert augmentation.asked
    assert f"mirrors pictures: {kept}" in said
    assert "right: 100%" in said
