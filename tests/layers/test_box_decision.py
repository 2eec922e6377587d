"""Of boxes that overlap the best is kept, in pixels of the picture, in eager mode and in a saved graph alike."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from sora_keras.layers.box_decision import BoxDecision, best_boxes, boxes_and_scores
from sora_keras.layers.places import places_of
from tests.training.test_box_loss import sides_for

SIDE = 64
CENTRES, _ = places_of(SIDE)
SIZES = np.array([[32, 64], [128, 128]], np.int32)


def answer_of(*pictures: list[tuple[list[float], int, float]]) -> np.ndarray:
    """An answer in which one place each tells these boxes, classes and scores, and all others nothing."""
    corners = np.tile(np.concatenate([CENTRES - 4, CENTRES + 4], axis=-1), (len(pictures), 1, 1))
    kinds = np.full((len(pictures), len(CENTRES), 2), -20, np.float32)
    for picture, told in enumerate(pictures):
        for box, kind, score in told:
            inside = ((box[:2] < CENTRES) & (box[2:] > CENTRES)).all(axis=1) & (kinds[picture] == -20).all(axis=1)
            place = int(np.flatnonzero(inside)[0])
            corners[picture, place], kinds[picture, place, kind] = box, np.log(score / (1 - score))
    return np.concatenate([sides_for(corners), kinds], axis=-1)


TOLD = answer_of(
    [([10, 20, 34, 40], 0, 0.9), ([11, 21, 35, 41], 0, 0.8), ([12, 20, 34, 40], 1, 0.7), ([40, 20, 60, 44], 0, 0.3)],
    [([8, 8, 40, 40], 1, 0.6)],
)


def test_overlapping_boxes_of_a_class_are_one() -> None:
    box, score, kind, count = best_boxes(TOLD, SIZES, SIDE, 2, threshold=0.25, overlap=0.5, most=5)
    assert count.numpy().tolist() == [3, 1]
    assert np.allclose(score[0, :3], [0.9, 0.7, 0.3], atol=1e-3)
    assert kind[0, :3].numpy().tolist() == [0, 1, 0]
    # The first picture stands 16 pixels below the top of the square, the second is half as large in it.
    assert np.allclose(box[0, 0], [10, 4, 34, 24], atol=0.05)
    assert np.allclose(box[0, 2], [40, 4, 60, 28], atol=0.05)
    assert np.allclose(box[1, 0], [16, 16, 80, 80], atol=0.1)


def test_threshold_overlap_and_number_are_obeyed() -> None:
    assert best_boxes(TOLD, SIZES, SIDE, 2, threshold=0.5, overlap=0.5)[3].numpy().tolist() == [2, 1]
    assert best_boxes(TOLD, SIZES, SIDE, 2, threshold=0.25, overlap=0.95)[3].numpy().tolist() == [4, 1]
    assert best_boxes(TOLD, SIZES, SIDE, 2, threshold=0.25, overlap=0.5, most=1)[3].numpy().tolist() == [1, 1]


def test_corners_themselves_are_read_as_well() -> None:
    corners, scores = (np.asarray(some) for some in boxes_and_scores(TOLD, SIDE, 2))
    told = np.concatenate([corners, np.log(scores / (1 - scores))], axis=-1)
    pairs = zip(best_boxes(TOLD, SIZES, SIDE, 2, threshold=0.25, overlap=0.5),
                best_boxes(told, SIZES, SIDE, 2, threshold=0.25, overlap=0.5))  # fmt: skip
    assert all(np.allclose(one, other, atol=1e-4) for one, other in pairs)


def test_the_layer_names_classes_and_is_saved(tmp_path) -> None:
    answer, sizes = keras.Input(TOLD.shape[1:]), keras.Input((2,), dtype="int32")
    model = keras.Model(
        [answer, sizes], BoxDecision(["cat", "dog"], SIDE, threshold=0.25, overlap=0.5, most=4)([answer, sizes])
    )
    found = model([TOLD, SIZES])
    assert found["class_id"].numpy().tolist() == [[0, 1, 0, 0], [1, 0, 0, 0]]
    assert found["label"].numpy().tolist() == [[b"cat", b"dog", b"cat", b""], [b"dog", b"", b"", b""]]
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)([TOLD, SIZES])
    assert np.array_equal(again["box"], found["box"])
    model.export(tmp_path / "saved", verbose=False)
    served = tf.saved_model.load(str(tmp_path / "saved")).serve([tf.constant(TOLD), tf.constant(SIZES)])
    assert np.array_equal(served["box"], found["box"])
    assert served["count"].numpy().tolist() == [3, 1]
