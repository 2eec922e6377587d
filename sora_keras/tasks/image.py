"""Pictures to classes."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sora_keras import parameters
from sora_keras.answering import answer_few
from sora_keras.errors import DataError, ParameterError
from sora_keras.tasks.classifier import Classifier, class_shares, labels_of
from sora_keras.tasks.picture_items import PictureItems, sides_of, usual_shape

if TYPE_CHECKING:
    from typing import Self

    import keras

    from sora_keras.data import Examples, Schema, StreamedExamples
    from sora_keras.encoders import TrainingDefaults
    from sora_keras.evaluation import PictureGrid
    from sora_keras.explanation import PictureExplanation
    from sora_keras.training import Augmentation, TrainingSettings

_SAMPLED = 256
_LARGEST = 128
_SMOOTHING = 0.05
_PASSES = 12  # over the data, that a time limit should leave time for
_FEW_PASSES = 10  # in which a core learns more from the pictures themselves than from changed ones
_FITS = ("crop", "pad", "stretch")


@dataclass(kw_only=True, eq=False, repr=False)
class ImageClassifier(PictureItems, Classifier):
    """Sorts pictures into two or more classes, or gives each any number of labels.

    Takes the parameters of `Recipe` and of `Classifier`, and these.

    Args:
        encoder: `"auto"` (pretrained weights where they are on this machine and the pictures are large enough, else
            `"cnn"`); `"cnn"` (compact, right-sized to the pictures), `"resnet"` or `"vit"`, all from scratch;
            `"efficientnet_lite0"`; a network of `keras.applications` in lower case, such as `"mobilenetv2"`;
            `"preset:NAME_OR_DIR"` of KerasHub; a Keras layer or model, or a callable. The last three get the pixels
            (batch, height, width, channels), float32 from 0 to 255.
        weights: of `"efficientnet_lite0"` and the networks of `keras.applications`: None, `"imagenet"`, or `"auto"`:
            those of ImageNet where they are on this machine (`"efficientnet_lite0"` asks for its extra where they are
            not); of the networks also the path of a file. Only `"imagenet"` downloads.
        size: the pixels a side that pictures are brought to, or `(height, width)`; `"auto"` is what the encoder was
            trained with, or else the median of the training pictures, at most 128.
        fit_to: how: `"crop"` keeps the largest centred part, `"pad"` all of it with black beside,
            `"stretch"` all of it, distorted.
        augment: what is done to training pictures: `"auto"` moves them by up to 8 %, erases up to a fifth of one in
            four, changes the brightness and contrast of coloured ones, and mirrors them where validation pictures say
            that this keeps their class; where `time_limit` leaves time for fewer than ten passes, only the last;
            None; or Keras layers, such as `keras.layers.RandAugment`, `MixUp`, `CutMix` and `RandomErasing`, which
            then do all that is done.
        label_smoothing: the share of each answer that is spread over all classes; `"auto"` is 0.05 for three or
            more classes, else 0.

    Example:
        >>> clf = ImageClassifier(epochs=3)
        >>> clf.fit("photos/").evaluate("test_photos/")
    """

    name: ClassVar[str] = "image-classifier"
    input_name: ClassVar[str] = "image"
    modality: ClassVar[str] = "image"
    input_kind: ClassVar[str] = "encoded pictures"

    encoder: Any = "auto"
    weights: Any = "auto"
    size: int | tuple[int, int] | str = "auto"
    fit_to: str = "crop"
    augment: Any = "auto"
    label_smoothing: float | str = "auto"

    def fit(self, X: Any, y: Any = None, *, validation: Any = None, groups: Any = None, resume: Any = None) -> Self:
        """As `Recipe.fit`; a folder with `train` and `val` inside trains on the one and validates on the other."""
        from sora_keras.data import part_of

        if validation is None and isinstance(X, str | os.PathLike) and Path(X).is_dir():
            held_out = part_of(Path(X), "val")
            validation = held_out if part_of(Path(X), "train") else None
        return super().fit(X, y, validation=validation, groups=groups, resume=resume)

    def read(
        self, X: Any, y: Any = None, *, schema: Schema | None = None, answers: bool = True
    ) -> Examples | StreamedExamples:
        from sora_keras import data

        if schema is None:
            return data.read_pictures(X, y, memory=self.memory)
        examples = data.read_pictures(
            X, y, part="test", answer_required=False, by_class=answers, memory=self.memory
        )  # fmt: skip
        if answers and y is None:
            examples = data.with_known_answer(examples, schema.answer)
        if schema.item not in examples.names:
            found = data.find_picture_column(examples, exclude=(examples.answer,))
            examples = examples.rename({found: schema.item})
        return examples

    def learn_schema(self, examples: Any) -> Schema:
        from sora_keras import data

        item = data.find_picture_column(examples, exclude=(examples.answer,))
        usable = examples.take(self._complete(examples, item))
        if not len(usable):
            raise DataError(f"No row of {examples.source} has both a picture in {item!r} and an answer.")
        labels = self.learn_labels(usable)
        targets = self.targets(usable, data.Schema(item, examples.answer, labels))
        return data.Schema(item, examples.answer, labels, class_shares(targets, labels), len(usable))

    def usable(self, examples: Any, schema: Schema) -> np.ndarray:
        return self._complete(examples, schema.item)

    def _complete(self, examples: Any, item: str) -> np.ndarray:
        from sora_keras import data

        return data.usable_rows(examples, item, examples.answer)

    def choose_encoder(self, examples: Any) -> tuple[Any, str]:
        from sora_keras.encoders.choosing import choose_picture_encoder

        side = None
        if examples is not None and self.encoder == "auto":
            (height, width), _ = usual_shape(examples, most=4 * _LARGEST)
            side = min(height, width)
        return choose_picture_encoder(self.encoder, self.weights, side)

    def defaults(self, encoder: Any, rows: int) -> TrainingDefaults:
        from sora_keras.encoders import resolve_encoder

        return resolve_encoder(encoder, "image").training.suited_to(rows)

    def preprocess(self, examples: Any, schema: Schema, encoder: Any) -> Any:
        from sora_keras.encoders import resolve_encoder
        from sora_keras.layers.pictures import DecodePictures

        if self.fit_to not in _FITS:
            raise ParameterError(f"fit_to must be one of {', '.join(_FITS)}. Received: {self.fit_to!r}")
        size, channels = (_LARGEST, _LARGEST), 3
        if examples is not None:
            size, channels = usual_shape(examples, most=_LARGEST)
        wanted = resolve_encoder(encoder, self.modality).size
        size = sides_of(self.size) or ((wanted, wanted) if wanted else size)
        return DecodePictures(size, channels, fit=self.fit_to, name="preprocessing")

    def make_core(self, preprocessing: Any, schema: Schema, encoder: Any) -> keras.Model:
        import keras

        from sora_keras.encoders import resolve_encoder
        from sora_keras.encoders.custom import apply, fresh
        from sora_keras.encoders.pictures import PictureFacts

        labels = labels_of(schema)
        outputs = 1 if labels.kind == "binary" else len(labels.classes)
        height, width = preprocessing.size
        work = self._work(schema.rows)
        facts = PictureFacts(
            height, width, preprocessing.channels, outputs, schema.rows, None if work is None else work / _PASSES
        )
        pixels = keras.Input((height, width, preprocessing.channels), name="pixels")
        encoded = resolve_encoder(encoder, "image").build(pixels, facts)
        for layer in self.layers:
            encoded = apply(fresh(layer), encoded, "extend()")
        head = keras.layers.Dense(outputs, dtype="float32", name="head")
        return keras.Model(pixels, apply(head, encoded, "extend()"), name="core")

    def _work(self, rows: int) -> float | None:
        """Multiply-adds a picture, of one answer, that `time_limit` leaves time for over all passes."""
        from sora_keras.training import work_in

        return None if self.time_limit is None else work_in(self.time_limit, rows)

    def augmentation(self, core: keras.Model, rows: int, settings: TrainingSettings) -> Augmentation | None:
        from sora_keras.encoders.pictures import work_of
        from sora_keras.training import make_augmentation

        work = self._work(rows)
        passes = math.inf if work is None else work / max(1.0, work_of(core.input, core.output))
        few = passes < _FEW_PASSES
        if self.verbose and few and isinstance(self.augment, str):
            print(f"time_limit leaves time for about {max(1, round(passes))} passes: pictures are at most mirrored.")
        channels, outputs = core.input.shape[-1], core.output.shape[-1]
        return make_augmentation(self.augment, channels=channels, outputs=outputs, seed=self.seed, few_passes=few)

    def preview_augmentation(self, X: Any, y: Any = None, *, rows: int = 4, copies: int = 5) -> PictureGrid:
        """Training pictures beside copies of them as `augment` changes them; fits nothing.

        Args:
            X, y: data as `fit` takes them; without labels none are shown. rows: how many pictures, 1 to 64.
            copies: of each, 1 to 16.
        """
        from sora_keras.tasks.augmentation_preview import preview_augmentation

        return preview_augmentation(self, X, y, rows=rows, copies=copies)

    def loss(self, schema: Schema, core: keras.Model, encoder: Any) -> Any:
        import keras

        from sora_keras.training import smoothed_crossentropy

        parameters.check_number("label_smoothing", self.label_smoothing, least=0, most=0.9, auto=True)
        several = labels_of(schema).kind == "multiclass"
        given = self.label_smoothing
        smoothing = (_SMOOTHING if several else 0.0) if isinstance(given, str) else float(given)
        if several:
            return smoothed_crossentropy(smoothing)
        return keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing)

    def explain(self, item: Any, *, target: Any = None, method: str = "auto") -> PictureExplanation:
        """Which parts of a picture spoke for a class.

        Args:
            item: a picture. target: the class to explain; None takes the likeliest.
            method: `"grad_cam"`, `"integrated_gradients"`, or `"auto"`: the first where the encoder has a map.
        """
        from sora_keras.explanation import explain_picture

        fitted = self.fitted
        pictures = self.check_items([item])
        index = self.target_index(target, answer_few(self, pictures)["probabilities"][0])
        return explain_picture(
            fitted.preprocessing(self.raw(pictures)).numpy()[0],
            core=fitted.core,
            value=self.explained_value(index),
            label=labels_of(fitted.schema).values[index],
            method=method,
        )
