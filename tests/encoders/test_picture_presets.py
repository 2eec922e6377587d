"""Picture presets of KerasHub, from folders made here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import sora_keras as sora
from sora_keras.encoders import resolve_encoder
from sora_keras.encoders.picture_presets import encode_picture
from sora_keras.errors import NotFoundError, ParameterError
from tests.pictures import shapes

keras_hub = pytest.importorskip("keras_hub")
SCALE, OFFSET = [1 / 50, 1 / 60, 1 / 70], [-2.0, -2.1, -2.2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ResNet of one block."""
    folder = tmp_path_factory.mktemp("preset") / "resnet"
    keras.utils.set_random_seed(0)
    keras_hub.models.ResNetBackbone(
        input_conv_filters=[64], input_conv_kernel_sizes=[3], stackwise_num_filters=[64], stackwise_num_blocks=[1],
        stackwise_num_strides=[1], block_type="basic_block", image_shape=(None, None, 3),
    ).save_to_preset(folder)  # fmt: skip
    keras_hub.layers.ResNetImageConverter(image_size=(16, 16), scale=SCALE, offset=OFFSET).save_to_preset(folder)
    return folder


@pytest.fixture(scope="module")
def attentive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Vision Transformer of one layer."""
    folder = tmp_path_factory.mktemp("preset") / "vit"
    keras_hub.models.ViTBackbone(
        image_shape=(16, 16, 3), patch_size=4, num_layers=1, num_heads=2, hidden_dim=8, mlp_dim=8
    ).save_to_preset(folder)
    keras_hub.layers.ViTImageConverter(image_size=(16, 16), scale=1 / 127.5, offset=-1.0).save_to_preset(folder)
    return folder


@pytest.fixture(scope="module")
def tuned(folder: Path) -> sora.ImageClassifier:
    return sora.ImageClassifier(encoder=f"preset:{folder}", epochs=1, verbose=False).fit(*shapes(60))


@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_are_scaled_as_the_converter_does(folder: Path, channels: int) -> None:
    encoder = resolve_encoder(f"preset:{folder}", "image")
    assert (encoder.pretrained, encoder.size) == (True, 16)
    pixels = keras.Input((16, 16, channels))
    model = keras.Model(pixels, encoder.build(pixels, None))
    pictures = np.random.default_rng(0).integers(0, 256, (2, 16, 16, channels)).astype(np.float32)
    scaled = np.repeat(pictures, 3 // channels, axis=-1) * np.float32(SCALE) + np.float32(OFFSET)
    expected = np.asarray(keras_hub.models.Backbone.from_preset(str(folder))(scaled)).mean(axis=(1, 2))
    assert model.layers[-1].name == "encoder"
    assert expected.std() > 0.01
    assert np.allclose(model(pictures), expected, rtol=1e-3, atol=1e-4)


def test_learns_in_two_steps_and_explains_by_its_map(tuned: sora.ImageClassifier) -> None:
    assert tuned.fitted.preprocessing.size == (16, 16)
    assert tuned.training_.head_epochs > 0
    assert tuned.score(*shapes(40, seed=1)) > 0.9
    assert tuned.explain(shapes(1)[0][0]).method == "grad_cam"


def test_another_process_answers_alike_without_the_preset_folder(tuned: sora.ImageClassifier, tmp_path: Path) -> None:
    saved, pictures = tuned.save(tmp_path / "m"), shapes(4, seed=2)[0]
    np.save(tmp_path / "pictures.npy", pictures)
    code = (
        "import sys, numpy as np, sora_keras as sora\nfolder = sys.argv[1]\n"
        "answers = sora.load(folder + '/m').predict_proba(np.load(folder + '/pictures.npy'))\n"
        "np.save(folder + '/answers.npy', answers)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True)
    assert saved.is_dir()
    assert np.allclose(np.load(tmp_path / "answers.npy"), tuned.predict_proba(pictures), atol=1e-5)


def test_attention_is_explained_by_integrated_gradients(attentive: Path) -> None:
    pictures, labels = shapes(20)
    recipe = sora.ImageClassifier(encoder=f"preset:{attentive}", epochs=1, verbose=False).fit(pictures, labels)
    assert recipe.explain(pictures[0]).method == "integrated_gradients"


def test_faults_are_named(folder: Path, attentive: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no preset folder"):
        sora.ImageClassifier(encoder=f"preset:{tmp_path / 'nothing'}", verbose=False).fit(*shapes(20))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ParameterError, match="the preset cannot be loaded"):
        resolve_encoder(f"preset:{tmp_path}", "image")
    with pytest.raises(ParameterError, match="weights='imagenet' is for"):
        sora.ImageClassifier(encoder=f"preset:{folder}", weights="imagenet", verbose=False).fit(*shapes(20))
    with pytest.raises(ParameterError, match="does not take pictures of shape"):
        sora.ImageClassifier(encoder=f"preset:{attentive}", size=24, verbose=False).fit(*shapes(20))
    vector = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten()])
    converter = keras_hub.layers.ImageConverter(image_size=(8, 8))
    with pytest.raises(ParameterError, match="no picture encoder"):
        encode_picture("mine", keras.Input((8, 8, 3)), vector, converter)
