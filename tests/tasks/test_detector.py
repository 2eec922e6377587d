"""From annotated pictures to boxes, scores and a SavedModel."""

from __future__ import annotations

import json
import subprocess
import sys

import keras
import numpy as np
import pytest

import sora_keras as sora
from sora_keras.data import Boxes, to_picture
from sora_keras.data.boxes import make_boxes
from sora_keras.errors import ArgumentTypeError, DataError, NotFittedError, ParameterError
from sora_keras.evaluation import score_boxes
from sora_keras.tasks.detector import ObjectDetector
from sora_keras.tasks.detector_answers import found_in
from tests.boxes import CLASSES, HEIGHT, TINY, WIDTH, scenes, write_coco, write_table, write_voc, write_yolo
from tests.pictures import encoded

QUICK = {"encoder": TINY, "size": 64, "augment": None, "verbose": False}


def annotated(boxes: list[Boxes]) -> list[dict[str, object]]:
    return [{"boxes": one.corners, "labels": one.labels} for one in boxes]


@pytest.fixture(scope="module")
def fitted() -> ObjectDetector:
    pictures, boxes = scenes(160, seed=1)
    return ObjectDetector(epochs=14, batch_size=8, size=64, encoder=TINY, verbose=False).fit(pictures, annotated(boxes))


@pytest.fixture(scope="module")
def unseen() -> tuple[list[np.ndarray], list[Boxes]]:
    return scenes(40, seed=2)


def test_it_finds_what_is_there(fitted, unseen) -> None:
    report = fitted.evaluate(unseen[0], annotated(unseen[1]))
    assert report["ap50"] > 0.8
    assert fitted.score(unseen[0], annotated(unseen[1])) == pytest.approx(report["map"])


def test_its_scores_are_those_of_the_evaluator(fitted, unseen) -> None:
    pictures, boxes = unseen
    examples = fitted.read(pictures, annotated(boxes), schema=fitted.fitted.schema)
    answers, _, _ = fitted.answer_readable(examples)
    scored = score_boxes(list(examples.column("boxes")), found_in(answers, CLASSES), CLASSES).scores
    report = fitted.evaluate(pictures, annotated(boxes))
    assert {name: report[name] for name in ("map", "ap50", "ap75")} == {
        name: scored[name] for name in ("map", "ap50", "ap75")
    }


def test_a_picture_is_answered_with_boxes_inside_of_it_the_surest_first(fitted, unseen) -> None:
    found = fitted(unseen[0][1], threshold=0.05)
    assert found.size == (HEIGHT, WIDTH)
    assert len(found) >= 1
    assert (found.corners >= 0).all()
    assert (found.corners <= np.array([WIDTH, HEIGHT] * 2)).all()
    assert found.scores == sorted(found.scores, reverse=True)
    assert set(found.labels) <= set(CLASSES)


def test_threshold_and_overlap_are_obeyed_at_call_time(fitted, unseen) -> None:
    low, high = (fitted(unseen[0][0], threshold=value) for value in (0.01, 0.5))
    assert len(high) <= len(low)
    assert all(score >= 0.5 for score in high.scores)
    assert [one for one in low if one.score >= 0.5] == list(high)
    assert len(fitted(unseen[0][0], threshold=0.01, overlap=1.0)) > len(low)


def test_one_picture_is_answered_as_among_many(fitted, unseen) -> None:
    many = fitted.predict(unseen[0])
    assert len(many) == len(unseen[0])
    assert many == fitted(unseen[0])
    for place in (0, 5):
        assert np.allclose(fitted(unseen[0][place]).corners, many[place].corners, atol=1e-3)


def test_a_path_bytes_and_pixels_are_answered_alike(fitted, unseen, tmp_path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(unseen[0][0]))
    given = [str(tmp_path / "a.png"), tmp_path / "a.png", encoded(unseen[0][0]), unseen[0][0]]
    first, *others = (fitted(one) for one in given)
    assert all(np.array_equal(first.corners, one.corners) for one in others)


