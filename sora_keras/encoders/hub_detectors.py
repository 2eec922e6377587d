"""RetinaNet and D-FINE of KerasHub as detectors: from pixels to boxes that are decoded in the graph, and their losses.

Their answer is the same: corners in pixels of the square and the logits of the classes, whose sigmoid is the score.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np
from keras import ops

from sora_keras.encoders.detecting import DetectorFacts
from sora_keras.encoders.hub_losses import dfine_loss, retinanet_loss
from sora_keras.errors import MissingExtraError, NotFoundError, ParameterError, require
from sora_keras.layers.hub_boxes import AnchoredBoxes, StagedBoxes

_RARE = math.log(0.01 / 0.99)  # the logit of each class at each anchor before training (Lin et al., 2017)
_SPREAD = 0.01  # of the weights of RetinaNet's heads before training, as there
_ANCHOR = 3.0  # strides a side: KerasHub's 4 were chosen for pictures of 800 pixels


@dataclass(frozen=True, eq=False)
class HubDetector:
    """A network of KerasHub, ready to be trained.

    core: a Keras model from pixels (batch, size, size, channels), 0 to 255, to (batch, boxes, 4 + classes) float32:
    left, top, right and bottom in pixels of the square, and the logits of the classes; loss: from the truth (batch,
    boxes, 5): class, left, top, right and bottom as shares of the square, a class below 0 is no box; and from what the
    core answers, to one number.
    """

    core: keras.Model
    loss: Callable[[Any, Any], Any]

    def __post_init__(self) -> None:
        _LOSSES[self.core] = self.loss


_LOSSES: WeakKeyDictionary[keras.Model, Callable[[Any, Any], Any]] = WeakKeyDictionary()


def hub_loss(core: keras.Model) -> Callable[[Any, Any], Any]:
    """The loss of a core that was built here, as Keras takes it."""
    return _LOSSES[core]


def retinanet(facts: DetectorFacts, weights: Any = None) -> HubDetector:
    """RetinaNet (Lin et al., 2017): anchors of three sizes and shapes at each place of a pyramid of maps.

    Its loss is that of KerasHub's `RetinaNetObjectDetector`: `RetinaNetLabelEncoder` says which anchor answers for
    which box, focal loss tells the classes, Huber's the distances from the anchors, which are found anew from the
    corners.

    Args:
        weights: None for a ResNet-18 that begins at random, the folder of a KerasHub preset, or the name of one to be
            downloaded. Where it was trained for another number of classes, the last layer of its class head is new.

    Raises:
        ParameterError: the size does not fit, or the preset is no RetinaNet. NotFoundError: there is no such preset, or
        it cannot be reached. MissingExtraError: KerasHub, or what it downloads with, is not installed.
    """
    hub = require("keras_hub", "hub")
    _check(facts, "retinanet")
    own = _new_retinanet(hub, facts) if weights is None else _trained_retinanet(hub, facts, weights)
    pixels = keras.Input((facts.size, facts.size, facts.channels), name="pixels")
    maps = own.backbone(_prepared(hub, pixels, weights))
    box_head, class_head = _plain(own.box_head, "box_head"), _plain(own.classification_head, "class_head")
    told = [keras.layers.Reshape((-1, 4))(box_head(one)) for one in maps.values()]
    kinds = [keras.layers.Reshape((-1, facts.classes))(class_head(one)) for one in maps.values()]
    generator = keras.saving.serialize_keras_object(own.anchor_generator)
    corners = AnchoredBoxes(generator, facts.size, name="corners")(keras.layers.Concatenate(axis=1)(told))
    both = [corners, keras.layers.Concatenate(axis=1, name="kinds")(kinds)]
    core = keras.Model(pixels, keras.layers.Concatenate(name="boxes", dtype="float32")(both), name="core")
    return HubDetector(core, retinanet_loss(own.label_encoder, facts.size))


def dfine(facts: DetectorFacts, weights: Any = None) -> HubDetector:
    """D-FINE (Peng et al., 2024): a transformer refines a few hundred boxes in stages.

    In training the core answers the boxes of every stage, one behind another, from what the encoder proposes to the
    last: each stage is matched and told for itself, and where there is no training only the last answers. Matching and
    loss are those of KerasHub's `DFineObjectDetector` (varifocal, L1 and CIoU), but for what cannot be told from boxes
    and logits alone, the two terms on the distributions behind the corners (FGL and DDF), and for the denoising
    queries, which KerasHub asks for when the network is built, when there is no batch yet.

    Args:
        weights: None for the smallest network, which begins at random, the folder of a KerasHub preset, or the name of
            one to be downloaded. Where it was trained for another number of classes, its class heads are new.

    Raises:
        ParameterError, NotFoundError, MissingExtraError: as `retinanet`.
    """
    hub = require("keras_hub", "hub")
    _check(facts, "dfine")
    own = _new_dfine(hub, facts) if weights is None else _trained_dfine(hub, facts, weights)
    for layer in own._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.9  # as in the authors' network; KerasHub leaves most at 0.99, too slow for little data
    pixels = keras.Input((facts.size, facts.size, facts.channels), name="pixels")
    told = own(_prepared(hub, pixels, weights))
    parts = ("enc_topk_bboxes", "enc_topk_logits", "intermediate_reference_points", "intermediate_logits")
    answer = StagedBoxes(facts.size, name="boxes")([told[part] for part in parts])
    return HubDetector(keras.Model(pixels, answer, name="core"), dfine_loss(own.num_queries, facts.size))


def _check(facts: DetectorFacts, name: str) -> None:
    if facts.size % 32 or facts.size < 64:  # the coarsest map has a place every 32 pixels, and is made finer again
        raise ParameterError(
            f"size must be a multiple of 32 and at least 64 for encoder={name!r}. Received: size={facts.size!r}"
        )


def _prepared(hub: Any, pixels: Any, weights: Any) -> Any:
    """Pixels in three channels, scaled as the preset's converter does, without a preset to -1 to 1."""
    kind = hub.layers.ImageConverter
    converter = kind(scale=1 / 127.5, offset=-1.0) if weights is None else _load(kind, weights)
    hidden = keras.layers.Concatenate()([pixels] * 3) if pixels.shape[-1] == 1 else pixels
    scale = 1.0 if converter.scale is None else converter.scale
    offset = 0.0 if converter.offset is None else converter.offset
    return keras.layers.Rescaling(np.asarray(scale).tolist(), offset=np.asarray(offset).tolist())(hidden)


