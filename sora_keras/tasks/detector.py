"""Pictures to what stands where in them."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sora_keras.answering import answer_readable
from sora_keras.errors import DataError, ParameterError
from sora_keras.recipe import Recipe
from sora_keras.tasks.detector_answers import (
    Asked,
    at_once,
    average_precision_of,
    chosen,
    detect,
    detect_stream,
    found_in,
    make_graph,
    place_of,
    share_found_again,
    tile_with,
    tiled_answers,
)
from sora_keras.tasks.picture_items import PictureItems, sides_of, usual_shape

if TYPE_CHECKING:
    from typing import Self

    import keras

    from sora_keras.data import Examples, Finding, LabelSpace, Schema
    from sora_keras.detections import Detections
    from sora_keras.encoders import TrainingDefaults
    from sora_keras.evaluation import BoxReport, Decision
    from sora_keras.explanation import PictureExplanation
    from sora_keras.task import Fitted
    from sora_keras.training import TrainingSettings

_SMALLEST, _LARGEST = 64, 416  # pixels a side that "auto" brings pictures to
_MOST_TRAINED = 300  # boxes of a picture that are trained on
_LOWEST = 0.001  # the score from which `evaluate` counts, as is usual (COCO)


@dataclass(kw_only=True, eq=False, repr=False)
class ObjectDetector(PictureItems, Recipe):
    """Finds things in pictures: where each stands, and what it is.

    Takes the parameters of `Recipe`, and these.

    Args:
        encoder: `"auto"` and `"compact"`, which begins at random; `"efficientnet_lite0"`; `"retinanet"` or `"dfine"` of
            KerasHub; a Keras model of pictures, or a callable from pixels (batch, size, size, channels), float32 from
            0 to 255, to three maps of an eighth, a sixteenth and a thirty-second of the size.
        weights: None, `"imagenet"`, or `"auto"`: those of ImageNet where they are on this machine. Of `"retinanet"`
            and `"dfine"` a folder with a preset of KerasHub or a preset's name, which downloads; else they begin at
            random.
        size: the pixels a side of the square that pictures are brought to, with black beside; a multiple of 32.
            `"auto"` is the median of the pictures' longer sides, from 64 to 416, or `tile`.
        tile: the pixels a side of the tiles that pictures are cut into, to train and to answer; they overlap by a
            quarter. None takes pictures whole. For things that are small in large pictures.
        threshold: the lowest score that is answered, 0 to 1.
        overlap: the highest IoU of two boxes of a class that are both answered, 0 to 1.
        augment: what is done to training pictures: `"auto"` changes their size, place, colours and light, mirrors
            them and, where there is time for 60 passes, makes some of four (mosaic; not in the last of the passes);
            None; or a callable from pixels (batch, size, size, channels) and boxes (batch, boxes, 5), class, left,
            top, right, bottom as shares of the side, to the same.
        flips: the directions in which `augment="auto"` mirrors: `"horizontal"`, `"vertical"`.

    Example:
        >>> det = ObjectDetector(epochs=30)
        >>> det.fit("street.coco.json").evaluate("val.coco.json")
        >>> det("street.jpg").plot()
    """

    name: ClassVar[str] = "detector"
    input_name: ClassVar[str] = "image"
    modality: ClassVar[str] = "detection"
    input_kind: ClassVar[str] = "encoded pictures"
    tolerances: ClassVar[dict[str, float]] = {"box": 0.5, "score": 1e-3, "logits": 1e-3}
    measured_by: ClassVar[str] = "AP50"

    encoder: Any = "auto"
    weights: Any = "auto"
    size: int | str = "auto"
    tile: int | None = None
    threshold: float = 0.25
    overlap: float = 0.6
    augment: Any = "auto"
    flips: tuple[str, ...] = ("horizontal",)

    def fit(self, X: Any, y: Any = None, *, validation: Any = None, groups: Any = None, resume: Any = None) -> Self:
        """As `Recipe.fit`, from annotated pictures.

        Args:
            X: a COCO JSON file; a folder of COCO, Pascal VOC or YOLO, or a `data.yaml`, whose part for validation is
                used where there is one; a table with a row for each box; pictures. See `sora_keras.data.read_boxes`.
            y: for pictures the boxes of each.
        """
        from sora_keras.data.box_reading import has_part, read_boxes

        Asked.of(self)
        if validation is None and isinstance(X, str | os.PathLike) and has_part(Path(X), "val"):
            validation = read_boxes(X, part="val")
        return super().fit(X, y, validation=validation, groups=groups, resume=resume)

    def read(self, X: Any, y: Any = None, *, schema: Schema | None = None, answers: bool = True) -> Examples:
        from sora_keras import data

        examples: Any
        if answers:
            examples = data.read_boxes(X, y, part="train" if schema is None else "test", memory=self.memory)
        else:
            examples = data.read_pictures(
                X, part="test", answer_required=False, by_class=False, memory=self.memory
            )  # fmt: skip
        item = data.find_picture_column(examples, exclude=(examples.answer,))
        return examples if schema is None or item == schema.item else examples.rename({item: schema.item})

    def learn(self, examples: Any) -> Schema:
        from sora_keras import data

        item = data.find_picture_column(examples, exclude=(examples.answer,))
        classes = tuple(sorted({label for boxes in examples.column(examples.answer) for label in boxes.labels}))
        labels = data.LabelSpace("multilabel", classes, classes)
        schema = data.Schema(item, str(examples.answer), labels, rows=len(examples))
        shares = self.targets(examples, schema).mean(axis=0)
        return data.Schema(item, schema.answer, labels, tuple(shares.tolist()), len(examples))

    def usable(self, examples: Any, schema: Schema) -> np.ndarray:
        from sora_keras import data

        return data.usable_rows(examples, schema.item)

    def to_train_on(self, examples: Any) -> tuple[Any, np.ndarray | None]:
        from sora_keras.data import find_picture_column
        from sora_keras.data.tiles import cut_examples

        if not self.tile:
            return examples, None
        return cut_examples(examples, find_picture_column(examples, exclude=(examples.answer,)), Asked.of(self).tile)

    def targets(self, examples: Any, schema: Schema) -> np.ndarray:
        """Which classes stand in each picture, (examples, classes)."""
        return labels_of(schema).encode([tuple(sorted(set(boxes.labels))) for boxes in examples.column(schema.answer)])

    def learned_targets(self, examples: Any, schema: Schema, preprocessing: Any) -> np.ndarray:
        """Class and corners as shares of the square, (examples, boxes, 5) float32; class -1 where there is no box."""
        from sora_keras.training import make_box_targets

        self.targets(examples, schema)  # raises for a class that is not known
        return make_box_targets(
            examples.column(schema.answer), labels_of(schema).classes, side=preprocessing.size[0],
            most=_MOST_TRAINED, say=print if self.verbose else None,
        )  # fmt: skip

    def choose_encoder(self, examples: Any) -> tuple[Any, str]:
        from sora_keras.encoders.detection_encoders import choose_detection_encoder

        return choose_detection_encoder(self.encoder, self.weights)

    def defaults(self, encoder: Any, rows: int) -> TrainingDefaults:
        from sora_keras.encoders import resolve_encoder

        # A picture has many places, each of which is an example: few pictures are a batch.
        return resolve_encoder(encoder, self.modality).training.suited_to(rows, least=4)

    def preprocess(self, examples: Any, schema: Schema, encoder: Any) -> Any:
        from sora_keras.layers.pictures import DecodePictures

        given, channels = sides_of(self.size), 3
        if given is not None and (given[0] != given[1] or given[0] % 32):
            raise ParameterError(f"size must be a multiple of 32, the same for both sides. Received: {self.size!r}")
        usual = _LARGEST
        if examples is not None:
            sides, channels = usual_shape(examples, most=_LARGEST)
            usual = max(sides)
        side = given[0] if given else max(_SMALLEST, 32 * -(-(self.tile or usual) // 32))
        return DecodePictures((side, side), channels, fit="pad", name="preprocessing")

    def make_core(self, preprocessing: Any, schema: Schema, encoder: Any) -> keras.Model:
        import keras

        from sora_keras.encoders import resolve_encoder
        from sora_keras.encoders.custom import apply, fresh
        from sora_keras.encoders.detecting import DetectorFacts, detector_core
        from sora_keras.encoders.detection_encoders import WHOLE

        facts = DetectorFacts(preprocessing.size[0], preprocessing.channels, len(labels_of(schema).classes))

        def extend(hidden: Any, stride: int) -> Any:
            for layer in self.layers:
                copy = fresh(layer)
                if isinstance(copy, keras.layers.Layer):
                    copy.name = f"{copy.name}_{stride}"
                hidden = apply(copy, hidden, "extend()")
            return hidden

        own = resolve_encoder(encoder, self.modality)
        if own.reads != WHOLE:
            return detector_core(lambda pixels: own.build(pixels, facts), facts, extend)
        if self.layers:
            raise ParameterError(f"encoder={own.name!r} is a whole detector: extend() finds no place for layers.")
        core: keras.Model = own.build(None, facts)
        return core

    def at_once(self, core: keras.Model) -> int:
        return at_once(core.input.shape[1])

    def augmentation(self, core: keras.Model, rows: int, settings: TrainingSettings) -> Any:
        from sora_keras.encoders.pictures import work_of
        from sora_keras.training import make_box_augmentation, work_in

        passes = math.inf
        if self.time_limit is not None:
            passes = work_in(self.time_limit, rows) / max(1.0, work_of(core.input, core.output))
        return make_box_augmentation(
            self.augment, flips=self.flips, epochs=settings.epochs, ends=settings.deadline, seed=self.seed,
            passes=passes,
        )  # fmt: skip

    def loss(self, schema: Schema, core: keras.Model, encoder: Any) -> Any:
        from sora_keras.encoders import resolve_encoder
        from sora_keras.encoders.detection_encoders import WHOLE
        from sora_keras.encoders.hub_detectors import hub_loss
        from sora_keras.training import detection_loss

        return hub_loss(core) if resolve_encoder(encoder, self.modality).reads == WHOLE else detection_loss

    def named_answers(
        self, output: Any, raw: Any, preprocessing: Any, schema: Schema, decision: Decision
    ) -> dict[str, Any]:  # fmt: skip
        from sora_keras.layers.box_decision import BoxDecision
        from sora_keras.layers.letterbox import PictureSizes

        decide = BoxDecision(labels_of(schema).classes, preprocessing.size[0], self.threshold, self.overlap)
        return dict(decide([output, PictureSizes()(raw)]))

    def card_facts(self) -> dict[str, Any]:
        from sora_keras.layers.box_decision import MOST
        from sora_keras.layers.places import BINS, STRIDES

        fitted = self.fitted
        width = fitted.core.output_shape[-1] - len(labels_of(fitted.schema).classes)
        reading = "The first four numbers of a place are left, top, right and bottom in pixels."
        if width != 4:
            reading = (
                f"The first {4 * BINS} are logits: for left, top, right and bottom the softmax of {BINS} each is how "
                f"likely that side is 0 to {BINS - 1} strides away from the middle of the place. Places are those of "
                f"the strides {', '.join(map(str, STRIDES))} in turn, row by row."
            )
        size, channels = fitted.preprocessing.size[0], fitted.preprocessing.channels
        facts = {"threshold": self.threshold, "overlap": self.overlap, "most": MOST, "side": size}
        return {"boxes": {**facts, "channels": channels, "reading": reading}}

    # Answers.

    def __call__(
        self, item: Any, *, threshold: float | None = None, overlap: float | None = None, tile: int | None = None
    ) -> Any:
        """`Detections` of one picture, or a list of them for several.

        Args:
            item: a path, encoded bytes, an array (height, width[, channels]) or a Pillow image; or several.
            threshold, overlap, tile: other ones than those of the recipe; `tile=0` takes pictures whole.

        Raises:
            DataError: a picture cannot be read.
        """
        asked = Asked.of(self, threshold, overlap, tile)
        several = not self.is_one(item)
        answers = detect(self, self.check_items(self.items_of(item) if several else [item]), asked)
        return answers if several else answers[0]

    def predict(
        self, X: Any, *, threshold: float | None = None, overlap: float | None = None, tile: int | None = None
    ) -> list[Detections]:  # fmt: skip
        """`Detections` for each picture, as `det(…)` gives them."""
        asked = Asked.of(self, threshold, overlap, tile)
        examples = self.read(X, schema=self.fitted.schema, answers=False)
        return detect(self, examples.column(self.fitted.schema.item), asked)

    def stream(
        self, X: Any, *, every: int = 1, threshold: float | None = None, overlap: float | None = None,
        tile: int | None = None,
    ) -> Iterator[Detections]:  # fmt: skip
        """`Detections` for each picture or frame in turn, in bounded memory however many there are.

        Args:
            X: as `predict` takes it, or a video file. every: of a video every so many frames.

        One that cannot be read has its `error` set, and nothing is found in it.
        """
        return detect_stream(self, X, Asked.of(self, threshold, overlap, tile), every)

    def stream_to(
        self, X: Any, path: str | os.PathLike[str], *, copies: str | os.PathLike[str] | None = None, every: int = 1,
        overwrite: bool = False, threshold: float | None = None, overlap: float | None = None, tile: int | None = None,
    ) -> Path:  # fmt: skip
        """Write what is found in each picture or frame to a JSON-lines file, and copies with the boxes drawn.

        Args:
            X: a folder, a glob, pictures, or a video file. path: the file to write, a line for each picture or frame.
            copies: a folder for the copies, or of a video a file that ends in `.mp4`. every: of a video every so many
                frames. overwrite: replace what is there.

        Raises:
            SaveError: something is there, or the disk refused. DataError: not one picture can be read.
        """
        from sora_keras.tasks.detector_streaming import stream_to

        return stream_to(
            self, X, path, copies=copies, every=every, overwrite=overwrite, threshold=threshold, overlap=overlap,
            tile=tile,
        )  # fmt: skip

    def answer_readable(self, examples: Any) -> tuple[dict[str, np.ndarray], Any, tuple[Finding, ...]]:
        asked = Asked.of(self, threshold=_LOWEST)
        if asked.tile:
            return tiled_answers(self, examples, asked)
        return answer_readable(self, examples, make_graph(self, asked))

    def score_answers(
        self, examples: Any, answers: dict[str, np.ndarray], fitted: Fitted, findings: tuple[Finding, ...] = ()
    ) -> BoxReport:
        from PIL import Image

        from sora_keras.data.tiles import upright_pixels
        from sora_keras.evaluation import evaluate_boxes

        if not len(examples):
            raise DataError(f"{examples.source} has no picture to score.")
        schema, classes = fitted.schema, labels_of(fitted.schema).classes
        self.targets(examples, schema)  # raises for a class that is not known
        pictures = examples.column(schema.item)
        return evaluate_boxes(
            list(examples.column(schema.answer)),
            found_in(answers, classes),
            classes,
            threshold=self.threshold,
            picture=lambda row: Image.fromarray(upright_pixels(pictures[row])),
            names=lambda row: Path(pictures[row].path).name if pictures[row].path else f"picture {row}",
            title=f"{type(self).__name__} ({fitted.encoder}) on {examples.source}",
            noticed=[*(note.message for note in examples.notes), *(finding.message for finding in findings)],
            seed=self.seed,
        )

    def share_right(self, targets: np.ndarray, logits: np.ndarray) -> float:
        fitted = self.fitted
        return average_precision_of(targets, logits, fitted.preprocessing.size[0], labels_of(fitted.schema).classes)

    def share_same(self, logits: np.ndarray, others: np.ndarray) -> float:
        fitted = self.fitted
        classes = len(labels_of(fitted.schema).classes)
        return share_found_again(logits, others, fitted.preprocessing.size[0], classes, Asked.of(self))

    def score(self, X: Any, y: Any = None) -> float:
        """mAP@[.50:.95], as `evaluate` gives it."""
        return float(self.evaluate(X, y)["map"])

    def explain(self, item: Any, *, target: Any = None, method: str = "auto") -> PictureExplanation:
        """Which parts of a picture, or of the tile that it was found in, drove one of its detections.

        Args:
            item: a picture. target: which detection, by its place (0, the surest, by default), or the surest of a
                class by its name. method: `"odam"`, `"integrated_gradients"`, or `"auto"`: the first where the core
                has a pyramid of maps.

        Raises:
            ParameterError: there is no such detection, or no such method.
        """
        from sora_keras.explanation import explain_box

        fitted, pictures = self.fitted, self.check_items([item])
        found = chosen(self(item), target, self.threshold)
        if self.tile:
            pictures[0], found = tile_with(pictures[0], found, self.tile)
        place, kind = place_of(self, pictures, found)
        return explain_box(
            fitted.preprocessing(self.raw(pictures)).numpy()[0],
            core=fitted.core,
            place=place,
            kind=kind,
            label=labels_of(fitted.schema).classes[kind],
            classes=len(labels_of(fitted.schema).classes),
            method=method,
        )


def labels_of(schema: Schema) -> LabelSpace:
    """The classes of a detector's schema, which always has some."""
    assert schema.labels is not None
    return schema.labels
