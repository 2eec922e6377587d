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
from sora_keras.task import Fitted

if TYPE_CHECKING:
    import keras

    from sora_keras.data import Finding, Schema
    from sora_keras.evaluation import Decision
    from sora_keras.recipe import Recipe

_SHOWN = 8
_REFIT_ROWS = 50_000
_FEWEST_WHOLE = 10  # examples that are cut into parts, from which the parts of one stay together
_LONGER = 10  # times as many passes where a time limit ends them


def fit(
    recipe: Recipe, X: Any, y: Any, *, validation: Any, groups: Any,
    resume: str | os.PathLike[str] | None,
) -> Fitted:  # fmt: skip
    """Everything from raw data to a trained pipeline model; the recipe itself is not changed."""
    from sora_keras.training import precision, reproducible

    check_parameters(recipe)
    deadline = None if recipe.time_limit is None else time.monotonic() + recipe.time_limit
    with reproducible(recipe.seed), precision(recipe.precision):
        schema, whole, train, held_out, findings, seen = _prepare(recipe, X, y, validation, groups)
        encoder, reason = recipe.choose_encoder(train)
        if recipe.verbose and reason:
            print(reason)
        plan = _Plan(recipe, schema, encoder, findings, deadline, resume)
        fitted = replace(_train(plan, train, held_out), seen=seen)
        if validation is None and _refits(recipe, fitted, encoder):
            return _refit(plan, whole, fitted)
        return fitted


def build_core(recipe: Recipe, examples: Any, y: Any) -> keras.Model:
    """The untrained core for raw data or for a schema."""
    from sora_keras.data import Schema
    from sora_keras.training import precision, reproducible

    check_parameters(recipe)
    with reproducible(recipe.seed), precision(recipe.precision):
        if isinstance(examples, Schema):
            train, schema = None, examples
        else:
            train = recipe.read(examples, y)
            schema = recipe.learn(train)
            train, _ = recipe.to_train_on(train.take(recipe.usable(train, schema)))
        encoder, _ = recipe.choose_encoder(train)
        preprocessing = recipe.preprocess(train, schema, encoder)
        return recipe.make_core(preprocessing, schema, encoder)


def assemble(
    recipe: Recipe, preprocessing: Any, core: keras.Model, schema: Schema, decision: Decision
) -> keras.Model:  # fmt: skip
    """The pipeline model: raw strings to named answers, in one graph."""
    import keras

    raw = keras.Input((), dtype="string", name=recipe.input_name)
    answers = recipe.named_answers(core(preprocessing(raw)), raw, preprocessing, schema, decision)
    return keras.Model(raw, answers, name="pipeline")


def check_parameters(recipe: Recipe) -> None:
    """Raise `ParameterError` or `ArgumentTypeError` for a shared parameter out of its range."""
    from sora_keras.training.schedule import SCHEDULES

    check = parameters.check_number
    check("epochs", recipe.epochs, least=1, whole=True, auto=True)
    check("batch_size", recipe.batch_size, least=1, whole=True, auto=True)
    check("learning_rate", recipe.learning_rate, least=0, auto=True)
    check("patience", recipe.patience, least=1, whole=True, auto=True)
    check("validation_fraction", recipe.validation_fraction, least=0, most=0.9)
    check("time_limit", recipe.time_limit, least=0, none=True)
    check("seed", recipe.seed, least=0, most=2**32 - 1, whole=True)
    check("average", recipe.average, least=0, most=0.9999, none=True, auto=True)
    if recipe.schedule not in ("auto", *SCHEDULES):
        raise ParameterError(f"schedule must be auto, {' or '.join(SCHEDULES)}. Received: {recipe.schedule!r}")