def test_a_large_picture_is_answered_in_tiles(fitted, unseen) -> None:
    pictures, boxes = unseen
    large = np.zeros((3 * HEIGHT, 3 * WIDTH, 3), np.uint8)
    for place in range(9):
        top, left = HEIGHT * (place // 3), WIDTH * (place % 3)
        large[top : top + HEIGHT, left : left + WIDTH] = pictures[place]
    wanted = sum(one.count for one in boxes[:9])
    tiled = fitted(large, tile=WIDTH)
    assert tiled.size == (3 * HEIGHT, 3 * WIDTH)
    assert abs(len(tiled) - wanted) <= 4
    assert len(tiled) > len(fitted(large))
    assert tiled.scores == sorted(tiled.scores, reverse=True)


@pytest.mark.parametrize("form", ["coco", "voc", "yolo", "table", "frame", "arrays"])
def test_every_form_of_annotations_is_learned_alike(form, tmp_path) -> None:
    pictures, boxes = scenes(6)
    write = {"coco": write_coco, "voc": write_voc, "yolo": write_yolo, "table": write_table}
    given: tuple[object, ...] = (pictures, annotated(boxes))
    if form in write:
        given = (str(write[form](tmp_path, pictures, boxes)),)
    if form == "frame":
        pandas = pytest.importorskip("pandas")
        table = pandas.read_csv(write_table(tmp_path, pictures, boxes))
        given = (table.assign(path=[str(tmp_path / name) for name in table["path"]]),)
    schema = ObjectDetector(**QUICK).learn(ObjectDetector(**QUICK).read(*given))
    assert schema.labels.classes == CLASSES
    assert schema.rows == 6


def test_a_part_for_validation_is_found_beside_that_for_training(tmp_path) -> None:
    pictures, boxes = scenes(12)
    for part, rows in (("train", slice(0, 8)), ("valid", slice(8, 12))):
        write_coco(tmp_path / part, pictures[rows], boxes[rows])
    fitted = ObjectDetector(epochs=1, **QUICK).fit(tmp_path)
    assert fitted.fitted.rows == (8, 4)


def test_training_in_tiles_sees_every_box(tmp_path) -> None:
    pictures, boxes = scenes(4)
    tiles, of = ObjectDetector(tile=32, **QUICK).to_train_on(ObjectDetector(**QUICK).read(pictures, annotated(boxes)))
    assert of.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert sum(one.count for one in tiles.column("boxes")) >= sum(one.count for one in boxes)
    fitted = ObjectDetector(epochs=1, tile=32, **QUICK).fit(pictures, annotated(boxes))
    assert fitted(pictures[0], threshold=0).size == (HEIGHT, WIDTH)


def test_layers_are_added_to_every_map(unseen) -> None:
    recipe = ObjectDetector(epochs=1, **QUICK).extend(keras.layers.SpatialDropout2D(0.1))
    core = recipe.build(unseen[0][:8], annotated(unseen[1][:8]))
    assert sum(isinstance(layer, keras.layers.SpatialDropout2D) for layer in core.layers) == 3


def test_an_encoder_of_the_users_own_is_read_at_three_strides(unseen) -> None:
    def own(pixels):
        maps = []
        for _ in range(5):
            pixels = keras.layers.Conv2D(8, 3, 2, padding="same", activation="relu")(pixels)
            maps.append(pixels)
        return maps[2:]

    pixels = keras.Input((64, 64, 3))
    data = (unseen[0][:8], annotated(unseen[1][:8]))
    shape = ObjectDetector(**QUICK).build(*data).output_shape
    for given in (own, keras.Model(pixels, own(pixels)[-1])):
        assert ObjectDetector(**{**QUICK, "encoder": given}).build(*data).output_shape == shape
    with pytest.raises(ParameterError, match="three maps"):
        ObjectDetector(**{**QUICK, "encoder": lambda given: own(given)[:2]}).build(*data)


@pytest.mark.no_cover
def test_a_detector_of_kerashub_answers_by_the_same_decoding(unseen, tmp_path) -> None:
    pytest.importorskip("keras_hub")
    pictures, boxes = unseen
    recipe = ObjectDetector(**{**QUICK, "encoder": "retinanet"}, epochs=1)
    fitted = recipe.fit(pictures[:8], annotated(boxes[:8]), validation=(pictures[8:12], annotated(boxes[8:12])))
    assert fitted.model.output_shape[-1] == 4 + len(CLASSES)
    found = fitted(pictures[0], threshold=0)
    assert len(found) > 0
    fitted.save(tmp_path / "kept")
    assert sora.load(tmp_path / "kept")(pictures[0], threshold=0) == found
    with pytest.raises(ParameterError, match="whole detector"):
        ObjectDetector(**{**QUICK, "encoder": "retinanet"}, layers=(keras.layers.Dropout(0.1),)).build(
            pictures[:4], annotated(boxes[:4])
        )


def test_a_saved_recipe_answers_as_before(fitted, unseen, tmp_path) -> None:
    fitted.save(tmp_path / "kept")
    again = sora.load(tmp_path / "kept")
    assert again.predict(unseen[0][:4]) == fitted.predict(unseen[0][:4])


def test_an_explanation_points_at_the_box(fitted, unseen) -> None:
    picture = unseen[0][0]
    found = fitted(picture)[0]
    explained = fitted.explain(picture)
    assert explained.method == "odam"
    assert explained.label == found.label
    # The picture stands 13 pixels below the top of a square of 64, 1.6 times as large.
    box = np.array(found.corners) * 64 / WIDTH + np.array([0, 12.8, 0, 12.8])
    left, top, right, bottom = box + np.array([-12, -12, 12, 12])
    row, column = np.unravel_index(explained.scores.argmax(), explained.scores.shape)
    assert left <= column <= right
    assert top <= row <= bottom
    with pytest.raises(ParameterError, match="target must be"):
        fitted.explain(picture, target="cat")
    assert fitted.explain(picture, target=found.label, method="integrated_gradients").output == pytest.approx(
        explained.output, abs=1e-3
    )


def test_a_box_that_was_found_in_a_tile_is_explained_there(fitted, unseen) -> None:
    large = np.zeros((3 * HEIGHT, 3 * WIDTH, 3), np.uint8)
    large[2 * HEIGHT :, 2 * WIDTH :] = unseen[0][0]
    recipe = sora.ObjectDetector(tile=WIDTH)
    recipe._fitted = fitted.fitted
    [found, *_] = recipe(large)
    explained = recipe.explain(large)
    assert explained.label == found.label
    assert explained.pixels.shape[:2] == (64, 64)


# Exports.

ANSWER = """
import json, sys
import tensorflow as tf
loaded = tf.saved_model.load(sys.argv[1])
found = loaded.signatures["serving_default"](image=tf.constant([open(sys.argv[2], "rb").read()]))
count = int(found["count"][0])
print(json.dumps({"box": found["box"][0, :count].numpy().tolist(), "score": found["score"][0, :count].numpy().tolist(),
                  "label": [one.decode() for one in found["label"][0, :count].numpy()]}))
"""


def test_the_saved_model_finds_what_the_recipe_finds(fitted, unseen, tmp_path) -> None:
    fitted.export(tmp_path / "out")
    (tmp_path / "a.png").write_bytes(encoded(unseen[0][3]))
    command = [sys.executable, "-I", "-c", ANSWER, str(tmp_path / "out" / "1"), str(tmp_path / "a.png")]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
    found = fitted(unseen[0][3])
    assert answer["label"] == found.labels
    assert np.allclose(answer["box"], found.corners, atol=0.5)
    assert np.allclose(answer["score"], found.scores, atol=1e-3)
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "Finds things of 2 classes" in card
    assert "`count` (batch,)" in card


@pytest.mark.parametrize(("format", "file"), [("litert", "core.tflite"), ("onnx", "core.onnx")])
def test_the_core_is_exported_too(fitted, tmp_path, format, file) -> None:
    fitted.export(tmp_path / "out", format=format)
    assert (tmp_path / "out" / file).stat().st_size > 10_000
    assert "NMS is left" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def test_a_quantised_core_is_measured_by_its_average_precision(fitted, unseen, tmp_path) -> None:
    fitted.export(tmp_path / "out", format="litert", quantize="float16", data=(unseen[0], annotated(unseen[1])))
    facts = json.loads((tmp_path / "out" / "quantized.json").read_text(encoding="utf-8"))
    assert facts["figure"] == "AP50"
    assert facts["accuracy"] > 0.7
    assert facts["agreement"] > 0.95


# What is wrong with the data or with what is asked.


def test_questions_out_of_range_are_refused(fitted, unseen) -> None:
    for given in ({"threshold": 2}, {"overlap": -1}, {"tile": 5}):
        with pytest.raises(ParameterError, match=next(iter(given))):
            fitted(unseen[0][0], **given)
    with pytest.raises(NotFittedError):
        ObjectDetector()(unseen[0][0])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"size": 100}, "multiple of 32"),
        ({"size": (64, 96)}, "multiple of 32"),
        ({"encoder": "compat"}, "Did you mean 'compact'"),
        ({"weights": "imagenet"}, "is for the encoders"),
        ({"augment": "strong"}, "augment must be"),
        ({"flips": ("sideways",), "augment": "auto"}, "flips"),
        ({"tile": 8}, "tile"),
        ({"threshold": "high"}, "threshold"),
    ],
)
def test_parameters_out_of_range_are_refused(given, said) -> None:
    pictures, boxes = scenes(4)
    with pytest.raises((ParameterError, ArgumentTypeError), match=said):
        ObjectDetector(**{"epochs": 1, **QUICK, **given}).fit(pictures, annotated(boxes))


