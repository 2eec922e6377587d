"""What `fit` does, step by step, for any recipe."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras import parameters
from sora_keras.errors import DataError, ParameterError
from sora_keras.recipe import Fitted

if TYPE_CHECKING:
    import keras

    from sora_keras.data import Finding, Schema
    from sora_keras.recipe import Recipe

_SHOWN = 8
_REFIT_ROWS = 50_000


def fit(
    recipe: Recipe, X: Any, y: Any, *, validation: Any, groups: Any,
    resume: str | os.PathLike[str] | None,
) -> Fitted:  # fmt: skip
    """Everything from raw data to a trained pipeline model; the recipe itself is not changed."""
    from sora_keras.training import precision, reproducible

    _check_parameters(recipe)
    deadline = None if recipe.time_limit is None else time.monotonic() + recipe.time_limit
    with reproducible(recipe.seed), precision(recipe.precision):
        schema, whole, train, held_out, findings = _prepare(recipe, X, y, validation, groups)
        encoder, reason = recipe.choose_encoder(len(train))
        if recipe.verbose and reason:
            print(reason)
        plan = _Plan(recipe, schema, encoder, findings, deadline, resume)
        fitted = _train(plan, train, held_out)
        if validation is None and _refits(recipe, fitted, encoder):
            return _refit(plan, whole, fitted)
        return fitted


def build_core(recipe: Recipe, examples: Any, y: Any) -> keras.Model:
    """The untrained core for raw data or for a schema."""
    from sora_keras.data import Schema
    from sora_keras.training import precision, reproducible

    _check_parameters(recipe)
    with reproducible(recipe.seed), precision(recipe.precision):
        if isinstance(examples, Schema):
            train, schema = None, examples
        else:
            train = recipe.read(examples, y)
            schema = recipe.learn(train)
            train = train.take(recipe.usable(train, schema))
        encoder, _ = recipe.choose_encoder(0 if train is None else len(train))
        preprocessing = recipe.preprocess(train, schema, encoder)
        return recipe.make_core(preprocessing, schema, encoder)


def assemble(recipe: Recipe, preprocessing: Any, core: keras.Model, schema: Schema) -> keras.Model:
    """The pipeline model: raw strings to named answers, in one graph."""
    import keras

    raw = keras.Input((), dtype="string", name=recipe.input_name)
    return keras.Model(raw, recipe.decode(schema)(core(preprocessing(raw))), name="pipeline")


def _check_parameters(recipe: Recipe) -> None:
    check = parameters.check_number
    check("epochs", recipe.epochs, least=1, whole=True, auto=True)
    check("batch_size", recipe.batch_size, least=1, whole=True, auto=True)
    check("learning_rate", recipe.learning_rate, least=0, auto=True)
    check("patience", recipe.patience, least=1, whole=True, auto=True)
    check("validation_fraction", recipe.validation_fraction, least=0, most=0.9)
    check("time_limit", recipe.time_limit, least=0, none=True)
    check("seed", recipe.seed, least=0, most=2**32 - 1, whole=True)


def _prepare(recipe: Recipe, X: Any, y: Any, validation: Any, groups: Any) -> tuple[Any, ...]:
    """Schema, all usable examples, those for training, those for validation or None, and what was noticed."""
    from sora_keras import data

    examples = recipe.read(X, y)
    schema = recipe.learn(examples)
    usable = recipe.usable(examples, schema)
    group_of = _groups(groups, examples)
    kept = examples.take(usable)
    if validation is None:
        rows = data.split(
            kept, recipe.targets(kept, schema), fraction=recipe.validation_fraction,
            seed=recipe.seed, groups=None if group_of is None else group_of[usable],
        )  # fmt: skip
        train, held_out = (kept.take(part) for part in rows)
    else:
        pair = validation if isinstance(validation, tuple) else (validation, None)
        train, held_out = kept, recipe.read(*pair, schema=schema)
        held_out = held_out.take(recipe.usable(held_out, schema))
    given = None if validation is None else held_out
    findings = data.check(examples, item=schema.item, labels=schema.labels, validation=given)
    if recipe.verbose and findings:
        print(data.describe(findings))
    return schema, kept, train, held_out if len(held_out) else None, findings


def _groups(groups: Any, examples: Any) -> np.ndarray | None:
    if groups is None:
        return None
    if isinstance(groups, str):
        return np.asarray(examples.column(groups))
    groups = np.asarray(groups)
    if len(groups) != len(examples):
        raise DataError(f"groups must have one value an example, {len(examples):,}. Received: {len(groups):,}")
    return groups


@dataclass(frozen=True)
class _Plan:
    """What stays the same whatever examples are trained on; epochs overrules the recipe's and stops nowhere."""

    recipe: Recipe
    schema: Schema
    encoder: Any
    findings: tuple[Finding, ...]
    deadline: float | None
    resume: str | os.PathLike[str] | None
    epochs: int | None = None


