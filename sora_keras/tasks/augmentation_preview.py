"""How training pictures look after augmentation."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras import parameters
from sora_keras.evaluation import PictureGrid
from sora_keras.pages import Tile
from sora_keras.tasks.classifier import labels_of

if TYPE_CHECKING:
    from sora_keras.data import LabelSpace
    from sora_keras.tasks.image import ImageClassifier

_SIDE = 96
_TRIED = 64  # a few of these may be broken
_NAMED = 0.05  # a smaller share of a label is not written


def preview_augmentation(recipe: ImageClassifier, X: Any, y: Any, *, rows: int, copies: int) -> PictureGrid:
    """See `ImageClassifier.preview_augmentation`."""
    import tensorflow as tf

    from sora_keras.training import make_augmentation, reproducible

    parameters.check_number("rows", rows, least=1, most=64, whole=True)
    parameters.check_number("copies", copies, least=1, most=16, whole=True)
    with reproducible(recipe.seed):
        pixels, targets, labels = _some(recipe, X, y, rows)
        outputs = 1 if labels is None or labels.kind == "binary" else len(labels.classes)
        change = make_augmentation(recipe.augment, channels=pixels.shape[-1], outputs=outputs, seed=recipe.seed)
        shown = [_column(pixels, [_named(target, labels) for target in targets])]
        given = tf.constant(pixels, tf.float32), tf.constant(targets)
        for copy in range(copies):
            if change:
                change.begin_epoch(copy)
            changed, mixed = change(*given) if change else given
            names = [""] * len(pixels) if mixed is given[1] else [_named(one, labels) for one in mixed.numpy()]
            shown.append(_column(changed.numpy(), names))
    tiles = tuple(tile for row in zip(*shown, strict=True) for tile in row)
    return PictureGrid(tiles, columns=copies + 1, heading=_heading(recipe))


def _heading(recipe: ImageClassifier) -> str:
    if recipe.augment is None:
        return "augment=None: training pictures stay as they are"
    heading = "Each row: a training picture, then how training may see it"
    if isinstance(recipe.augment, str):
        heading += " (also mirrored, where validation pictures allow it)"
    return heading


def _some(recipe: ImageClassifier, X: Any, y: Any, rows: int) -> tuple[np.ndarray, np.ndarray, LabelSpace | None]:
    """Some pictures (rows, height, width, channels) uint8 as training has them, their targets, and the classes."""
    from sora_keras import data

    examples = data.read_pictures(X, y, answer_required=False, memory=recipe.memory)
    if examples.answer is None:
        item, labels = data.find_picture_column(examples), None
        schema = data.Schema(item, "")
        usable = data.usable_rows(examples, item)
    else:
        schema = recipe.learn(examples)
        item, labels = schema.item, labels_of(schema)
        usable = recipe.usable(examples, schema)
    train = examples.take(usable)
    encoder, _ = recipe.choose_encoder(train)
    decoder = recipe.preprocess(train, schema, encoder)
    tried = train.take(_spread(len(train), max(rows, _TRIED)))
    cache = recipe.numberer(decoder, schema)(tried)
    kept = _spread(len(cache), rows)
    chosen = tried.take(cache.rows[kept])
    targets = recipe.targets(chosen, schema) if labels else np.zeros(len(chosen), np.int64)
    return cache.pixels[kept], targets, labels


def _spread(count: int, most: int) -> np.ndarray:
    """At most so many places, from the first to the last alike."""
    return np.linspace(0, count - 1, min(most, count)).round().astype(np.int64)


def _column(pixels: np.ndarray, names: list[str]) -> list[Tile]:
    return [Tile(_png(one), name) for one, name in zip(pixels, names, strict=True)]


def _named(target: Any, labels: LabelSpace | None) -> str:
    """The label of a target, or how much of each where labels are mixed."""
    if labels is None:
        return ""
    if np.ndim(target) == 0:
        return labels.classes[int(target)]
    shares = np.array([1 - target[0], target[0]]) if len(target) == 1 else np.asarray(target)
    order = [place for place in np.argsort(-shares, kind="stable") if shares[place] >= _NAMED]
    named = [(f"{shares[place]:.2f} ", labels.classes[place]) for place in order]
    return " + ".join(name if share == "1.00 " else share + name for share, name in named)


def _png(pixels: np.ndarray) -> bytes:
    from PIL import Image

    values = np.rint(pixels).astype(np.uint8)
    image = Image.fromarray(values[..., 0] if values.shape[-1] == 1 else values)
    image.thumbnail((_SIDE, _SIDE))
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()