def _prepare(recipe: Recipe, X: Any, y: Any, validation: Any, groups: Any) -> tuple[Any, ...]:
    """Schema; what is trained on; the part to train and to validate on (or None); findings; what items are told by."""
    from sora_keras import data

    examples = recipe.read(X, y)
    schema = recipe.learn(examples)
    usable = recipe.usable(examples, schema)
    group_of = _groups(groups, examples)
    kept, part_of = recipe.to_train_on(examples.take(usable))
    if validation is None:
        together = _together(None if group_of is None else group_of[usable], part_of)
        rows = data.split(
            kept, recipe.targets(kept, schema), fraction=recipe.validation_fraction, seed=recipe.seed, groups=together
        )
        train, held_out = (kept.take(part) for part in rows)
        given = None
    else:
        pair = validation if isinstance(validation, tuple) else (validation, None)
        given = recipe.read(*pair, schema=schema)
        given = given.take(recipe.usable(given, schema))
        train, held_out = kept, recipe.to_train_on(given)[0]
    findings, seen = data.check_and_keep(examples, item=schema.item, labels=schema.labels, validation=given)
    if given is not None and group_of is not None and isinstance(groups, str):
        findings = (*findings, *data.shared_groups(group_of, given, groups))
    if recipe.verbose and findings:
        print(data.describe(findings))
    return schema, kept, train, held_out if len(held_out) else None, findings, seen


def _together(group_of: np.ndarray | None, part_of: np.ndarray | None) -> np.ndarray | None:
    """What must not be split: the groups, and the parts of an example unless there are too few of these."""
    if part_of is None:
        return group_of
    if group_of is not None:
        return np.asarray(group_of[part_of])
    return part_of if len(np.unique(part_of)) >= _FEWEST_WHOLE else None


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
    """What stays the same whatever examples are trained on.

    passes: of the head alone and of the whole, which overrule the recipe's and stop nowhere; mirrored: the directions
    in which pictures are mirrored then; decision: one that is found already.
    """

    recipe: Recipe
    schema: Schema
    encoder: Any
    findings: tuple[Finding, ...]
    deadline: float | None
    resume: str | os.PathLike[str] | None
    passes: tuple[int, int] | None = None
    mirrored: tuple[str, ...] = ()
    decision: Decision | None = None


def _refits(recipe: Recipe, fitted: Fitted, encoder: Any) -> bool:
    """Whether to train again on all examples."""
    if recipe.refit not in (True, False, "auto"):
        raise ParameterError(f"refit must be True, False or 'auto'. Received: {recipe.refit!r}")
    record = fitted.training
    passes = record.best_epoch + record.head_epochs
    if not fitted.rows[1] or passes < 1 or record.stopped in ("interrupted", "time limit reached"):
        return False
    if recipe.refit == "auto":
        rows = sum(fitted.rows)
        return recipe.defaults(encoder, rows).quick and rows <= _REFIT_ROWS
    return bool(recipe.refit)


def _refit(plan: _Plan, whole: Any, fitted: Fitted) -> Fitted:
    """As many passes over all examples as were best; how that was found stays on record."""
    record = fitted.training
    if plan.recipe.verbose:
        of_head = f" after {record.head_epochs} of the head" if record.head_epochs else ""
        print(f"Training again on all {sum(fitted.rows):,} examples, {record.best_epoch} passes{of_head}.")
    again = _train(
        replace(
            plan, passes=(record.head_epochs, record.best_epoch), mirrored=tuple(record.mirrored), resume=None,
            decision=fitted.decision,
        ),
        whole,
        None,
    )  # fmt: skip
    kept = {"rows": fitted.rows, "held_out": fitted.held_out, "seen": fitted.seen}
    return replace(again, **kept, training=replace(fitted.training, refitted=True))