def _new_retinanet(hub: Any, facts: DetectorFacts) -> Any:
    shape = (facts.size, facts.size, 3)
    encoder = hub.models.ResNetBackbone(
        input_conv_filters=[64], input_conv_kernel_sizes=[7], stackwise_num_filters=[64, 128, 256, 512],
        stackwise_num_blocks=[2, 2, 2, 2], stackwise_num_strides=[1, 2, 2, 2], block_type="basic_block",
        image_shape=shape,
    )  # fmt: skip
    # The anchors of the coarsest map are no larger than the square, where it has one so fine.
    levels = {"min_level": 3, "max_level": int(np.clip(np.log2(facts.size / _ANCHOR), 5, 7))}
    backbone = hub.models.RetinaNetBackbone(image_encoder=encoder, use_p5=False, image_shape=shape, **levels)
    generator = hub.layers.AnchorGenerator(
        "yxyx", num_scales=3, aspect_ratios=[0.5, 1.0, 2.0], anchor_size=_ANCHOR, **levels
    )
    own = hub.models.RetinaNetObjectDetector(backbone, num_classes=facts.classes, anchor_generator=generator)
    # KerasHub begins with larger weights, and has the boxes begin as if they were rare, not the classes.
    for head, bias in ((own.box_head, 0.0), (own.classification_head, _RARE)):
        for layer in (*head.conv_layers, head.prediction_layer):
            _begin(layer)
        _begin(head.prediction_layer, bias)
    return own


def _trained_retinanet(hub: Any, facts: DetectorFacts, weights: Any) -> Any:
    trained = _load(hub.models.RetinaNetObjectDetector, weights)
    config = {**trained.get_config(), "num_classes": facts.classes, "preprocessor": None}
    own = _suited(trained, _with_shape(config, (facts.size, facts.size, 3)), trained.weights)
    if trained.num_classes != facts.classes:
        _begin(own.classification_head.prediction_layer, _RARE)
    return own


def _plain(head: Any, name: str) -> keras.Model:
    """A head in Keras' own layers: KerasHub's does not build anew what a file tells of it."""
    first = head.conv_layers[0] if head.conv_layers else head.prediction_layer
    hidden = given = keras.Input((None, None, first.kernel.shape[2]))
    for place, layer in enumerate(head.conv_layers):
        hidden = layer(hidden)
        if head.use_group_norm:
            hidden = head.group_norm_layers[place](hidden)
        hidden = keras.layers.Activation(head.activation)(hidden)
    return keras.Model(given, head.prediction_layer(hidden), name=name)


def _begin(layer: Any, bias: float = 0.0) -> None:
    layer.kernel.assign(keras.random.normal(layer.kernel.shape, stddev=_SPREAD))
    if layer.bias is not None:
        layer.bias.assign(ops.full(layer.bias.shape, bias))