def test_a_class_that_is_not_known_cannot_be_scored(fitted, unseen) -> None:
    with pytest.raises(DataError, match="'cat'"):
        fitted.evaluate(unseen[0][:1], [{"boxes": [[0, 0, 5, 5]], "labels": ["cat"]}])


def test_a_class_that_only_validation_has_is_named(unseen) -> None:
    pictures, boxes = unseen[0][:4], annotated(unseen[1][:4])
    rare = [{"boxes": [[0, 0, 8, 8]], "labels": ["cat"]}] * 4
    with pytest.raises(DataError, match="'cat'"):
        ObjectDetector(epochs=1, **QUICK).fit(pictures, boxes, validation=(pictures, rare))


@pytest.mark.no_cover
def test_one_class_is_enough() -> None:
    pictures, boxes = scenes(8)
    one = [{"boxes": some.corners, "labels": ["thing"] * some.count} for some in boxes]
    fitted = ObjectDetector(epochs=1, **QUICK).fit(pictures, one)
    assert fitted.fitted.schema.labels.classes == ("thing",)
    assert set(fitted(pictures[0], threshold=0).labels) == {"thing"}


@pytest.mark.no_cover
def test_thousands_of_boxes_in_a_picture_are_said_and_learned_from(capsys) -> None:
    random = np.random.default_rng(0)
    corners = random.uniform(0, 60, (3000, 2))
    many = {"boxes": np.concatenate([corners, corners + 3], axis=1), "labels": ["dot"] * 3000}
    pictures = [random.integers(0, 255, (64, 64, 3), dtype=np.uint8) for _ in range(3)]
    few = {"boxes": [[1, 1, 9, 9]], "labels": ["dot"]}
    recipe = ObjectDetector(epochs=1, **{**QUICK, "verbose": True}).fit(pictures, [many, few, few])
    assert "more than 300 boxes" in capsys.readouterr().out
    assert len(recipe(pictures[0], threshold=0)) <= 300