def _train(plan: _Plan, train: Any, held_out: Any) -> Fitted:
    import keras

    from sora_keras import training
    from sora_keras.encoders import resolve_encoder

    recipe, schema, encoder = plan.recipe, plan.schema, plan.encoder
    preprocessing = recipe.preprocess(train, schema, encoder)
    number = recipe.numberer(preprocessing, schema)
    numbers, train, broken = _numbered(number, train)
    targets = recipe.learned_targets(train, schema, preprocessing)
    core = recipe.make_core(preprocessing, schema, encoder)
    recipe.begin(core, schema, encoder, numbers, targets)
    defaults = recipe.defaults(encoder, len(train))
    weights = recipe.example_weights(targets, schema)
    fingerprint = train.fingerprint()
    settings = training_settings(
        recipe, defaults, deadline=plan.deadline, resume=plan.resume, fingerprint=fingerprint,
        known=plan.passes[1] if plan.passes else None,
    )  # fmt: skip
    augmentation = recipe.augmentation(core, len(train), settings)
    if augmentation and plan.passes:
        augmentation.allow(plan.mirrored)
    feed = training.Feed(
        numbers, targets, weights, chosen(recipe, defaults, "batch_size"), recipe.seed, augmentation=augmentation
    )
    check_feed = None
    if held_out is not None:
        check_numbers, held_out, more = _numbered(number, held_out)
        broken = (*broken, *more)
        check_targets = recipe.learned_targets(held_out, schema, preprocessing)
        check_feed = training.Feed(check_numbers, check_targets, None, recipe.at_once(core), 0, shuffled=False)
    loss = recipe.loss(schema, core, encoder)
    if resolve_encoder(encoder, recipe.modality).pretrained:
        record = training.train_in_two_steps(core, feed, check_feed, loss, settings, plan.passes)
    else:
        record = training.train(core, feed, check_feed, loss, settings)
    if augmentation:
        record = replace(record, mirrored=augmentation.allowed)
    # A new model over the same layers: without the optimizer, whose state is twice as large as the weights.
    core = keras.Model(core.input, core.output, name=core.name)
    decision = plan.decision or recipe.decide(schema, core, check_feed)
    return Fitted(
        schema=schema,
        preprocessing=preprocessing,
        core=core,
        pipeline=assemble(recipe, preprocessing, core, schema, decision),
        decision=decision,
        encoder=encoder if isinstance(encoder, str) else getattr(encoder, "name", repr(encoder)),
        findings=(*plan.findings, *broken),
        training=record,
        fingerprint=fingerprint,
        rows=(len(train), 0 if held_out is None else len(held_out)),
        held_out=held_out,
        examples_shown=tuple(train.take(np.arange(min(_SHOWN, len(train)))).column(schema.item)),
    )


def logits_of(core: keras.Model, feed: Any) -> np.ndarray:
    """The core's output for a feed's rows, in order."""
    import tensorflow as tf

    gather = feed.numbers.gather()
    traced = tf.function(
        lambda rows: core(tf.cast(gather(rows), core.inputs[0].dtype), training=False),
        input_signature=[tf.TensorSpec([None], tf.int64)], autograph=False,
    )  # fmt: skip
    size = feed.batch_size
    parts = [traced(rows).numpy() for rows in np.split(np.arange(len(feed)), range(size, len(feed), size))]
    return np.concatenate(parts)


def training_settings(
    recipe: Recipe, defaults: Any, *, deadline: float | None, resume: str | os.PathLike[str] | None,
    fingerprint: str, known: int | None = None,
) -> Any:  # fmt: skip
    """How to train: what the recipe says, and where it says "auto" what suits the encoder and the examples.

    Args:
        known: how many passes to make, where that was found out before; training stops at nothing else then.
    """
    from sora_keras.training import TrainingSettings

    schedule = chosen(recipe, defaults, "schedule")
    return TrainingSettings(
        epochs=known or _epochs(recipe, defaults, schedule),
        learning_rate=chosen(recipe, defaults, "learning_rate"),
        patience=known or chosen(recipe, defaults, "patience"),
        schedule=schedule,
        average=chosen(recipe, defaults, "average") or 0.0,
        weight_decay=defaults.weight_decay,
        optimizer=defaults.optimizer,
        deadline=deadline,
        resume=resume,
        identity=_identity(recipe, fingerprint) if resume else "",
        verbose=recipe.verbose,
    )


def chosen(recipe: Recipe, defaults: Any, name: str) -> Any:
    """A parameter of training, or what `"auto"` stands for."""
    value = getattr(recipe, name)
    return getattr(defaults, name) if isinstance(value, str) and value == "auto" else value


def _epochs(recipe: Recipe, defaults: Any, schedule: str) -> int:
    """The most passes; with a time limit, a rate that falls along with the time wants all of it."""
    if recipe.epochs != "auto":
        return int(recipe.epochs)
    fills = recipe.time_limit is not None and schedule == "cosine"
    return int(defaults.epochs * (_LONGER if fills else 1))


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
