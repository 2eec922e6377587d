"""From pictures to detections: whole or in tiles, one or many."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras import parameters
from sora_keras.answering import Graph, answer_chunk, answer_few
from sora_keras.data import Boxes, Finding, left_out, object_column, to_picture
from sora_keras.data.tiles import cut, own_part, upright_pixels
from sora_keras.detections import Detection, Detections
from sora_keras.errors import DataError, ParameterError, nearest

if TYPE_CHECKING:
    from sora_keras.data.frames import Frame
    from sora_keras.evaluation import Found
    from sora_keras.tasks.detector import ObjectDetector

Answers = dict[str, np.ndarray]

_LOWEST = 0.001  # the score from which a quantised core is measured
_MOST_PIXELS = 2**22  # that are answered together
_MOST_APART = 20_000  # boxes of a class in a picture, of which those that say the same are told
_SAME = 0.5  # IoU from which two boxes are the same


@dataclass(frozen=True)
class Asked:
    """What is asked for: the lowest score, the highest IoU of two boxes of a class, and the pixels a side of tiles."""

    threshold: float
    overlap: float
    tile: int

    @classmethod
    def of(
        cls, recipe: ObjectDetector, threshold: float | None = None, overlap: float | None = None,
        tile: int | None = None,
    ) -> Asked:  # fmt: skip
        """What is given, and else what the recipe says.

        Raises:
            ParameterError, ArgumentTypeError: one of them is out of its range.
        """
        own = cls(
            recipe.threshold if threshold is None else threshold,
            recipe.overlap if overlap is None else overlap,
            (recipe.tile or 0) if tile is None else tile,
        )
        parameters.check_number("threshold", own.threshold, least=0, most=1)
        parameters.check_number("overlap", own.overlap, least=0, most=1)
        if own.tile != 0:
            parameters.check_number("tile", own.tile, least=32, most=4096, whole=True)
        return own


def at_once(side: int) -> int:
    """How many squares of so many pixels a side are answered together."""
    return max(1, min(256, _MOST_PIXELS // side**2))


@dataclass(eq=False)
class _Graphs:
    """The detector as graphs that are told threshold and overlap: of encoded pictures, and of pixels of one size."""

    recipe: ObjectDetector
    _encoded: Any = None
    _pixels: Any = None

    @classmethod
    def of(cls, recipe: ObjectDetector) -> _Graphs:
        """Those of this fit, traced once."""
        pipeline = recipe.fitted.pipeline
        if recipe._answer is None or recipe._answer[0] is not pipeline:
            recipe._answer = (pipeline, cls(recipe))
        graphs: _Graphs = recipe._answer[1]
        return graphs

    def encoded(self) -> Any:
        if self._encoded is None:
            import tensorflow as tf

            preprocessing = self.recipe.fitted.preprocessing
            self._encoded = self._traced(tf.TensorSpec([None], tf.string), preprocessing)
        return self._encoded

    def pixels(self) -> Any:
        if self._pixels is None:
            import tensorflow as tf

            preprocessing = self.recipe.fitted.preprocessing
            spec = tf.TensorSpec([None, None, None, 3], tf.float32)
            self._pixels = self._traced(spec, preprocessing.from_pixels)
        return self._pixels

    def _traced(self, spec: Any, prepare: Callable[[Any], Any]) -> Any:
        import tensorflow as tf

        from sora_keras.layers.box_decision import best_boxes
        from sora_keras.layers.letterbox import PictureSizes

        fitted = self.recipe.fitted
        core, side, classes = fitted.core, fitted.preprocessing.size[0], _classes_of(self.recipe)

        def answer(items: Any, threshold: Any, overlap: Any) -> dict[str, Any]:
            sizes = PictureSizes()(items)
            output = core(tf.cast(prepare(items), tf.float32), training=False)
            found = best_boxes(output, sizes, side, len(classes), threshold=threshold, overlap=overlap)
            return {**dict(zip(("box", "score", "class_id", "count"), found, strict=True)), "size": sizes}

        number = tf.TensorSpec([], tf.float32)
        return tf.function(answer, input_signature=[spec, number, number], autograph=False).get_concrete_function()


def make_graph(recipe: ObjectDetector, asked: Asked) -> Graph:
    """What answers encoded pictures: `box`, `score`, `class_id`, `count` and `size`."""
    import tensorflow as tf

    traced = _Graphs.of(recipe).encoded()
    threshold, overlap = tf.constant(asked.threshold, tf.float32), tf.constant(asked.overlap, tf.float32)
    return lambda items: traced(items, threshold, overlap)


def detect(recipe: ObjectDetector, pictures: np.ndarray, asked: Asked) -> list[Detections]:
    """What stands in each of some pictures.

    Raises:
        DataError: a picture cannot be read.
    """
    classes = _classes_of(recipe)
    if asked.tile:
        answers = (_tiled(recipe, picture, asked) for picture in pictures)
        return [_detections(one, classes, picture) for one, picture in zip(answers, pictures, strict=True)]
    if not len(pictures):
        return []
    together = answer_few(recipe, pictures, make_graph(recipe, asked))
    return [_detections(_row(together, row), classes, picture) for row, picture in enumerate(pictures)]


def detect_stream(recipe: ObjectDetector, X: Any, asked: Asked, every: int) -> Iterator[Detections]:
    """What stands in each picture or frame in turn; what cannot be read says so in its `error`."""
    from sora_keras.data.frames import is_video, read_frames

    if isinstance(X, str | os.PathLike) and is_video(X):
        yield from _of_frames(recipe, str(X), read_frames(X, every=every), asked)
        return
    schema = recipe.fitted.schema
    pictures = iter(recipe.read(X, schema=schema, answers=False).column(schema.item))
    size = recipe.at_once(recipe.fitted.core)
    while some := list(islice(pictures, size)):
        yield from _each(recipe, object_column(some), asked)


def _of_frames(recipe: ObjectDetector, source: str, frames: Iterator[Frame], asked: Asked) -> Iterator[Detections]:
    """What stands in each frame; a video that breaks off after some frames ends with its `error`."""
    begun = False
    try:
        for number, seconds, picture in frames:
            [found] = detect(recipe, object_column([picture]), asked)
            yield replace(found, source=source, frame=number, seconds=seconds)
            begun = True
    except DataError as error:
        if not begun:
            raise
        yield Detections((), source=source, classes=_classes_of(recipe), error=str(error))


def _each(recipe: ObjectDetector, pictures: np.ndarray, asked: Asked) -> Iterator[Detections]:
    classes = _classes_of(recipe)
    if asked.tile:
        for picture in pictures:
            try:
                yield _detections(_tiled(recipe, picture, asked), classes, picture)
            except DataError as error:
                yield Detections((), picture, source=str(picture), classes=classes, error=str(error))
        return
    answers, broken = answer_chunk(recipe, pictures, make_graph(recipe, asked))
    row = 0
    for place, picture in enumerate(pictures):
        if place in broken:
            yield Detections((), picture, source=str(picture), classes=classes, error=broken[place])
        else:
            yield _detections(_row(answers, row), classes, picture)
            row += 1


def tiled_answers(
    recipe: ObjectDetector, examples: Any, asked: Asked
) -> tuple[Answers, Any, tuple[Finding, ...]]:  # fmt: skip
    """As `sora_keras.answering.answer_readable`, in tiles."""
    found: list[Answers] = []
    broken: dict[int, str] = {}
    pictures = examples.column(recipe.fitted.schema.item)
    for row, picture in enumerate(pictures):
        try:
            found.append(_tiled(recipe, picture, asked))
        except DataError as error:
            broken[row] = str(error)
    most = max((len(one["score"]) for one in found), default=0)
    answers = {
        name: np.stack([_padded(one[name], most) for one in found]) for name in ("box", "score", "class_id")
    } if found else {}  # fmt: skip
    answers["count"] = np.array([len(one["score"]) for one in found], np.int32)
    if not broken:
        return answers, examples, ()
    note = left_out(pictures, broken)
    return answers, examples.take(np.setdiff1d(np.arange(len(examples)), list(broken))), (note,)


def found_in(answers: Answers, classes: Sequence[str]) -> list[Found]:
    """What `sora_keras.evaluation.evaluate_boxes` takes, of each picture."""
    from sora_keras.evaluation import Found

    names = np.array(classes, object)
    rows = (_row(answers, row) for row in range(len(answers["count"])))
    return [Found(one["box"], one["score"], names[one["class_id"]]) for one in rows]


def _tiled(recipe: ObjectDetector, picture: Any, asked: Asked) -> Answers:
    """What stands in a picture, found tile by tile; each tile answers for what has its middle in its own part."""
    import tensorflow as tf

    pixels = upright_pixels(picture)
    height, width = pixels.shape[:2]
    graph, tiles = _Graphs.of(recipe).pixels(), cut(pixels, asked.tile)
    parts: list[Answers] = []
    together = min(recipe.at_once(recipe.fitted.core), at_once(asked.tile))
    while some := list(islice(tiles, together)):
        batch = tf.constant(np.stack([one for _, _, one in some]), tf.float32)
        answers = {name: value.numpy() for name, value in graph(batch, asked.threshold, asked.overlap).items()}
        for place, (left, top, _) in enumerate(some):
            one = _row(answers, place)
            box = one["box"] + np.array([left, top, left, top], np.float32)
            middle = (box[:, :2] + box[:, 2:]) / 2
            part = own_part(left, top, asked.tile, height, width)
            own = ((middle >= part[:2]) & (middle < part[2:])).all(axis=1)
            parts.append({"box": box[own], "score": one["score"][own], "class_id": one["class_id"][own]})
    joined = {name: np.concatenate([one[name] for one in parts]) for name in ("box", "score", "class_id")}
    joined["box"] = np.clip(joined["box"], 0, [width, height, width, height]).astype(np.float32)
    kept = _apart(joined, asked.overlap)
    return {**{name: values[kept] for name, values in joined.items()}, "size": np.array([height, width])}


def _apart(found: Answers, overlap: float) -> np.ndarray:
    """The places of what is not found better beside it, the surest first."""
    import tensorflow as tf

    kept = [np.zeros(0, np.int64)]
    for kind in np.unique(found["class_id"]):
        places = np.flatnonzero(found["class_id"] == kind)
        if len(places) > _MOST_APART:  # the time grows with the square of how many there are
            places = places[np.argsort(-found["score"][places], kind="stable")[:_MOST_APART]]
        some = tf.image.non_max_suppression(
            found["box"][places], found["score"][places], len(places), iou_threshold=overlap
        )
        kept.append(places[some.numpy()])
    places = np.concatenate(kept)
    return places[np.argsort(-found["score"][places], kind="stable")]


def _row(answers: Answers, row: int) -> Answers:
    """The answers for one picture, without what fills up its row."""
    count = int(answers["count"][row])
    one = {name: answers[name][row, :count] for name in ("box", "score", "class_id")}
    return {**one, "size": answers["size"][row]} if "size" in answers else one


def _detections(one: Answers, classes: tuple[str, ...], picture: Any) -> Detections:
    found = tuple(
        Detection(classes[kind], float(score), *map(float, box))
        for kind, score, box in zip(one["class_id"], one["score"], one["box"], strict=True)
    )
    height, width = map(int, one["size"])
    return Detections(found, picture, (height, width), classes=classes, source=str(picture))


def _padded(values: np.ndarray, most: int) -> np.ndarray:
    return np.pad(values, [(0, most - len(values)), *[(0, 0)] * (values.ndim - 1)])


def _classes_of(recipe: ObjectDetector) -> tuple[str, ...]:
    labels = recipe.fitted.schema.labels
    assert labels is not None
    return labels.classes


# How well a core does by itself, in pixels of the square that it reads.


def average_precision_of(targets: np.ndarray, output: np.ndarray, side: int, classes: Sequence[str]) -> float:
    """AP50 of a core's output (pictures, places, …) on targets (pictures, boxes, 5)."""
    from sora_keras.evaluation import score_boxes

    names = np.array(classes, object)
    truth = [_truth(one, side, names) for one in targets]
    found = found_in(_found(output, side, len(classes), _LOWEST, 0.6), classes)
    return score_boxes(truth, found, classes).scores["ap50"]


