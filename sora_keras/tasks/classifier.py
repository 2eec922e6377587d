"""What every recipe shares whose answers are classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.answering import answer_all, answer_few, answer_readable, answer_stream
from sora_keras.errors import ArgumentTypeError, DataError, ParameterError, nearest
from sora_keras.fitting import logits_of
from sora_keras.pages import png_of
from sora_keras.prediction import Prediction, Predictions
from sora_keras.recipe import Recipe
from sora_keras.tasks.deciding import check_decisions, learn_decision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import keras

    from sora_keras.data import Finding, LabelSpace, Schema
    from sora_keras.evaluation import Decision, Report
    from sora_keras.task import Fitted
    from sora_keras.training import Feed

_RARE = 0.2


@dataclass(kw_only=True, eq=False, repr=False)
class Classifier(Recipe):
    """A recipe whose answers are classes; tasks add how their items are read and encoded.

    Args:
        class_weight: `"auto"` weighs classes by their rarity when the rarest has less than a fifth of the
            largest; a dictionary from class to weight (1 where none is given); or None.
        multi_label: whether an item can have several labels; `"auto"` looks whether answers are lists.
        separator: what stands between the labels of one item where they come as one string, such as "|".
        calibrate: whether to divide logits by the temperature of the lowest validation loss; `"auto"` does so with 100
            validation rows or more.
        positive: of two classes the one that is looked for, such as an illness; the second by default.
        min_sensitivity: the share of positive validation rows that must be found, 0 to 1; the threshold is the highest
            that does so.
        cost: instead, what a mistake costs, as `{"missed": 10, "false_alarm": 1}`; the threshold is the cheapest.
        abstain_below: the highest probability below which `clf(item)` and exports give no label, 0 to 1.
    """

    class_weight: Any = "auto"
    multi_label: bool | str = "auto"
    separator: str | None = None
    calibrate: bool | str = "auto"
    positive: Any = None
    min_sensitivity: float | None = None
    cost: dict[str, float] | None = None
    abstain_below: float | None = None

    # What the life cycle asks for.

    def learn_labels(self, examples: Any) -> LabelSpace:
        """The classes of these examples' answers."""
        from sora_keras.data import LabelSpace

        return LabelSpace.learn(
            examples.column(examples.answer),
            name=examples.answer,
            multi_label=self.multi_label,
            separator=self.separator,
        )

    def targets(self, examples: Any, schema: Schema) -> np.ndarray:
        return labels_of(schema).encode(examples.column(examples.answer))

    def example_weights(self, targets: np.ndarray, schema: Schema) -> np.ndarray | None:
        labels = labels_of(schema)
        if self.class_weight is None or labels.kind == "multilabel":
            return None
        return self._class_weights(targets, labels)[targets].astype(np.float32)

    def _class_weights(self, targets: np.ndarray, labels: LabelSpace) -> np.ndarray:
        if isinstance(self.class_weight, dict):
            for name in self.class_weight:
                if str(name) not in labels.classes:
                    raise ParameterError(
                        f"class_weight names {name!r}, which is no class.{nearest(name, labels.classes)} "
                        f"Classes: {', '.join(labels.classes)}."
                    )
            given = {str(name): weight for name, weight in self.class_weight.items()}
            return np.array([float(given.get(name, 1)) for name in labels.classes])
        if self.class_weight != "auto":
            raise ArgumentTypeError(
                f"class_weight must be 'auto', a dictionary or None. Received: {self.class_weight!r}"
            )
        counts = np.maximum(np.bincount(targets, minlength=len(labels.classes)), 1)
        if counts.min() >= _RARE * counts.max():
            return np.ones(len(counts))
        return counts.sum() / (len(counts) * counts)

    def loss(self, schema: Schema, core: keras.Model, encoder: Any) -> Any:
        import keras

        if labels_of(schema).kind == "multiclass":
            return keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return keras.losses.BinaryCrossentropy(from_logits=True)

    def learn(self, examples: Any) -> Schema:
        schema = self.learn_schema(examples)
        check_decisions(self, labels_of(schema))
        return schema

    def learn_schema(self, examples: Any) -> Schema:
        """Which column is which, and the classes."""
        raise NotImplementedError

    def decide(self, schema: Schema, core: keras.Model, held_out: Feed | None) -> Decision:
        logits = None if held_out is None else logits_of(core, held_out)
        return learn_decision(self, labels_of(schema), logits, None if held_out is None else held_out.targets)

    def decode(self, schema: Schema, decision: Decision) -> Any:
        from sora_keras.layers.class_decision import ClassDecision

        labels = labels_of(schema)
        return ClassDecision(
            list(labels.classes), labels.kind, temperature=decision.temperature, positive=decision.positive,
            threshold=decision.threshold, abstain_below=decision.abstain_below, name="decision",
        )  # fmt: skip

    @property
    def _decision(self) -> Decision:
        from sora_keras.evaluation import Decision

        return self.fitted.decision or Decision()

    def share_right(self, targets: np.ndarray, logits: np.ndarray) -> float:
        from sklearn.metrics import accuracy_score

        answers = self.decode(self.fitted.schema, self._decision)(logits)
        return float(accuracy_score(targets, self._chosen(np.asarray(answers["probabilities"]))))

    def _chosen(self, probabilities: np.ndarray) -> np.ndarray:
        """The classes as `targets` gives them, from (items, classes)."""
        if labels_of(self.fitted.schema).kind == "multilabel":
            return (probabilities >= 0.5).astype(np.int64)
        return self._decision.predicted(probabilities)

    def score_answers(
        self, examples: Any, answers: dict[str, np.ndarray], fitted: Fitted, findings: tuple[Finding, ...] = ()
    ) -> Report:
        from sora_keras.evaluation import evaluate_classification

        schema, labels = fitted.schema, labels_of(fitted.schema)
        if not len(examples):
            raise DataError(f"{examples.source} has no row with both an item and an answer to score.")

        def items(rows: np.ndarray) -> np.ndarray:
            return np.asarray(examples.take(rows).column(schema.item))

        pictures = hasattr(items(np.arange(1))[0], "_repr_png_")
        return evaluate_classification(
            self.targets(examples, schema),
            answers["probabilities"],
            labels.classes,
            kind=labels.kind,
            show=lambda rows: [str(item) for item in items(rows)],
            draw=(lambda rows: [png_of(item) for item in items(rows)]) if pictures else None,
            prior=np.array(schema.frequencies),
            title=f"{type(self).__name__} ({fitted.encoder}) on {examples.source}",
            noticed=[finding.message for finding in findings],
            decision=self._decision,
            seed=self.seed,
        )

    # The verbs of a classifier.

    def predict(self, X: Any) -> np.ndarray:
        """The class of each item, in the user's own type; for several labels an indicator (items, classes).

        It names a class also where `clf(item)` would abstain.
        """
        chosen = self._chosen(self.predict_proba(X))
        return chosen if chosen.ndim == 2 else self.classes_[chosen]

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of each class (items, classes), in the order of `classes_`."""
        examples = self.read(X, schema=self.fitted.schema, answers=False)
        return answer_all(self, examples)["probabilities"]

    def stream(self, X: Any) -> Iterator[Prediction]:
        """A `Prediction` for each item in turn, in bounded memory however large the data."""
        examples = self.read(X, schema=self.fitted.schema, answers=False)
        for items, answers in answer_stream(self, examples):
            yield from map(self._prediction, answers["probabilities"], items)

    def __call__(self, item: Any) -> Any:
        """A `Prediction` for one item, or a list of them for several."""
        several = not self.is_one(item)
        items = self.check_items(self.items_of(item) if several else [item])
        answers = Predictions(map(self._prediction, answer_few(self, items)["probabilities"], items))
        return answers if several else answers[0]

    def is_one(self, item: Any) -> bool:
        """Whether this is one item rather than several."""
        raise NotImplementedError

    def items_of(self, several: Any) -> list[Any]:
        """The items that several are."""
        return list(several)

    def check_items(self, items: list[Any]) -> np.ndarray:
        """Items as the pipeline takes them; raises `ArgumentTypeError` for what is none."""
        raise NotImplementedError

    def _prediction(self, probabilities: np.ndarray, item: Any) -> Prediction:
        labels = labels_of(self.fitted.schema)
        by_class = dict(zip(labels.values, probabilities.tolist(), strict=True))
        # A text is shown by its words; to keep it here would only hold memory.
        item = item if hasattr(item, "_repr_png_") else None
        if labels.kind != "multilabel":
            chosen = int(self._decision.predicted(probabilities[None])[0])
            if self._decision.abstains(probabilities[None])[0]:
                return Prediction(None, max(by_class.values()), by_class, item, abstained=True)
            best = labels.values[chosen]
            return Prediction(best, by_class[best], by_class, item)
        several = tuple(name for name, value in by_class.items() if value >= 0.5)
        sure = min((by_class[name] for name in several), default=1 - max(by_class.values()))
        return Prediction(several, sure, by_class, item)

    def explained_value(self, target: int) -> Callable[[Any], Any]:
        """From logits (batch, outputs) to the log-odds of class `target` (batch,)."""
        from keras import ops

        kind = labels_of(self.fitted.schema).kind
        if kind == "binary":
            sign = 1.0 if target == 1 else -1.0
            return lambda logits: sign * logits[:, 0]
        if kind == "multilabel":
            return lambda logits: logits[:, target]

        def log_odds(logits: Any) -> Any:
            # Softmax compares logits: one alone says nothing.
            others = ops.concatenate([logits[:, :target], logits[:, target + 1 :]], axis=1)
            return logits[:, target] - ops.logsumexp(others, axis=1)

        return log_odds

    def target_index(self, target: Any, probabilities: np.ndarray) -> int:
        """The place of the class to explain: the one named, or the likeliest."""
        labels = labels_of(self.fitted.schema)
        if target is None:
            return int(probabilities.argmax())
        if str(target) not in labels.classes:
            raise ParameterError(
                f"target={target!r} is no class.{nearest(target, labels.classes)} Classes: {', '.join(labels.classes)}."
            )
        return labels.classes.index(str(target))

    # What scikit-learn asks for.

    @property
    def classes_(self) -> np.ndarray:
        """The classes in the user's own type, in the order of the probabilities."""
        return np.array(labels_of(self.fitted.schema).values)

    def score(self, X: Any, y: Any = None) -> float:
        """Accuracy, as scikit-learn's classifiers score."""
        from sklearn.metrics import accuracy_score

        schema = self.fitted.schema
        examples = self.read(X, y, schema=schema)
        answers, examples, _ = answer_readable(self, examples)
        probabilities = answers["probabilities"]
        truth = self.targets(examples, schema)
        return float(accuracy_score(truth, self._chosen(probabilities)))

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, TargetTags

        tags = super().__sklearn_tags__()
        tags.estimator_type = "classifier"
        tags.target_tags = TargetTags(required=True, multi_output=True)
        tags.classifier_tags = ClassifierTags(multi_label=True)
        return tags


def class_shares(targets: np.ndarray, labels: LabelSpace) -> tuple[float, ...]:
    """The share of the examples that has each class."""
    if labels.kind == "multilabel":
        return tuple(targets.mean(axis=0).tolist())
    return tuple((np.bincount(targets, minlength=len(labels.classes)) / len(targets)).tolist())


def labels_of(schema: Schema) -> LabelSpace:
    """The classes of a classifier's schema, which always has some."""
    assert schema.labels is not None
    return schema.labels
