"""The life cycle that every recipe shares: its parameters, its verbs, and what a task supplies."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sora_keras import parameters
from sora_keras.errors import ArgumentTypeError, NotFittedError
from sora_keras.task import Fitted, Task

if TYPE_CHECKING:
    from typing import Self

    import keras
    import numpy as np

    from sora_keras.data import Finding
    from sora_keras.training import TrainingRecord


@dataclass(kw_only=True, eq=False, repr=False)
class Recipe(Task):
    """Turns one kind of raw data into one kind of answer; a scikit-learn estimator.

    Args:
        encoder: a registered name, a Keras layer or model, or a callable from tensor to tensor;
            `"auto"` picks by the data and says what it picked.
        layers: Keras layers between encoder and head; `extend` adds to them.
        epochs: the most passes over the data; `"auto"` suits the encoder. Training stops earlier when no
            better weights come.
        batch_size: examples a step.
        learning_rate: of the optimizer: AdamW, or Muon for a picture encoder of convolutions that begins at random.
        patience: passes without a lower validation loss before training stops.
        validation_fraction: the share of the examples kept for validation, 0 to 0.9, where `fit` is
            given no validation data.
        refit: train again on all examples, those for validation too, for as many passes as were best; where
            validation data are given apart, they stay apart. `"auto"` does so with encoders that train in
            seconds, on up to 50,000 examples.
        schedule: of the learning rate: `"constant"`, or `"cosine"`, which rises over a twentieth of the training
            and then falls to almost nothing; `"auto"` suits the encoder.
        average: keep a moving average of the weights, of which each step keeps this share, such as 0.99; None
            keeps the weights themselves; `"auto"` suits the encoder.
        time_limit: seconds after which `fit` stops and keeps the best weights; None sets no limit. With
            `schedule="cosine"` and `epochs="auto"` the rate falls along with the time, and all of it is used,
            for up to ten times the usual passes.
        seed: of splits, weights and order; the same seed gives the same weights on a CPU.
        memory: how much the data may take, in bytes or as in `"2GB"`, before it is streamed from disk;
            `"auto"` is a quarter of the free memory.
        precision: `"float32"`, `"mixed_float16"`, `"mixed_bfloat16"`, or `"auto"`: float16 on GPUs.
        verbose: show progress, and what was noticed in the data.
    """

    name: ClassVar[str]
    input_name: ClassVar[str]
    input_kind: ClassVar[str] = "UTF-8 strings"
    modality: ClassVar[str]
    # How much of which answer may differ once exported, and what tells how good a quantised core is.
    tolerances: ClassVar[dict[str, float]] = {}
    measured_by: ClassVar[str] = "accuracy"

    encoder: Any = "auto"
    layers: tuple[Any, ...] = ()
    epochs: int | str = "auto"
    batch_size: int | str = "auto"
    learning_rate: float | str = "auto"
    patience: int | str = "auto"
    schedule: str = "auto"
    average: float | str | None = "auto"
    validation_fraction: float = 0.1
    refit: bool | str = "auto"
    time_limit: float | None = None
    seed: int = 0
    memory: int | str = "auto"
    precision: str = "auto"
    verbose: bool = True

    def __post_init__(self) -> None:
        self._fitted: Fitted | None = None
        self._answer: Any = None

    # Parameters.

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters, as scikit-learn asks for them."""
        return {name: getattr(self, name) for name in parameters.names(self)}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name.

        Raises:
            ParameterError: there is no such parameter.
        """
        parameters.check_known(self, params)
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def use(self, **params: Any) -> Self:
        """`set_params`, as it reads in a chain: `.use(encoder="lstm", epochs=3)`."""
        return self.set_params(**params)

    def extend(self, *layers: Any) -> Self:
        """Add Keras layers between encoder and head, after those added before.

        Raises:
            ArgumentTypeError: something that is neither a Keras layer nor callable.
        """
        for layer in layers:
            if not callable(layer) or isinstance(layer, type):
                raise ArgumentTypeError(
                    f"extend() takes Keras layers, such as keras.layers.Dense(64). Received: {layer!r}"
                )
        self.layers = (*self.layers, *layers)
        return self

    # The verbs.

    def build(self, examples: Any, y: Any = None) -> keras.Model:
        """The untrained core, for data as `fit` takes it, or for a `Schema`."""
        from sora_keras.fitting import build_core

        return build_core(self, examples, y)

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        validation: Any = None,
        groups: Any = None,
        resume: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Read, check, split, preprocess and train.

        Args:
            X: the data: a path, several or a glob; a data frame, a dictionary of columns, a list of records;
                arrays; a folder with a sub-folder a class; a `tf.data.Dataset`.
            y: the answers, or the name of their column; None looks for an obvious one.
            validation: data as `X`, or a pair `(X, y)`; None keeps `validation_fraction` of the examples.
            groups: the name of a column, or one value an example; a group is never split.
            resume: a folder that keeps the run after each epoch. Called again with it, `fit` goes on there.

        Returns:
            The recipe. When `fit` raises, what was fitted before is still there.
        """
        from sora_keras.fitting import fit

        self._fitted = fit(self, X, y, validation=validation, groups=groups, resume=resume)
        return self

    def answer_readable(self, examples: Any) -> tuple[dict[str, np.ndarray], Any, tuple[Finding, ...]]:
        """The answers that `evaluate` scores, the examples they are for, and what was found of those left out."""
        from sora_keras.answering import answer_readable

        return answer_readable(self, examples)

    def evaluate(self, X: Any, y: Any = None) -> Any:
        """A `Report`: scores with intervals beside a trivial baseline, plots, and what to look at.

        Args:
            X: data as `fit` takes it. y: the answers; None uses the column that `fit` used.

        Items that cannot be read are left out, and the report names them.

        Raises:
            DataError: more than a twentieth cannot be read.
        """
        from sora_keras.data import seen_again

        fitted = self.fitted
        examples = self.read(X, y, schema=fitted.schema)
        examples = examples.take(self.usable(examples, fitted.schema))
        answers, examples, findings = self.answer_readable(examples)
        if fitted.seen is not None:
            findings = (*findings, *seen_again(fitted.seen, examples, fitted.schema.item))
        report = self.score_answers(examples, answers, fitted, findings)
        # The mistakes stay out: what is kept is saved, and the test data are nobody else's.
        content = report.to_dict()
        fitted.scores.update(rows=content["rows"], scores=content["scores"])
        return report

    def export(
        self, path: str | os.PathLike[str], *, format: str = "saved_model", quantize: str | None = None,
        data: Any = None, licence: str = "not stated", intended_use: str = "", overwrite: bool = False,
    ) -> Path:  # fmt: skip
        """Write an artefact that needs nothing of ours to run, and prove it before returning.

        Args:
            path: the folder to make. format: `"saved_model"` (raw input, named outputs), or `"litert"` or
                `"onnx"` (the numeric core with a JSON of the preprocessing).
            quantize: of LiteRT, `"float16"` (weights of half the size) or `"int8"` (whole numbers throughout, a quarter
                of the size, what small devices want); its accuracy is measured beside the float core's.
            data: examples with answers, as `evaluate` takes them, to measure that on; None takes those that were held
                out in `fit`, which a loaded recipe has not.
            licence, intended_use: for the model card. overwrite: replace what is there.

        Raises:
            ExportError: the artefact, loaded again, does not answer as `predict` does.
            SaveError: it could not be written; what was there before still is.
        """
        from sora_keras.exporting import export_recipe

        return export_recipe(
            self, path, format=format, quantize=quantize, data=data, licence=licence,
            intended_use=intended_use, overwrite=overwrite,
        )  # fmt: skip

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Keep the fitted recipe in a folder for `sora_keras.load`: Keras files and JSON, no pickle."""
        from sora_keras.saving import save_recipe

        return save_recipe(self, path, overwrite=overwrite)

    def _restore(self, folder: Path, content: dict[str, Any]) -> None:
        """Take up what `save` wrote."""
        from sora_keras.saving import restore_recipe

        restore_recipe(folder, content, self)

    # What `fit` learned.

    @property
    def fitted(self) -> Fitted:
        """All that `fit` learned.

        Raises:
            NotFittedError: `fit` was not called yet.
        """
        fitted = self._fitted
        if fitted is None:
            raise NotFittedError(
                f"This {type(self).__name__} is not fitted yet. Call fit(data) first, or "
                "sora_keras.load(path) for a saved one."
            )
        return fitted

    @property
    def model(self) -> keras.Model:
        """The core: an ordinary functional Keras model over numbers."""
        return self.fitted.core

    @property
    def pipeline(self) -> keras.Model:
        """The whole graph, from raw input to named answers, as an ordinary Keras model."""
        return self.fitted.pipeline

    @property
    def training_(self) -> TrainingRecord:
        """What happened in training."""
        return self.fitted.training

    @property
    def findings_(self) -> tuple[Finding, ...]:
        """What was noticed in the training data."""
        return self.fitted.findings

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import InputTags, Tags, TargetTags

        inputs = InputTags(two_d_array=False, string=True)
        return Tags(estimator_type=None, target_tags=TargetTags(required=False), input_tags=inputs)

    def __sklearn_is_fitted__(self) -> bool:
        return self._fitted is not None

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_answer": None}

    def __repr__(self) -> str:
        blank = type(self)()
        changed = (
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if value is not getattr(blank, name) and value != getattr(blank, name)
        )
        return f"{type(self).__name__}({', '.join(changed)})"