def share_found_again(output: np.ndarray, other: np.ndarray, side: int, classes: int, asked: Asked) -> float:
    """Of the boxes that either of two outputs finds, the share that both find."""
    import keras

    pair = [_found(some, side, classes, asked.threshold, asked.overlap) for some in (output, other)]
    same, all_of_them = 0, 0
    for row in range(len(output)):
        one, another = (_row(some, row) for some in pair)
        all_of_them += len(one["score"]) + len(another["score"])
        if len(one["score"]) and len(another["score"]):
            overlaps = np.asarray(keras.utils.bounding_boxes.compute_iou(one["box"], another["box"], "xyxy"))
            alike = (overlaps >= _SAME) & (one["class_id"][:, None] == another["class_id"])
            same += 2 * min(int(alike.any(axis=0).sum()), int(alike.any(axis=1).sum()))
    return same / all_of_them if all_of_them else 1.0


def _truth(targets: np.ndarray, side: int, names: np.ndarray) -> Boxes:
    there = targets[targets[:, 0] >= 0]
    return Boxes(there[:, 1:] * side, names[there[:, 0].astype(int)])


def _found(output: np.ndarray, side: int, classes: int, threshold: float, overlap: float) -> Answers:
    from sora_keras.layers.box_decision import best_boxes

    sizes = np.full((len(output), 2), side, np.int32)
    found = best_boxes(output, sizes, side, classes, threshold=threshold, overlap=overlap)
    return {name: value.numpy() for name, value in zip(("box", "score", "class_id", "count"), found, strict=True)}


