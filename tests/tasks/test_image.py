"""The image classifier from raw pictures to a proved export."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import sora_keras as sora
from sora_keras.errors import ArgumentTypeError, DataError, ParameterError
from tests.pictures import class_folder, encoded, shapes, small


@pytest.fixture(scope="module")
def fitted() -> sora.ImageClassifier:
    return sora.ImageClassifier(epochs=6, verbose=False).fit(*shapes(120))


@pytest.fixture(scope="module")
def test_data() -> tuple[np.ndarray, list[str]]:
    return shapes(60, seed=1)


def test_learns_and_scores(fitted, test_data) -> None:
    report = fitted.evaluate(*test_data)
    assert report["accuracy"] > 0.9
    assert report.rows == 60


def test_answers_one_or_several_of_any_kind(fitted, test_data, tmp_path: Path) -> None:
    one = test_data[0][4]
    (tmp_path / "one.png").write_bytes(encoded(one))
    kinds = (one, one / 255.0, Image.fromarray(one), encoded(one), str(tmp_path / "one.png"), tmp_path / "one.png")
    answers = [fitted(kind).probabilities for kind in kinds]
    values = np.array([list(answer.values()) for answer in answers])
    assert np.allclose(values, values[0], atol=1e-5)
    assert [p.label for p in fitted(list(test_data[0][:3]))] == [p.label for p in fitted(test_data[0][:3])]
    with pytest.raises(ArgumentTypeError, match="A picture is"):
        fitted(7)


def test_answers_a_list_of_paths_and_a_folder(fitted, tmp_path: Path) -> None:
    folder = class_folder(tmp_path / "photos", 6)
    paths = sorted(folder.rglob("*.png"))
    expected = np.array([list(fitted(str(path)).probabilities.values()) for path in paths])
    for several in (paths, [str(path) for path in paths], tuple(paths), folder, str(folder)):
        answers = np.array([list(answer.probabilities.values()) for answer in fitted(several)])
        assert np.allclose(answers, expected, atol=1e-5)
        assert np.allclose(fitted.predict_proba(several), expected, atol=1e-5)
    assert [prediction.item.path for prediction in fitted(folder)] == [str(path) for path in paths]
    assert [prediction.item.path for prediction in fitted.stream(folder)] == [str(path) for path in paths]
    (tmp_path / "bare").mkdir()
    with pytest.raises(DataError, match="holds no pictures"):
        fitted(tmp_path / "bare")


@pytest.mark.parametrize("address", ["https://example.org/cat.jpg", "gs://bucket/cat.jpg", "file:///cat.jpg"])
def test_an_address_is_refused(fitted, address: str) -> None:
    for verb in (fitted, fitted.predict, fitted.explain, lambda item: fitted([item])):
        with pytest.raises(DataError, match=f"{address} is an address.*give its path or its bytes"):
            verb(address)


def test_many_are_answered_in_batches_as_one_is(fitted, test_data) -> None:
    many = fitted(np.tile(test_data[0][:30], (10, 1, 1, 1)))
    assert len(many) == 300
    assert [one.label for one in many[:30]] == [one.label for one in many[270:]]
    assert many[7].confidence == pytest.approx(fitted(test_data[0][7]).confidence, abs=1e-5)


def test_answers_and_reports_show_pictures(fitted, test_data, tmp_path: Path) -> None:
    assert 'src="data:image/png;base64,' in fitted(test_data[0][0])._repr_html_()
    assert fitted(test_data[0][:3])._repr_html_().count("<img") == 3
    pixels, labels = test_data
    report = fitted.evaluate(pixels, [*labels[1:], labels[0]])
    assert report.gallery is not None
    assert len(report.gallery.mistakes) == len(report.mistakes) == 15
    page = report.to_html(tmp_path / "report.html")
    assert page.count("<img") == 15 + sum(len(grid) for grid in report.gallery.classes)
    assert len(page) < 500_000


def test_a_folder_trains_and_tests(tmp_path: Path) -> None:
    for part, count in (("train", 60), ("val", 20), ("test", 20)):
        class_folder(tmp_path / part, count)
    recipe = sora.ImageClassifier(encoder=small, epochs=1, verbose=False).fit(tmp_path)
    assert recipe.fitted.rows == (60, 20)
    assert recipe.evaluate(tmp_path).rows == 20
    assert len(recipe.predict(str(tmp_path / "test"))) == 20


def test_broken_pictures_are_left_out_of_training(tmp_path: Path) -> None:
    class_folder(tmp_path, 60)
    (tmp_path / "across" / "broken.jpg").write_text("nothing")
    recipe = sora.ImageClassifier(encoder=small, epochs=1, verbose=False).fit(tmp_path)
    assert sum(recipe.fitted.rows) == 60
    assert any("broken.jpg" in finding.message for finding in recipe.findings_)


def test_size_and_fit_are_as_asked() -> None:
    recipe = sora.ImageClassifier(size=(12, 20), fit_to="pad", verbose=False)
    assert recipe.build(*shapes(20)).input_shape == (None, 12, 20, 3)
    for wrong in ({"size": 0}, {"size": (1, 2, 3)}, {"size": "large"}, {"fit_to": "squeeze"}):
        with pytest.raises(sora.SoraError, match=next(iter(wrong))):
            sora.ImageClassifier(verbose=False, **wrong).build(*shapes(20))


@pytest.mark.parametrize(
    "encoder",
    [
        keras.layers.Conv2D(4, 3),
        keras.Sequential([keras.layers.Conv2D(4, 3), keras.layers.Flatten()]),
        lambda pixels: keras.layers.Conv2D(4, 3)(pixels / 255),
    ],
    ids=["layer", "model", "callable"],
)
def test_the_users_own_encoder(encoder) -> None:
    recipe = sora.ImageClassifier(encoder=encoder, epochs=1, verbose=False).extend(keras.layers.Dense(5, "relu"))
    assert len(recipe.fit(*shapes(40)).predict(shapes(40)[0])) == 40


def test_an_encoder_of_the_wrong_shape_says_so() -> None:
    with pytest.raises(ParameterError, match="must give"):
        sora.ImageClassifier(encoder=keras.layers.Reshape((16, 48)), verbose=False).fit(*shapes(40))


def test_explains_by_both_methods(fitted, test_data) -> None:
    cam = fitted.explain(test_data[0][0])
    assert cam.method == "grad_cam"
    assert cam.scores.shape == (16, 16)
    both = fitted.explain(test_data[0][0], method="integrated_gradients", target="across")
    assert both.label == "across"


@pytest.mark.parametrize("format", ["saved_model", "litert", "onnx"])
def test_exports_are_proved(fitted, tmp_path: Path, format: str) -> None:
    made = fitted.export(tmp_path / "m", format=format)
    assert (made / "README.md").is_file()


def test_a_saved_model_answers_encoded_bytes(fitted, test_data, tmp_path: Path) -> None:
    made = fitted.export(tmp_path / "m")
    exported = tf.saved_model.load(str(made / "1"))
    answers = exported.signatures["serving_default"](image=tf.constant([encoded(one) for one in test_data[0]]))
    assert np.allclose(answers["probabilities"].numpy(), fitted.predict_proba(test_data[0]), atol=1e-5)


def test_the_same_picture_in_both_splits_is_reported(tmp_path: Path) -> None:
    pixels, labels = shapes(40)
    recipe = sora.ImageClassifier(encoder=small, epochs=1, verbose=False)
    recipe.fit(pixels, labels, validation=(pixels[:4], labels[:4]))
    assert any(finding.kind == "leak" for finding in recipe.findings_)


def test_a_picture_that_cannot_be_decoded_is_named(fitted, tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("nothing")
    with pytest.raises(DataError, match=r"text\.jpg"):
        fitted(str(tmp_path / "text.jpg"))
    with pytest.raises(DataError, match="one"):
        fitted.fit(shapes(20)[0], ["one"] * 20)


def test_training_on_all_examples_mirrors_as_validation_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    from sora_keras.training import Augmentation

    allowed, allow = [], Augmentation.allow
    monkeypatch.setattr(Augmentation, "allow", lambda self, ways: (allowed.append(list(ways)), allow(self, ways)))
    record = sora.ImageClassifier(epochs=6, refit=True, verbose=False).fit(*shapes(120)).training_
    assert record.refitted
    assert allowed == [record.mirrored, record.mirrored]  # what the first training asked for, and the second was told
