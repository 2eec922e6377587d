"""EfficientNet-Lite0 with its ImageNet weights, where their package is installed."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from sklearn.datasets import load_sample_image

from sora_keras.encoders import efficientnet_lite
from sora_keras.encoders.choosing import choose_picture_encoder
from sora_keras.errors import DataError, MissingExtraError
from tests.encoders.test_torch_weights import write

have_weights = pytest.mark.skipif(efficientnet_lite.weights_file() is None, reason="needs the extra imagenet-lite")
MONASTERY, STUPA = 663, 832


def test_without_the_package_the_extra_is_named(monkeypatch) -> None:
    monkeypatch.setattr(efficientnet_lite, "weights_file", lambda: None)
    with pytest.raises(MissingExtraError, match=r"sora-keras\[imagenet-lite\]"):
        efficientnet_lite.efficientnet_lite0(size=32)
    encoder, said = choose_picture_encoder("auto", "auto", 200)
    assert encoder.name == "cnn"
    assert "imagenet-lite" in said


def test_another_networks_weights_are_refused(tmp_path, monkeypatch) -> None:
    path = write(tmp_path / "other.pth", {}, {})
    monkeypatch.setattr(efficientnet_lite, "weights_file", lambda: path)
    with pytest.raises(DataError, match="are not those of efficientnet_lite0"):
        efficientnet_lite.efficientnet_lite0(size=32)


def test_weights_none_begins_at_random() -> None:
    encoder, _ = choose_picture_encoder("efficientnet_lite0", None, None)
    assert not encoder.pretrained
    pixels = keras.Input((32, 32, 1))
    assert encoder.build(pixels, None).shape == (None, 1280)


@have_weights
def test_names_what_is_on_real_photos() -> None:
    model = efficientnet_lite.efficientnet_lite0(classes=True)
    photos = np.stack(
        [keras.ops.image.resize(load_sample_image(name), (224, 224)) for name in ("china.jpg", "flower.jpg")]
    )
    answers = np.asarray(model(photos.astype(np.float32)))
    assert answers.sum(axis=1) == pytest.approx(1, abs=1e-4)
    best = answers.argsort(axis=1)[:, ::-1][:, :5].tolist()
    assert {STUPA, MONASTERY} <= set(best[0])


@have_weights
def test_auto_takes_it_for_large_pictures() -> None:
    encoder, said = choose_picture_encoder("auto", "auto", 96)
    assert encoder.name == "efficientnet_lite0"
    assert "96 pixels" in said
