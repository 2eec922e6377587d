"""The picture encoders: from scratch, of keras.applications, and with weights from elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import sora_keras as sora
from sora_keras.encoders import resolve_encoder
from sora_keras.encoders.applications import (
    application_encoder,
    application_names,
    as_it_was_trained,
    cached_weights,
)
from sora_keras.encoders.choosing import choose_picture_encoder
from sora_keras.encoders.pictures import PictureFacts, work_of
from sora_keras.errors import DataError, NotFoundError, ParameterError
from tests.pictures import shapes

SMALL = "mobilenetv3small"


def encoded(name: str, shape: tuple[int, int, int], **given: Any) -> keras.Model:
    pixels = keras.Input(shape)
    facts = PictureFacts(*shape, outputs=2, rows=100, **given)
    return keras.Model(pixels, resolve_encoder(name, "image").build(pixels, facts))


@pytest.mark.parametrize("name", ["cnn", "resnet", "vit"])
@pytest.mark.parametrize("shape", [(1, 1, 1), (8, 8, 1), (3, 40, 3), (33, 28, 3)], ids=str)
def test_encoders_from_scratch_take_any_size(name: str, shape: tuple[int, int, int]) -> None:
    model = encoded(name, shape)
    vectors = model(np.zeros((2, *shape), np.float32))
    assert len(vectors.shape) == 2
    assert model.get_layer("encoder").output.shape == model.output.shape
    again = keras.Model.from_config(model.get_config())
    assert [w.shape for w in again.weights] == [w.shape for w in model.weights]


def test_cnn_has_as_many_blocks_as_there_is_time_for() -> None:
    sizes = [encoded("cnn", (28, 28, 1), work=work).count_params() for work in (1e5, 22e6, 37e6, 1e12)]
    assert sizes == sorted(set(sizes))
    model = encoded("cnn", (28, 28, 1), work=22e6)
    assert work_of(model.input, model.output) < 22e6
    assert [layer.output.shape[1:] for layer in model.layers if isinstance(layer, keras.layers.Add)] == [(14, 14, 64)]
    model = encoded("cnn", (128, 128, 3))
    assert [layer.output.shape[1:] for layer in model.layers if isinstance(layer, keras.layers.Add)] == [(8, 8, 128)]


@pytest.mark.parametrize("name", ["mobilenetv2", "resnet50", "densenet121", "convnexttiny"])
def test_pixels_become_what_the_network_was_trained_with(name: str) -> None:
    make = application_names()[name]
    pixels = keras.Input((4, 4, 3))
    model = keras.Model(pixels, keras.layers.Identity()(as_it_was_trained(make, pixels)))
    picture = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3)).astype(np.float32)
    expected = np.asarray(sys.modules[make.__module__].preprocess_input(picture.copy()))
    for one in (model, keras.Model.from_config(model.get_config())):
        assert np.allclose(one(picture), expected, atol=1e-5)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of the small network, as a file that Keras might have downloaded."""
    folder = tmp_path_factory.mktemp("keras") / "models"
    folder.mkdir()
    keras.utils.set_random_seed(5)
    own = application_names()[SMALL](include_top=False, weights=None, input_shape=(32, 32, 3))
    path = folder / "weights_mobilenet_v3_small_224_1.0_float_no_top_v2.weights.h5"
    own.save_weights(path)
    return path


def read_pixels(model: keras.Model) -> Any:
    """What the network inside is given: what the layer before the last two gives."""
    return model.layers[-3].output


def test_an_application_begins_with_the_weights_of_a_file(weights: Path) -> None:
    encoder, _ = choose_picture_encoder(SMALL, weights, None)
    assert (encoder.pretrained, encoder.size) == (True, 224)
    pixels = keras.Input((32, 32, 1))
    model = keras.Model(pixels, encoder.build(pixels, None))
    own = application_names()[SMALL](include_top=False, weights=None, input_shape=(32, 32, 3))
    own.load_weights(weights)
    read = model.get_layer(own.name)
    assert all(np.array_equal(*pair) for pair in zip(read.get_weights(), own.get_weights(), strict=True))
    # The first convolution: what comes after many layers of weights at random is next to nothing, whatever they are.
    seen, alone = (keras.Model(one.input, one.get_layer("conv").output) for one in (read, own))
    picture = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 1)).astype(np.float32)
    grey = keras.Model(pixels, seen(read_pixels(model)))
    expected = np.asarray(alone(np.repeat(picture, 3, axis=-1)))
    assert np.abs(expected).max() > 0.1
    assert np.allclose(grey(picture), expected, rtol=1e-4, atol=1e-5)


def test_auto_weights_are_those_on_this_machine(weights: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(weights.parent.parent))
    assert cached_weights(SMALL) == weights
    assert cached_weights("mobilenet") is None
    encoder, said = choose_picture_encoder(SMALL, "auto", None)
    assert encoder.pretrained
    assert str(weights) in said
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    encoder, said = choose_picture_encoder("MobileNetV3Small", "auto", None)
    assert not encoder.pretrained
    assert "from scratch" in said


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("mobilenet_1_0_224_tf_no_top.h5", "mobilenet"),
        ("mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5", "mobilenetv2"),
        ("weights_mobilenet_v3_large_224_1.0_float_no_top_v2.h5", "mobilenetv3large"),
        ("resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5", "resnet50"),
        ("resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5", "resnet50v2"),
        ("inception_resnet_v2_weights_tf_dim_ordering_tf_kernels_notop.h5", "inceptionresnetv2"),
        ("nasnet_mobile_no_top.h5", "nasnetmobile"),
        ("efficientnetb0_notop.h5", "efficientnetb0"),
        ("efficientnetv2-b0_notop.h5", "efficientnetv2b0"),
        ("convnext_tiny_notop.h5", "convnexttiny"),
        ("densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5", "densenet121"),
        ("mobilenet_2_5_224_tf_no_top.h5", None),
        ("weights_mobilenet_v3_small_minimalistic_224_1.0_float_no_top_v2.h5", None),
        ("resnet50_weights_tf_dim_ordering_tf_kernels.h5", None),
    ],
)
def test_a_file_in_the_cache_is_of_one_network_alone(file: str, name: str | None, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / file).touch()
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert [one for one in application_names() if cached_weights(one)] == ([name] if name else [])