def chosen(found: Detections, target: Any, threshold: float) -> Detection:
    """The detection that a user names by its place or its class; the surest by default.

    Raises:
        ParameterError: there is none, or none of that name.
    """
    if not len(found):
        raise ParameterError(f"Nothing to explain: no box of this picture has a score of {threshold} or more.")
    text = str(0 if target is None else target)
    of_class = [one for one in found if one.label == text]
    if of_class:
        return of_class[0]
    if text.isdecimal() and int(text) < len(found):
        return found[int(text)]
    known = sorted(set(found.labels))
    raise ParameterError(
        f"target must be a place from 0 to {len(found) - 1}, or a class that is found: {', '.join(known)}."
        f"{nearest(text, known)} Received: {target!r}"
    )


def tile_with(picture: Any, found: Detection, tile: int) -> tuple[Any, Detection]:
    """The tile of a picture that answered for a detection, as a picture, and the detection where it is in there."""
    pixels = upright_pixels(picture)
    middle = np.array([found.left + found.right, found.top + found.bottom]) / 2

    def away(part: tuple[int, int, np.ndarray]) -> float:
        # Boxes are clipped after their tile is known, which may move the middle out of its part.
        left, top, right, bottom = own_part(part[0], part[1], tile, *pixels.shape[:2])
        return float(max(np.max([left, top] - middle), np.max(middle - [right, bottom]), 0.0))

    left, top, shown = min(cut(pixels, tile), key=away)
    moved = replace(
        found, left=found.left - left, top=found.top - top, right=found.right - left, bottom=found.bottom - top
    )  # fmt: skip
    return to_picture(shown), moved


def place_of(recipe: ObjectDetector, pictures: np.ndarray, found: Detection) -> tuple[int, int]:
    """The place of the core's output that gave a detection of the first picture, and the number of its class."""
    import tensorflow as tf

    from sora_keras.layers.box_decision import boxes_and_scores
    from sora_keras.layers.letterbox import PictureSizes, out_of_square

    fitted = recipe.fitted
    classes, raw, side = _classes_of(recipe), recipe.raw(pictures[:1]), fitted.preprocessing.size[0]
    kind = classes.index(found.label)
    output = fitted.core(tf.cast(fitted.preprocessing(raw), tf.float32), training=False)
    corners, scores = boxes_and_scores(output, side, len(classes))
    boxes = out_of_square(corners, PictureSizes()(raw), side)[0].numpy()
    apart = np.abs(boxes - np.array([found.left, found.top, found.right, found.bottom])).max(axis=1)
    apart += np.abs(scores[0, :, kind].numpy() - found.score)
    return int(apart.argmin()), kind