def _new_dfine(hub: Any, facts: DetectorFacts) -> Any:
    """D-FINE nano, as KerasHub's preset of that name is built."""
    shape, outputs = (facts.size, facts.size, 3), ["stage3", "stage4"]
    encoder = hub.models.HGNetV2Backbone(
        stem_channels=[3, 16, 16], embedding_size=16, depths=[1, 1, 2, 1], hidden_sizes=[64, 256, 512, 1024],
        stackwise_stage_filters=[
            [16, 16, 64, 1, 3, 3], [64, 32, 256, 1, 3, 3], [256, 64, 512, 2, 3, 5], [512, 128, 1024, 1, 3, 5],
        ],
        apply_downsample=[False, True, True, True], use_lightweight_conv_block=[False, False, True, True],
        use_learnable_affine_block=True, hidden_act="relu", image_shape=shape, out_features=outputs,
    )  # fmt: skip
    return hub.models.DFineBackbone(
        backbone=encoder, num_labels=facts.classes, num_queries=min(300, _places(facts, (16, 32))), num_denoising=0,
        learn_initial_query=False, anchor_image_size=shape[:2], image_shape=shape, out_features=outputs,
        feat_strides=[16, 32], num_feature_levels=2, hidden_dim=128, encoder_hidden_dim=128,
        encoder_in_channels=[512, 1024], decoder_in_channels=[128, 128], encode_proj_layers=[1], num_encoder_layers=1,
        num_attention_heads=8, encoder_ffn_dim=512, hidden_expansion=0.34, depth_multiplier=0.5, eval_idx=-1,
        num_decoder_layers=3, decoder_attention_heads=8, decoder_ffn_dim=512, decoder_n_points=[6, 6],
        lqe_hidden_dim=64, num_lqe_layers=2,
    )  # fmt: skip


def _trained_dfine(hub: Any, facts: DetectorFacts, weights: Any) -> Any:
    trained = _load(hub.models.DFineBackbone, weights)
    config = {
        **trained.get_config(), "num_labels": facts.classes, "num_denoising": 0, "labels": None,
        "anchor_image_size": (facts.size, facts.size),
    }  # fmt: skip
    if not trained.learn_initial_query:
        config["num_queries"] = min(trained.num_queries, _places(facts, trained.feat_strides))
    unused = getattr(trained.denoising_class_embed, "weights", [])
    kept = [weight for weight in trained.weights if not any(weight is one for one in unused)]
    return _suited(trained, _with_shape(config, (facts.size, facts.size, 3)), kept)


def _places(facts: DetectorFacts, strides: Any) -> int:
    return sum((facts.size // stride) ** 2 for stride in strides)


def _with_shape(config: Any, shape: tuple[int, int, int]) -> Any:
    """A configuration, with this shape of pictures for it and for all networks within it."""
    if isinstance(config, dict):
        return {key: shape if key == "image_shape" else _with_shape(value, shape) for key, value in config.items()}
    return [_with_shape(value, shape) for value in config] if isinstance(config, list) else config


def _suited(trained: Any, config: dict[str, Any], weights: list[Any]) -> Any:
    """The network built anew by this configuration, with those of the weights that have the same shape."""
    own = type(trained).from_config(config)
    for new, old in zip(own.weights, weights, strict=True):
        if new.shape == old.shape:
            new.assign(old)
    return own


def _load(kind: Any, weights: Any) -> Any:
    """What a class of KerasHub makes of a preset: a folder, or else a name."""
    if not isinstance(weights, str | os.PathLike):
        raise ParameterError(f"weights must be None, a folder or the name of a preset. Received: {weights!r}")
    name, folder = os.fspath(weights), Path(weights).expanduser()
    local = bool(name) and folder.is_dir()
    if not local and (not name or isinstance(weights, os.PathLike) or name.startswith((".", "~", "/")) or "\\" in name):
        raise NotFoundError(f"weights={name!r}: there is no such folder.")
    try:
        return kind.from_preset(str(folder) if local else name)
    except Exception as error:
        said = " ".join(str(error).split())[:300]
        if isinstance(error, ImportError):
            raise MissingExtraError(f"weights={name!r}: it cannot be downloaded. {said}") from error
        if isinstance(error, ValueError | KeyError | TypeError) or (local and isinstance(error, OSError)):
            raise ParameterError(f"weights={name!r}: it cannot be loaded as a {kind.__name__}. {said}") from error
        if isinstance(error, OSError) or type(error).__module__.startswith("kagglehub"):
            raise NotFoundError(
                f"weights={name!r}: there is no such folder, nor could it be downloaded. {said}"
            ) from error
        raise