def test_cached_weights_of_an_efficientnet_see_the_colours_as_keras_shows_them(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "models").mkdir()
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    own = application_names()["efficientnetb0"](include_top=False, weights=None, input_shape=(32, 32, 3))
    own.save_weights(tmp_path / "models" / "efficientnetb0_notop.weights.h5")
    pixels = keras.Input((32, 32, 3))
    model = keras.Model(pixels, application_encoder("efficientnetb0", "auto")[0].build(pixels, None))
    # Of `weights="imagenet"` alone Keras divides by the roots of the deviations, after its normalisation.
    read = model.get_layer("efficientnetb0")
    found = keras.Model(read.input, read.get_layer("stem_conv").output)
    normal, convolved = own.layers[2], keras.Model(own.layers[3].input, own.get_layer("stem_conv").output)
    picture = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3)).astype(np.float32)
    expected = convolved(np.asarray(normal(picture / 255)) / np.sqrt([0.229, 0.224, 0.225]))
    assert np.allclose(found(picture), expected, rtol=1e-3, atol=1e-3)
    assert not np.allclose(convolved(normal(picture / 255)), expected, rtol=1e-3, atol=1e-3)


def test_a_download_that_fails_says_what_to_do(tmp_path: Path) -> None:
    code = (
        "import keras\nfrom sora_keras.encoders.applications import application_encoder\n"
        "application_encoder('mobilenetv3small', 'imagenet')[0].build(keras.Input((32, 32, 3)), None)"
    )
    nowhere = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True,
        env={**os.environ, **nowhere, "KERAS_HOME": str(tmp_path)},
    )  # fmt: skip
    assert "NotFoundError: The ImageNet weights of encoder='mobilenetv3small' could not be downloaded" in done.stderr


@pytest.fixture(scope="module")
def tuned(weights: Path) -> sora.ImageClassifier:
    recipe = sora.ImageClassifier(encoder=SMALL, weights=weights, size=32, epochs=1, verbose=False)
    return recipe.fit(*shapes(40))


def test_an_application_is_trained_in_two_steps_and_explained(tuned: sora.ImageClassifier) -> None:
    assert tuned.fitted.encoder == SMALL
    assert tuned.training_.head_epochs > 0
    assert tuned.explain(shapes(1)[0][0], method="integrated_gradients").scores.shape == (32, 32)


def test_an_application_is_saved_with_the_path_of_its_weights(
    tuned: sora.ImageClassifier, weights: Path, tmp_path: Path
) -> None:
    loaded = sora.load(tuned.save(tmp_path / "m"))
    pictures = shapes(8, seed=1)[0]
    assert np.allclose(loaded.predict_proba(pictures), tuned.predict_proba(pictures), atol=1e-5)
    assert all(
        np.array_equal(*pair) for pair in zip(loaded.model.get_weights(), tuned.model.get_weights(), strict=True)
    )
    assert loaded.weights == str(weights)


@pytest.mark.no_cover
def test_a_vit_is_explained_by_integrated_gradients() -> None:
    pictures, labels = shapes(20)
    recipe = sora.ImageClassifier(encoder="vit", epochs=1, verbose=False).fit(pictures, labels)
    assert recipe.explain(pictures[0]).method == "integrated_gradients"
    with pytest.raises(ParameterError, match="needs a layer that gives a map"):
        recipe.explain(pictures[0], method="grad_cam")


def test_faults_are_named(weights: Path, tmp_path: Path) -> None:
    pictures, labels = shapes(40)

    def fit(**given: Any) -> None:
        sora.ImageClassifier(epochs=1, verbose=False, **given).fit(pictures, labels)

    with pytest.raises(ParameterError, match=r"no encoder 'mobilnetv2'. Did you mean 'mobilenetv2'"):
        fit(encoder="mobilnetv2")
    with pytest.raises(NotFoundError, match="there is no such file"):
        fit(encoder=SMALL, weights=tmp_path / "none.h5")
    with pytest.raises(DataError, match="do not fit encoder='mobilenetv2'"):
        fit(encoder="mobilenetv2", weights=weights, size=32)
    with pytest.raises(ParameterError, match="Give a larger size="):
        fit(encoder="vgg16", weights=None, size=16)
    with pytest.raises(ParameterError, match="weights='imagenet' is for"):
        fit(encoder="cnn", weights="imagenet")
    with pytest.raises(ParameterError, match="needs an encoder by name"):
        fit(weights=None)
    with pytest.raises(ParameterError, match="must be 'auto', 'imagenet' or None"):
        fit(encoder="efficientnet_lite0", weights=3)


def test_auto_says_what_it_picked_and_why() -> None:
    encoder, said = choose_picture_encoder("auto", "auto", 28)
    assert encoder.name == "cnn"
    assert "about 28 pixels" in said
    encoder, said = choose_picture_encoder("auto", "auto", 200)
    assert encoder.name in said
