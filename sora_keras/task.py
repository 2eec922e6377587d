"""What a task supplies to the life cycle of recipes, and what it is left with once fitted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras
    import numpy as np
    import tensorflow as tf

    from sora_keras.data import Examples, Finding, Schema, StreamedExamples
    from sora_keras.encoders import TrainingDefaults
    from sora_keras.evaluation import BoxReport, Decision, Report
    from sora_keras.explanation import Explanation, PictureExplanation
    from sora_keras.training import Feed, Numbers, TrainingRecord, TrainingSettings


@dataclass(frozen=True, eq=False)
class Fitted:
    """What `fit` learned; a recipe has the whole of it or nothing.

    schema: columns and answers; preprocessing, core, pipeline: the three models; encoder: the name of the
    one in use; findings: what was noticed in the data; training: what happened; fingerprint: of the
    training data; rows: how many examples trained, and how many validated; examples_shown: a few raw
    training items, on which exports are proved; held_out: the examples that chose the weights; seen: what the
    training items are told by (none of these three is ever saved); scores: what the last `evaluate` gave;
    decision: what turns probabilities into answers.
    """

    schema: Schema
    preprocessing: Any
    core: keras.Model
    pipeline: keras.Model
    encoder: str
    findings: tuple[Finding, ...]
    training: TrainingRecord
    fingerprint: str
    rows: tuple[int, int]
    examples_shown: tuple[Any, ...] = ()
    held_out: Any = None
    decision: Decision | None = None
    seen: np.ndarray | None = None
    scores: dict[str, Any] = field(default_factory=dict)


class Task:
    """The questions that `fit`, `evaluate`, `predict` and `export` ask of a recipe, in the order of its life."""

    encoder: Any

    def read(
        self, X: Any, y: Any = None, *, schema: Schema | None = None, answers: bool = True
    ) -> Examples | StreamedExamples:
        """Raw data to examples; with a `schema` as the training data was read, and without answers if so said."""
        raise NotImplementedError

    def learn(self, examples: Any) -> Schema:
        """Which column is which, and what the answers look like."""
        raise NotImplementedError

    def usable(self, examples: Any, schema: Schema) -> np.ndarray:
        """The row numbers that can be used; the checks name the others."""
        raise NotImplementedError

    def to_train_on(self, examples: Any) -> tuple[Any, np.ndarray | None]:
        """What is trained and validated on, and of which example each is a part; None where it is the examples."""
        return examples, None

    def targets(self, examples: Any, schema: Schema) -> np.ndarray:
        """The answers as numbers, one row an example; rows alike are shared out alike to train and to validate."""
        raise NotImplementedError

    def learned_targets(self, examples: Any, schema: Schema, preprocessing: Any) -> np.ndarray:
        """The answers as the loss wants them: `targets`, unless they depend on the preprocessing."""
        return self.targets(examples, schema)

    def example_weights(self, targets: np.ndarray, schema: Schema) -> np.ndarray | None:
        """How much each example counts in the loss; None for all alike."""
        return None

    def choose_encoder(self, examples: Any) -> tuple[Any, str]:
        """The encoder to use for these training examples, or None, and why; `self.encoder` unless it is `"auto"`."""
        raise NotImplementedError

    def defaults(self, encoder: Any, rows: int) -> TrainingDefaults:
        """What `"auto"` stands for in training."""
        raise NotImplementedError

    def preprocess(self, examples: Any, schema: Schema, encoder: Any) -> Any:
        """The preprocessing layer, adapted on these training examples; on none, with its largest size."""
        raise NotImplementedError

    def numberer(self, preprocessing: Any, schema: Schema) -> Callable[[Any], Numbers]:
        """A function that runs the preprocessing once over every one of some examples."""
        raise NotImplementedError

    def raw(self, items: np.ndarray) -> tf.Tensor:
        """Items (items,) as the pipeline reads them."""
        raise NotImplementedError

    def at_once(self, core: keras.Model) -> int:
        """How many items are answered together."""
        return 256

    def lengths(self, items: np.ndarray) -> np.ndarray | None:
        """How long each item is, where a batch of items of one length is answered faster."""
        return None

    def odd_items(self) -> tuple[Any, ...]:
        """Items that are unlike training data, on which exports are proved too."""
        return ()

    def make_core(self, preprocessing: Any, schema: Schema, encoder: Any) -> keras.Model:
        """The untrained core."""
        raise NotImplementedError

    def augmentation(self, core: keras.Model, rows: int, settings: TrainingSettings) -> Any:
        """What is done to the training batches of this core, as `Augmentation` does it, and to no others; or None."""
        return None

    def share_right(self, targets: np.ndarray, logits: np.ndarray) -> float:
        """How many answers from these logits (examples, outputs) are right, as a share."""
        raise NotImplementedError

    def share_same(self, logits: np.ndarray, others: np.ndarray) -> float:
        """How many answers from these logits (examples, outputs) and from others are the same, as a share."""
        one, other = (some > 0 if some.shape[1] == 1 else some.argmax(axis=1) for some in (logits, others))
        return float((one == other).mean())

    def begin(self, core: keras.Model, schema: Schema, encoder: Any, numbers: Numbers, targets: np.ndarray) -> None:
        """Set weights that should not begin at random, from the training examples."""

    def loss(self, schema: Schema, core: keras.Model, encoder: Any) -> Any:
        """The Keras loss between the core's output and the targets."""
        raise NotImplementedError

    def decide(self, schema: Schema, core: keras.Model, held_out: Feed | None) -> Decision:
        """What turns probabilities into answers, found on validation data, where there are some."""
        from sora_keras.evaluation import Decision

        return Decision()

    def decode(self, schema: Schema, decision: Decision) -> Any:
        """The layer from the core's output to named answers."""
        raise NotImplementedError

    def named_answers(
        self, output: Any, raw: Any, preprocessing: Any, schema: Schema, decision: Decision
    ) -> dict[str, Any]:  # fmt: skip
        """From the core's output to named answers; `raw` are the items themselves, where these say something too."""
        return self.decode(schema, decision)(output)

    def card_facts(self) -> dict[str, Any]:
        """What the model card says beside what it says of every recipe."""
        return {}

    def score_answers(
        self, examples: Any, answers: dict[str, np.ndarray], fitted: Fitted, findings: tuple[Finding, ...] = ()
    ) -> Report | BoxReport:
        """How good the pipeline's answers are; `findings` are what was noticed in these examples."""
        raise NotImplementedError

    def explain(self, item: Any, *, target: Any = None, method: str = "auto") -> Explanation | PictureExplanation:
        """What in one item decided the answer."""
        raise NotImplementedError
