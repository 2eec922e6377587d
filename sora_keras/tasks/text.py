"""Texts to classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sora_keras import parameters
from sora_keras.answering import answer_few
from sora_keras.errors import ArgumentTypeError, DataError
from sora_keras.tasks.classifier import Classifier, class_shares, labels_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras
    import tensorflow as tf

    from sora_keras.data import Examples, Schema, StreamedExamples
    from sora_keras.encoders import TrainingDefaults
    from sora_keras.explanation import Explanation
    from sora_keras.training import NumberCache, Numbers

_MANY = 200_000
_FEW = 5_000
_CHUNK = 16384
_ODD = ("", "a", "Good?! 好。", "naïve café\t😀 12", "x" * 300)


@dataclass(kw_only=True, eq=False, repr=False)
class TextClassifier(Classifier):
    """Sorts texts of any language into two or more classes, or gives each any number of labels.

    Takes the parameters of `Recipe` and of `Classifier`, and these.

    Args:
        encoder: `"ngram"` (naive-Bayes evidence of words and word groups, refined: fast, and hard to beat on
            small data), `"cnn"`, `"lstm"`, `"bilstm"`, `"transformer"`, `"preset:NAME_OR_DIR"` (a KerasHub
            text backbone; a local folder first, and only a name that is no folder is downloaded), `"auto"`, a
            Keras layer or model, or a callable. The last three get the embedded words
            (batch, words, 128), masked; a model that begins with an `Embedding` gets the words' numbers
            (batch, words), of which 0 pads, 1 is an unknown word, and `vocabulary` + 1 is the largest.
        vocabulary: the most words to know (for `"ngram"` n-grams); `"auto"` is 20,000 (1,048,576).
        length: the most words of a text to read, for encoders that read words in their order.

    Example:
        >>> clf = TextClassifier(verbose=False)
        >>> clf.fit(["good film", "bad film"] * 20, ["pos", "neg"] * 20)("good").label
        'pos'
    """

    name: ClassVar[str] = "text-classifier"
    input_name: ClassVar[str] = "text"
    modality: ClassVar[str] = "text"

    encoder: Any = "ngram"
    vocabulary: int | str = "auto"
    length: int = 400

    def read(
        self, X: Any, y: Any = None, *, schema: Schema | None = None, answers: bool = True
    ) -> Examples | StreamedExamples:
        from sora_keras import data

        if schema is None:
            return data.read_examples(X, y, memory=self.memory, default_name="text")
        examples = data.read_examples(X, y, answer_required=False, memory=self.memory, default_name=schema.item)
        if answers and y is None:
            examples = data.with_known_answer(examples, schema.answer)
        if schema.item not in examples.names:
            found = data.find_text_column(examples, exclude=(examples.answer,))
            examples = examples.rename({found: schema.item})
        return examples

    def learn_schema(self, examples: Any) -> Schema:
        from sora_keras import data

        item = data.find_text_column(examples, exclude=(examples.answer,))
        complete = self._complete(examples, item)
        if not len(complete):
            raise DataError(f"No row of {examples.source} has both a text in {item!r} and an answer.")
        usable = examples.take(complete)
        labels = self.learn_labels(usable)
        targets = self.targets(usable, data.Schema(item, examples.answer, labels))
        return data.Schema(item, examples.answer, labels, class_shares(targets, labels), len(usable))

    def usable(self, examples: Any, schema: Schema) -> np.ndarray:
        return self._complete(examples, schema.item)

    def _complete(self, examples: Any, item: str) -> np.ndarray:
        from sora_keras import data

        return data.usable_rows(examples, item, examples.answer)

    def choose_encoder(self, examples: Any) -> tuple[Any, str]:
        rows = 0 if examples is None else len(examples)
        if not isinstance(self.encoder, str) or self.encoder != "auto":
            return self.encoder, ""
        if rows < _MANY:
            why = f"{rows:,} texts, fewer than {_MANY:,}, are too few for the others to do better"
            return "ngram", f"encoder='auto' picked 'ngram': {why}."
        return "cnn", f"encoder='auto' picked 'cnn': {rows:,} texts are enough to learn words from their neighbours."

    def defaults(self, encoder: Any, rows: int) -> TrainingDefaults:
        from sora_keras.encoders import resolve_encoder

        return resolve_encoder(encoder, "text").training.suited_to(rows)

    def preprocess(self, examples: Any, schema: Schema, encoder: Any) -> Any:
        from sora_keras.encoders import resolve_encoder

        parameters.check_number("vocabulary", self.vocabulary, least=1, whole=True, auto=True)
        parameters.check_number("length", self.length, least=4, whole=True)
        reads = resolve_encoder(encoder, "text").reads
        if reads not in ("ngrams", "words"):
            from sora_keras.encoders.preset import load_tokenizer
            from sora_keras.layers.preset_ids import PresetIds

            return PresetIds(load_tokenizer(reads), length=self.length, name="preprocessing")
        if examples is None:
            return self._layer(reads, self._size(reads, schema))
        layer = self._layer(reads, 1)
        texts = (chunk.column(schema.item) for chunk in examples.batches(_CHUNK))
        # In few texts, what was seen once must count too.
        layer.adapt(texts, size=self._size(reads, schema), min_count=1 if len(examples) < _FEW else 2)
        return layer

    def _layer(self, reads: str, size: int) -> Any:
        from sora_keras.layers.ngram_ids import NgramIds
        from sora_keras.layers.word_ids import WordIds

        if reads == "ngrams":
            return NgramIds(vocabulary_size=size, name="preprocessing")
        return WordIds(vocabulary_size=size, length=self.length, name="preprocessing")

    def _size(self, reads: str, schema: Schema) -> int:
        if isinstance(self.vocabulary, int):
            return self.vocabulary
        # With many classes an n-gram has many numbers: their product is what must fit in memory.
        most = 2**25 // len(labels_of(schema).classes)
        return min(2**20, most) if reads == "ngrams" else 20_000

    def _facts(self, preprocessing: Any, schema: Schema) -> Any:
        from sora_keras.encoders.text import TextFacts

        labels = labels_of(schema)
        return TextFacts(
            vocabulary_size=getattr(preprocessing, "largest_id", 0) + 1,
            length=self.length,
            outputs=1 if labels.kind == "binary" else len(labels.classes),
        )

    def make_core(self, preprocessing: Any, schema: Schema, encoder: Any) -> keras.Model:
        import keras

        from sora_keras.encoders import resolve_encoder
        from sora_keras.encoders.custom import apply, fresh
        from sora_keras.encoders.text import HEAD

        facts = self._facts(preprocessing, schema)
        ids = keras.Input((None,), dtype="int32", name="ids")
        encoded = resolve_encoder(encoder, "text").build(ids, facts)
        for layer in self.layers:
            encoded = apply(fresh(layer), encoded, "extend()")
        head = keras.layers.Dense(facts.outputs, dtype="float32", name=HEAD)
        return keras.Model(ids, apply(head, encoded, "extend()"), name="core")

    def begin(self, core: keras.Model, schema: Schema, encoder: Any, numbers: Numbers, targets: np.ndarray) -> None:
        from sora_keras.encoders import resolve_encoder

        begin = resolve_encoder(encoder, "text").begin
        if begin is not None:
            begin(core, numbers, targets)

    def numberer(self, preprocessing: Any, schema: Schema) -> Callable[[Any], NumberCache]:
        from sora_keras.training import text_numberer

        return text_numberer(preprocessing, schema.item)

    def raw(self, items: np.ndarray) -> tf.Tensor:
        from sora_keras.data import string_tensor

        return string_tensor(items)

    def lengths(self, items: np.ndarray) -> np.ndarray:
        return np.fromiter(map(len, items), np.int64, len(items))

    def odd_items(self) -> tuple[str, ...]:
        return _ODD

    def is_one(self, item: Any) -> bool:
        return isinstance(item, str)

    def check_items(self, items: list[Any]) -> np.ndarray:
        for place, item in enumerate(items):
            if not isinstance(item, str):
                raise ArgumentTypeError(
                    f"A TextClassifier answers texts. Received: {type(item).__name__} at place {place}."
                )
        return np.array(items, dtype=object)

    def explain(self, item: str, *, target: Any = None, method: str = "auto") -> Explanation:
        """How much each word spoke for a class.

        Args:
            item: a text. target: the class to explain; None takes the likeliest.
            method: `"integrated_gradients"`, `"occlusion"`, or `"auto"`, see `sora_keras.explanation`.
        """
        from sora_keras.explanation import explain_text

        fitted = self.fitted
        probabilities = answer_few(self, self.check_items([item]))["probabilities"][0]
        index = self.target_index(target, probabilities)
        return explain_text(
            item,
            preprocessing=fitted.preprocessing,
            core=fitted.core,
            value=self.explained_value(index),
            label=labels_of(fitted.schema).values[index],
            method=method,
        )
