"""Which parts of a picture spoke for its class."""

from __future__ import annotations

import io
import json

import keras
import numpy as np
import pytest
from PIL import Image

from sora_keras.errors import ParameterError, SaveError
from sora_keras.explanation import explain_picture


@pytest.fixture(scope="module")
def core() -> keras.Model:
    """Answers how bright the upper left quarter is."""
    pixels = keras.Input((8, 8, 3))
    hidden = keras.layers.Conv2D(1, 1, activation="relu", kernel_initializer="ones")(pixels)
    weights = np.zeros((8, 8, 1), np.float32)
    weights[:4, :4] = 0.01
    flat = keras.layers.Flatten()(hidden)
    dense = keras.layers.Dense(1)
    model = keras.Model(pixels, dense(flat))
    dense.kernel.assign(weights.reshape(-1, 1))
    return model


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)


def explain(core: keras.Model, pixels: np.ndarray, method: str = "auto"):
    return explain_picture(pixels, core=core, value=lambda logits: logits[:, 0], label="bright", method=method)


def test_integrated_gradients_sum_to_the_change_and_find_the_place(core, pixels) -> None:
    found = explain(core, pixels, "integrated_gradients")
    assert found.scores.sum() == pytest.approx(found.output - found.baseline, rel=1e-4)
    assert np.abs(found.scores[4:]).max() == 0
    assert found.scores[:4, :4].min() >= 0


def test_grad_cam_is_taken_where_there_is_a_map(core, pixels) -> None:
    found = explain(core, pixels)
    assert found.method == "grad_cam"
    assert found.scores.shape == (8, 8)
    assert found.scores.min() >= 0
    assert found.scores.max() == 1
    assert found.output > found.baseline == pytest.approx(0)


def test_a_core_without_a_map_says_why(pixels) -> None:
    flat = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(1)])
    assert explain(flat, pixels).method == "integrated_gradients"
    with pytest.raises(ParameterError, match="needs a layer that gives a map"):
        explain(flat, pixels, "grad_cam")
    with pytest.raises(ParameterError, match="Did you mean 'grad_cam'"):
        explain(flat, pixels, "gradcam")


def test_it_shows_as_a_picture_and_as_a_page_without_the_network(core, pixels) -> None:
    found = explain(core, pixels)
    with Image.open(io.BytesIO(found.to_png())) as image:
        assert image.size == (640, 320)
    page = found.to_html()
    assert page.startswith("<!doctype html>")
    assert "data:image/png;base64," in page
    assert "http" not in page
    assert str(found).startswith("bright: most around")
    assert found.to_dict()["method"] == "grad_cam"


def test_it_is_saved_as_its_path_ends(core, pixels, tmp_path) -> None:
    found = explain(core, pixels)
    assert found.save(tmp_path / "why.png").read_bytes() == found.to_png()
    assert found.save(tmp_path / "why.html").read_text("utf-8") == found.to_html()
    assert json.loads(found.save(tmp_path / "why.json").read_text("utf-8")) == found.to_dict()
    with pytest.raises(ParameterError, match=r"must end in \.png or \.html or \.json. Received: .*why\.gif"):
        found.save(tmp_path / "why.gif")
    with pytest.raises(SaveError, match=r"why\.png exists"):
        found.save(tmp_path / "why.png")


def test_the_map_of_a_model_within_is_found(pixels) -> None:
    within = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3)])
    given = keras.Input((8, 8, 3))
    hidden = keras.layers.GlobalAveragePooling2D()(within(keras.layers.Rescaling(1 / 255)(given)))
    model = keras.Model(given, keras.layers.Dense(1, kernel_initializer="ones")(hidden))
    assert explain(model, pixels).method == "grad_cam"


def test_neither_the_picture_itself_nor_a_map_before_attention_is_a_map_of_features(pixels) -> None:
    given = keras.Input((8, 8, 3))
    scaled = keras.layers.Rescaling(1 / 255)(given)
    patches = keras.layers.Reshape((16, 4))(keras.layers.Conv2D(4, 2, strides=2)(scaled))
    attended = keras.layers.MultiHeadAttention(1, 4)(patches, patches)
    for hidden in (keras.layers.Flatten()(scaled), keras.layers.Flatten()(attended)):
        model = keras.Model(given, keras.layers.Dense(1)(hidden))
        assert explain(model, pixels).method == "integrated_gradients"
