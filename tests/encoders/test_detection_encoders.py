"""Encoders give three maps, at an eighth, a sixteenth and a thirty-second, and say which one was picked."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from sora_keras.encoders import list_encoders
from sora_keras.encoders.detecting import DetectorFacts, detector_core
from sora_keras.encoders.detection_encoders import choose_detection_encoder
from sora_keras.encoders.efficientnet_lite import efficientnet_lite0, weights_file
from sora_keras.errors import ArgumentTypeError, ParameterError
from sora_keras.layers.places import BINS, places_of


@pytest.mark.parametrize("name", ["compact", "efficientnet_lite0"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_core_answers_once_for_each_place(name: str, channels: int) -> None:
    encoder, _ = choose_detection_encoder(name, "auto" if name == "compact" else None)
    facts = DetectorFacts(96, channels, 3)
    core = detector_core(lambda pixels: encoder.build(pixels, facts), facts)
    assert core.output_shape == (None, len(places_of(96)[0]), 4 * BINS + 3)
    # Before training nothing is likely anywhere.
    answer = np.asarray(core(np.zeros((1, 96, 96, channels), np.float32), training=False))
    assert (1 / (1 + np.exp(-answer[..., 4 * BINS :])) < 0.05).all()


def test_auto_says_what_it_picked() -> None:
    encoder, why = choose_detection_encoder("auto", "auto")
    assert encoder.name == "compact"
    assert "picked 'compact'" in why


@pytest.mark.skipif(weights_file() is None, reason='needs the extra "imagenet-lite"')
def test_weights_of_imagenet_are_kept_under_the_pyramid() -> None:
    encoder, _ = choose_detection_encoder("efficientnet_lite0", "auto")
    facts = DetectorFacts(64, 3, 2)
    core = detector_core(lambda pixels: encoder.build(pixels, facts), facts)
    assert np.allclose(core.get_layer("conv_stem").kernel, efficientnet_lite0(size=64).get_layer("conv_stem").kernel)


def test_all_are_listed() -> None:
    assert {"compact", "retinanet", "dfine"} <= set(list_encoders("detection"))


def test_what_is_no_encoder_is_refused() -> None:
    with pytest.raises(ParameterError, match="Did you mean 'compact'"):
        choose_detection_encoder("compac", "auto")
    with pytest.raises(ParameterError, match="is for the encoders"):
        choose_detection_encoder("compact", "imagenet")
    with pytest.raises(ArgumentTypeError, match="callable from pixels"):
        choose_detection_encoder(7, "auto")


def test_a_model_that_shrinks_too_little_is_refused() -> None:
    pixels = keras.Input((64, 64, 3))
    flat = keras.Model(pixels, keras.layers.Conv2D(4, 3, 4, padding="same")(pixels), name="flat")
    encoder, _ = choose_detection_encoder(flat, "auto")
    with pytest.raises(ParameterError, match="has no maps of 8, 4, 2 pixels"):
        encoder.build(keras.Input((64, 64, 3)), DetectorFacts(64, 3, 1))