def _refits(recipe: Recipe, fitted: Fitted, encoder: Any) -> bool:
    """Whether to train again on all examples."""
    if recipe.refit not in (True, False, "auto"):
        raise ParameterError(f"refit must be True, False or 'auto'. Received: {recipe.refit!r}")
    record = fitted.training
    if not fitted.rows[1] or record.best_epoch < 1 or record.stopped in ("interrupted", "time limit reached"):
        return False
    if recipe.refit == "auto":
        rows = sum(fitted.rows)
        return recipe.defaults(encoder, rows).quick and rows <= _REFIT_ROWS
    return bool(recipe.refit)


def _refit(plan: _Plan, whole: Any, fitted: Fitted) -> Fitted:
    """As many passes over all examples as were best; how that was found stays on record."""
    if plan.recipe.verbose:
        print(f"Training again on all {sum(fitted.rows):,} examples, {fitted.training.best_epoch} passes.")
    again = _train(replace(plan, epochs=fitted.training.best_epoch, resume=None), whole, None)
    return replace(again, rows=fitted.rows, training=replace(fitted.training, refitted=True))


def _train(plan: _Plan, train: Any, held_out: Any) -> Fitted:
    import keras

    from sora_keras import training

    recipe, schema, encoder = plan.recipe, plan.schema, plan.encoder
    preprocessing = recipe.preprocess(train, schema, encoder)
    number = recipe.numberer(preprocessing, schema)
    numbers, train, broken = _numbered(number, train)
    targets = recipe.targets(train, schema)
    core = recipe.make_core(preprocessing, schema, encoder)
    recipe.begin(core, schema, encoder, numbers, targets)
    defaults = recipe.defaults(encoder, len(train))

    def choose(name: str) -> Any:
        value = getattr(recipe, name)
        return getattr(defaults, name) if isinstance(value, str) and value == "auto" else value

    weights = recipe.weights(targets, schema)
    feed = training.Feed(numbers, targets, weights, choose("batch_size"), recipe.seed)
    check_feed = None
    if held_out is not None:
        check_numbers, held_out, _ = _numbered(number, held_out)
        check_targets = recipe.targets(held_out, schema)
        check_feed = training.Feed(check_numbers, check_targets, None, 256, 0, shuffled=False)
    fingerprint = train.fingerprint()
    settings = training.TrainingSettings(
        epochs=plan.epochs or choose("epochs"),
        learning_rate=choose("learning_rate"),
        patience=plan.epochs or choose("patience"),
        deadline=plan.deadline,
        resume=plan.resume,
        identity=_identity(recipe, fingerprint) if plan.resume else "",
        verbose=recipe.verbose,
    )
    record = training.train(core, feed, check_feed, recipe.loss(schema), settings)
    # A new model over the same layers: without the optimizer, whose state is twice as large as the weights.
    core = keras.Model(core.input, core.output, name=core.name)
    return Fitted(
        schema=schema,
        preprocessing=preprocessing,
        core=core,
        pipeline=assemble(recipe, preprocessing, core, schema),
        encoder=encoder if isinstance(encoder, str) else getattr(encoder, "name", repr(encoder)),
        findings=(*plan.findings, *broken),
        training=record,
        fingerprint=fingerprint,
        rows=(len(train), 0 if held_out is None else len(held_out)),
        examples_shown=tuple(train.take(np.arange(min(_SHOWN, len(train)))).column(schema.item)),
    )


def _numbered(number: Any, examples: Any) -> tuple[Any, Any, tuple[Finding, ...]]:
    """The numbers, the examples that they are of, and what was noticed of those left out."""
    numbers = number(examples)
    kept = examples if len(numbers) == len(examples) else examples.take(numbers.rows)
    return numbers, kept, numbers.findings


def _identity(recipe: Recipe, fingerprint: str) -> str:
    """What a kept run depends on: the data, and every parameter but those that only say how long."""
    free = ("epochs", "time_limit", "patience", "verbose", "memory")
    config = {k: v for k, v in parameters.to_config(recipe).items() if k not in free}
    text = json.dumps([fingerprint, _nameless(config)], sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


def _nameless(config: Any) -> Any:
    """Without the names of layers: Keras numbers them anew in every process."""
    if isinstance(config, dict):
        return {key: _nameless(value) for key, value in config.items() if key != "name"}
    return [_nameless(value) for value in config] if isinstance(config, list) else config
