"""RetinaNet and D-FINE of KerasHub: decoded in the graph, trained as KerasHub trains them, from presets made here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from sora_keras.encoders.detecting import DetectorFacts
from sora_keras.encoders.hub_detectors import HubDetector, dfine, retinanet
from sora_keras.errors import MissingExtraError, NotFoundError, ParameterError
from sora_keras.export.litert import convert, run_litert

keras_hub = pytest.importorskip("keras_hub")
SIZE, CLASSES = 64, 2
FACTS = DetectorFacts(SIZE, 3, CLASSES)
Build = Callable[..., HubDetector]
BOTH = pytest.mark.parametrize("build", [retinanet, dfine])
SCALE, OFFSET = [1 / 50, 1 / 60, 1 / 70], [-2.0, -2.1, -2.2]


def made(count: int = 4, channels: int = 3, side: int = SIZE) -> tuple[np.ndarray, np.ndarray]:
    """Bright squares of two kinds on black, and where they are; a second row each that is no box."""
    random = np.random.default_rng(0)
    pixels, truth = np.zeros((count, side, side, channels), np.float32), np.full((count, 2, 5), -1, np.float32)
    for place, one in enumerate(pixels):
        extent = int(random.integers(28, 40))
        left, top = random.integers(0, side - extent, 2)
        one[top : top + extent, left : left + extent] = 255 if place % 2 else 120
        truth[place, 0] = [place % 2, *np.array([left, top, left + extent, top + extent]) / side]
    return pixels, truth


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[Build, Path]:
    """Presets of detectors of three classes, as KerasHub saves them."""
    keras.utils.set_random_seed(1)
    folder = tmp_path_factory.mktemp("presets")
    encoder = keras_hub.models.ResNetBackbone(
        input_conv_filters=[64], input_conv_kernel_sizes=[3], stackwise_num_filters=[64, 64, 64, 64],
        stackwise_num_blocks=[1, 1, 1, 1], stackwise_num_strides=[1, 2, 2, 2], block_type="basic_block",
    )  # fmt: skip
    one = keras_hub.models.RetinaNetObjectDetector(
        keras_hub.models.RetinaNetBackbone(encoder, 3, 5, use_p5=True), num_classes=3, pre_logits_num_conv_layers=1,
        preprocessor=keras_hub.models.RetinaNetObjectDetectorPreprocessor(
            keras_hub.layers.RetinaNetImageConverter(image_size=(96, 96), scale=SCALE, offset=OFFSET)
        ),
    )  # fmt: skip
    kernel = one.box_head.prediction_layer.kernel
    kernel.assign(kernel / 10)  # no box is thousands of times as large as its anchor
    one.save_to_preset(folder / "retinanet")
    small = keras_hub.models.HGNetV2Backbone(
        stem_channels=[3, 8, 8], embedding_size=8, depths=[1] * 4, hidden_sizes=[16, 16, 32, 32],
        stackwise_stage_filters=[[8, 8, 16, 1, 1, 3], [16, 8, 16, 1, 1, 3], [16, 8, 32, 1, 1, 3], [32, 8, 32, 1, 1, 3]],
        apply_downsample=[False, True, True, True], use_lightweight_conv_block=[False] * 4,
        use_learnable_affine_block=True, hidden_act="relu", out_features=["stage3", "stage4"], image_shape=(96, 96, 3),
    )  # fmt: skip
    transformer = keras_hub.models.DFineBackbone(
        small, num_labels=3, num_queries=20, num_denoising=4, learn_initial_query=False, anchor_image_size=(96, 96),
        feat_strides=[16, 32], num_feature_levels=2, hidden_dim=32, encoder_hidden_dim=32, encoder_in_channels=[32, 32],
        decoder_in_channels=[32, 32], encode_proj_layers=[1], num_encoder_layers=1, num_attention_heads=4,
        encoder_ffn_dim=32, hidden_expansion=0.34, depth_multiplier=0.34, eval_idx=-1, num_decoder_layers=1,
        decoder_attention_heads=4, decoder_ffn_dim=32, decoder_n_points=[2, 2], lqe_hidden_dim=8, num_lqe_layers=2,
        image_shape=(96, 96, 3), out_features=["stage3", "stage4"],
    )  # fmt: skip
    other = keras_hub.models.DFineObjectDetector(
        transformer, num_classes=3,
        preprocessor=keras_hub.models.DFineObjectDetectorPreprocessor(
            keras_hub.layers.DFineImageConverter(image_size=(96, 96), scale=1 / 255)
        ),
    )  # fmt: skip
    other.save_to_preset(folder / "dfine")
    return {retinanet: folder / "retinanet", dfine: folder / "dfine"}


@pytest.fixture(scope="module")
def tuned(folders: dict[Build, Path]) -> dict[Build, HubDetector]:
    """Both, of two classes; nobody trains them."""
    keras.utils.set_random_seed(0)
    return {build: build(FACTS, folder) for build, folder in folders.items()}


@BOTH
def test_answers_are_corners_and_logits(build: Build) -> None:
    found = build(DetectorFacts(SIZE, 1, CLASSES))
    pixels, truth = made(2, channels=1)
    answer = np.asarray(found.core(pixels))
    assert answer.shape[1:] == found.core.output_shape[1:] == ({retinanet: 9 * 84, dfine: 20}[build], 4 + CLASSES)
    assert answer.dtype == np.float32
    assert (answer[..., 2:4] > answer[..., :2]).all()
    assert np.isfinite(float(found.loss(truth, answer)))


@BOTH
def test_a_preset_answers_as_kerashub_decodes(build: Build, folders: dict[Build, Path]) -> None:
    task = keras_hub.models.ObjectDetector.from_preset(str(folders[build]))
    task.prediction_decoder = Undecided("yxyx", from_logits=True)
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 96, 96, 3)).astype(np.float32)
    scaled = task.preprocessor.image_converter(pixels)
    theirs = task.decode_predictions(task(scaled), scaled)
    answer = np.asarray(build(DetectorFacts(96, 3, 3), folders[build]).core(pixels))
    assert np.allclose(answer[..., :4], np.asarray(theirs["boxes"])[..., [1, 0, 3, 2]], atol=1e-2)
    assert np.allclose(answer[..., 4:], theirs["logits"], atol=1e-3)


class Undecided(keras_hub.layers.NonMaxSuppression):
    """Gives all boxes back."""

    def call(self, boxes: Any, logits: Any, images: Any) -> dict[str, Any]:
        return {"boxes": boxes, "logits": logits}


@BOTH
def test_a_preset_of_other_classes_keeps_all_but_its_class_head(build: Build, folders: dict[Build, Path]) -> None:
    same = build(DetectorFacts(96, 3, 3), str(folders[build])).core.get_weights()
    other = build(DetectorFacts(SIZE, 1, 5), folders[build]).core.get_weights()
    changed = [one.shape for one, two in zip(same, other, strict=True) if one.shape != two.shape]
    assert all(np.array_equal(one, two) for one, two in zip(same, other, strict=True) if one.shape == two.shape)
    assert changed == {retinanet: [(3, 3, 256, 27), (27,)], dfine: [(32, 3), (3,)] * 2}[build]


def test_retinanet_is_trained_as_kerashub_does(folders: dict[Build, Path]) -> None:
    found, (pixels, truth) = retinanet(DetectorFacts(96, 3, 3), folders[retinanet]), made(side=96)
    task = keras_hub.models.RetinaNetObjectDetector.from_preset(str(folders[retinanet]))
    boxes = np.where(truth[..., :1] >= 0, truth[..., [2, 1, 4, 3]] * 96, -1)
    scaled = task.preprocessor.image_converter(pixels)
    for some in (slice(4), slice(1)):
        told = {"boxes": boxes[some], "labels": truth[some, :, 0]}
        theirs = float(task.compute_loss(scaled[some], told, task(scaled[some]), None))
        assert theirs > 1
        assert float(found.loss(truth[some], found.core(pixels[some]))) == pytest.approx(theirs, rel=1e-4)


def test_dfine_is_trained_as_kerashub_does(folders: dict[Build, Path]) -> None:
    """In each stage; KerasHub takes the boxes of every picture from the first, so that it is asked of one."""
    from keras_hub.src.models.d_fine import d_fine_loss as theirs

    found = dfine(DetectorFacts(96, 3, 3), folders[dfine])
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 96, 96, 3)).astype(np.float32)
    truth = np.array([[[1, 0.1, 0.2, 0.5, 0.5], [2, 0.4, 0.1, 0.9, 0.8], [-1, -1, -1, -1, -1]]], np.float32)
    kinds, corners = truth[0, :2, 0].astype(np.int32), truth[0, :2, 1:]
    wanted = [{"labels": kinds, "boxes": centred(corners)}]
    told = keras_hub.models.DFineBackbone.from_preset(str(folders[dfine]))(pixels / 255, training=True)
    answer = np.asarray(found.core(pixels, training=True))
    stages = [(told["enc_topk_bboxes"], told["enc_topk_logits"])]
    stages += [(told["intermediate_reference_points"][:, n], told["intermediate_logits"][:, n]) for n in range(2)]
    total = 0.0
    for (boxes, logits), ours in zip(stages, np.split(answer, 3, axis=1), strict=True):
        stage = {"pred_boxes": keras.ops.clip(boxes, 0, 1), "logits": logits}
        assert np.allclose(ours[..., 4:], logits, atol=1e-3)
        # KerasHub's own matching, padded with 1e9 in float32, does not find the lowest cost.
        queries, columns = linear_sum_assignment(costs(np.asarray(stage["pred_boxes"][0]), logits[0], kinds, corners))
        rest = [0] * (logits.shape[1] - 2)
        matched = (np.array([[*queries, *rest]]), np.array([[*columns, *rest]]), np.array([[True, True, *rest]], bool))
        parts = theirs.compute_vfl_loss(stage, wanted, matched, 2.0, 3, 0.25, 2.0)
        parts |= theirs.compute_box_losses(stage, wanted, matched, 2.0)
        expected = float(parts["loss_vfl"] + 5 * parts["loss_bbox"] + 2 * parts["loss_ciou"])
        assert 0 not in queries  # what matches nothing, KerasHub writes to the first
        assert float(found.loss(truth, ours)) == pytest.approx(expected, rel=1e-4)
        total += expected
    assert float(found.loss(truth, answer)) == pytest.approx(total, rel=1e-4)


def centred(corners: np.ndarray) -> np.ndarray:
    return np.concatenate([(corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]], axis=1)


def costs(boxes: np.ndarray, logits: Any, kinds: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """What it costs that a query answers for a box, by hand."""
    score = 1 / (1 + np.exp(-np.asarray(logits)[:, kinds]))
    focal = 0.25 * (1 - score) ** 2 * -np.log(score) - 0.75 * score**2 * -np.log(1 - score)
    apart = np.abs(boxes[:, None] - centred(corners)).sum(axis=-1)
    found = np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], axis=1)
    overlaps = [
        keras.utils.bounding_boxes.compute_ciou(found, np.tile(one, (len(found), 1)), "xyxy") for one in corners
    ]
    return 2 * focal + 5 * apart - 2 * np.stack(overlaps, axis=1)


@BOTH
def test_the_loss_of_a_batch_is_that_of_its_pictures(build: Build, tuned: dict[Build, HubDetector]) -> None:
    found, (pixels, truth) = tuned[build], made(2)
    truth[1, 1] = [0, 0.5, 0.5, 0.95, 0.95]
    answer = np.asarray(found.core(pixels, training=True))
    counts = np.array([float(_answering(build, truth[some])) for some in (slice(1), slice(1, 2))])
    apart = [float(found.loss(truth[some], answer[some])) for some in (slice(1), slice(1, 2))]
    assert float(found.loss(truth, answer)) == pytest.approx(np.dot(apart, counts) / counts.sum(), rel=1e-4)


def _answering(build: Build, truth: np.ndarray) -> float:
    """By what KerasHub divides: the boxes, or the anchors that answer for one."""
    there = truth[..., 0] >= 0
    if build is dfine:
        return there.sum()
    generator = keras_hub.layers.AnchorGenerator("xyxy", 3, 5, 3, [0.5, 1.0, 2.0], 4.0)
    anchors = np.concatenate([np.asarray(one) for one in generator(np.zeros((1, SIZE, SIZE, 3))).values()])
    overlaps = np.asarray(keras.utils.bounding_boxes.compute_iou(anchors, truth[there][:, 1:] * SIZE, "xyxy"))
    return (overlaps.max(axis=1) >= 0.5).sum()


@BOTH
def test_pictures_without_boxes_are_no_fault(build: Build, tuned: dict[Build, HubDetector]) -> None:
    answer = tuned[build].core(made(2)[0], training=True)
    for truth in (np.full((2, 3, 5), -1, np.float32), np.zeros((2, 0, 5), np.float32)):
        loss = float(tuned[build].loss(truth, answer))
        assert 0 <= loss < 50
    assert (loss == 0) == (build is retinanet)


@pytest.mark.no_cover
def test_retinanet_learns_where_things_are() -> None:
    keras.utils.set_random_seed(0)
    found, (pixels, truth) = retinanet(FACTS), made()
    history = losses(found, 5e-4, 40)
    assert history[-1] < 0.3 * history[0]
    for one, (kind, *corners) in zip(np.asarray(found.core(pixels)), truth[:, 0], strict=True):
        best = one[one[:, 4:].max(axis=1).argmax()]
        overlap = keras.utils.bounding_boxes.compute_iou(best[None, :4], np.array([corners]) * SIZE, "xyxy")
        assert float(overlap[0, 0]) > 0.5
        assert best[4:].argmax() == kind


@pytest.mark.no_cover
def test_dfine_learns(folders: dict[Build, Path]) -> None:
    keras.utils.set_random_seed(0)
    history = losses(dfine(FACTS, folders[dfine]), 3e-3, 12)
    assert history[-1] < 0.7 * history[0]


def losses(found: HubDetector, rate: float, epochs: int) -> list[float]:
    """The loss of each epoch; that a weight has no gradient would be warned of."""
    found.core.compile(keras.optimizers.AdamW(rate), found.loss, jit_compile=False)
    found.core.optimizer.build(found.core.trainable_variables)
    return found.core.fit(*made(), epochs=epochs, batch_size=4, verbose=0).history["loss"]


@BOTH
def test_saved_and_loaded_it_answers_alike(build: Build, tuned: dict[Build, HubDetector], tmp_path: Path) -> None:
    pixels, core = made()[0], tuned[build].core
    core.save(tmp_path / "core.keras")
    loaded = keras.saving.load_model(tmp_path / "core.keras", compile=False, safe_mode=True)
    assert np.allclose(loaded(pixels), core(pixels), atol=1e-5)


@pytest.mark.no_cover
def test_exported_they_answer_alike_without_keras(tuned: dict[Build, HubDetector], tmp_path: Path) -> None:
    import tensorflow as tf

    pixels = made()[0]
    np.save(tmp_path / "pixels.npy", pixels)
    for build, found in tuned.items():
        module, core = tf.Module(), partial(found.core, training=False)
        module.answer = tf.function(core, [tf.TensorSpec([None, SIZE, SIZE, 3], tf.float32)], autograph=False)
        module.kept = [variable.value for variable in found.core.variables]
        tf.saved_model.save(module, str(tmp_path / build.__name__))
    code = (
        "import sys, numpy as np, tensorflow as tf\nfolder = sys.argv[1]\n"
        "for name in ('retinanet', 'dfine'):\n"
        "    module = tf.saved_model.load(f'{folder}/{name}')\n"
        "    np.save(f'{folder}/{name}.npy', module.answer(np.load(f'{folder}/pixels.npy')))\n"
        "assert not any('keras_hub' in name for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True)
    for build, found in tuned.items():
        assert np.allclose(np.load(tmp_path / f"{build.__name__}.npy"), found.core(pixels), rtol=1e-3, atol=1e-2)


@BOTH
def test_litert_answers_alike(build: Build, tuned: dict[Build, HubDetector]) -> None:
    pytest.importorskip("ai_edge_litert")
    pixels = made(1)[0]
    assert np.allclose(run_litert(convert(tuned[build].core), [pixels]), tuned[build].core(pixels), atol=1e-2)


@BOTH
def test_faults_are_named(
    build: Build, folders: dict[Build, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = folders[dfine if build is retinanet else retinanet]
    for size in (32, 100):
        with pytest.raises(ParameterError, match=f"a multiple of 32.*Received: size={size}"):
            build(DetectorFacts(size, 3, CLASSES))
    with pytest.raises(ParameterError, match="cannot be loaded as a"):
        build(FACTS, tmp_path)
    with pytest.raises(ParameterError, match="cannot be loaded as a"):
        build(FACTS, other)
    with pytest.raises(NotFoundError, match="there is no such folder"):
        build(FACTS, tmp_path / "nothing")
    with pytest.raises(ParameterError, match="the name of a preset. Received: 3"):
        build(FACTS, 3)
    with pytest.raises(ParameterError, match="cannot be loaded as a"):
        build(FACTS, "no_such_preset")
    _without_network(monkeypatch)
    name = {retinanet: "retinanet_resnet50_fpn_coco", dfine: "dfine_nano_coco"}[build]
    with pytest.raises(NotFoundError, match=f"{name}.*nor could it be downloaded. No route"):
        build(FACTS, name)
    monkeypatch.setattr("keras_hub.src.utils.preset_utils.kagglehub", None)
    with pytest.raises(MissingExtraError, match=f"{name}.*pip install kagglehub"):
        build(FACTS, name)


def _without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any) -> str:
        raise ConnectionError("No route to host")

    monkeypatch.setattr("keras_hub.src.utils.preset_utils.kagglehub.model_download", refuse)