def test_a_panorama_and_a_picture_smaller_than_a_stride_are_answered(fitted) -> None:
    assert fitted(np.zeros((600, 12_000, 3), np.uint8)).size == (600, 12_000)
    assert fitted(np.zeros((3, 2, 3), np.uint8)).size == (3, 2)
    assert fitted(np.zeros((2, 12_000, 3), np.uint8)).size == (2, 12_000)


def test_a_file_that_is_no_picture_does_not_stop_the_others(fitted, unseen, tmp_path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG no")
    (tmp_path / "b.png").write_bytes(encoded(unseen[0][0]))
    first, second = fitted.stream(str(tmp_path))
    assert first.error
    assert second.corners.tolist() == fitted(unseen[0][0]).corners.tolist()


def test_a_video_that_breaks_off_ends_with_its_error(fitted, unseen, tmp_path, monkeypatch) -> None:
    def broken(path, *, every=1):
        yield 0, 0.0, to_picture(unseen[0][0])
        raise DataError("it breaks off")

    monkeypatch.setattr("sora_keras.data.frames.read_frames", broken)
    first, last = fitted.stream(str(tmp_path / "a.mp4"))
    assert (first.frame, first.seconds, first.error) == (0, 0.0, "")
    assert last.error == "it breaks off"


def test_a_broken_picture_is_named(fitted, unseen, tmp_path) -> None:
    (tmp_path / "whole.png").write_bytes(encoded(unseen[0][0]))
    (tmp_path / "cut.png").write_bytes(encoded(unseen[0][1])[:60])
    with pytest.raises(DataError, match=r"cut\.png"):
        fitted.predict([str(tmp_path / "whole.png"), str(tmp_path / "cut.png")])
    cut, whole = fitted.stream(str(tmp_path))
    assert cut.error
    assert whole.error == ""
    with pytest.raises(DataError, match=r"cut\.png"):
        fitted(str(tmp_path / "cut.png"), tile=32)


def test_background_pictures_are_learned_from_and_crowds_are_not() -> None:
    pictures, boxes = scenes(8)
    crowd = Boxes(boxes[0].corners, boxes[0].labels, np.ones(boxes[0].count, bool), (HEIGHT, WIDTH))
    recipe = ObjectDetector(**QUICK)
    examples = recipe.read(pictures, [crowd, *boxes[1:7], make_boxes([], [])])
    schema = recipe.learn(examples)
    targets = recipe.learned_targets(examples, schema, recipe.preprocess(examples, schema, "compact"))
    assert (targets[0, :, 0] == -1).all()
    assert (targets[7, :, 0] == -1).all()
    assert (targets[1, 0, 1:] > 0).all()


def test_a_picture_object_is_taken(fitted, unseen) -> None:
    assert fitted(to_picture(unseen[0][0])) == fitted(unseen[0][0])
