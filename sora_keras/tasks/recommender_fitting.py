"""What `Recommender.fit` does: read, split, choose an encoder on what was held out, train, and go on with all."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sora_keras import parameters
from sora_keras.errors import DataError, ParameterError
from sora_keras.fitting import check_parameters
from sora_keras.tasks.recommender_trials import Plan, Trial, go_on, try_encoder, untrained
from sora_keras.training.item_item import MOST_ITEMS

if TYPE_CHECKING:
    import keras

    from sora_keras.data import Finding, Interactions, ItemTable
    from sora_keras.tasks.recommender import Recommender
    from sora_keras.training import TrainingRecord

PROTOCOLS = {"last": "each user's last interaction", "random": "{share:.0%} of the interactions, at random"}


@dataclass(frozen=True, eq=False)
class FittedRecommender:
    """What `Recommender.fit` learned.

    log: the interactions, which hold every user's history; core: from a history to a score of every item; encoder: the
    one in use; protocol: `"last"` or `"random"`; length: the most past items that are read; linear: penalty and dropout
    of the linear model, and how much its scores count beside a sequence's; compared: NDCG@10 of each encoder on what
    was held out; table, people: of items and of users, with titles and features; titles: (items,) by number; cold:
    from features to the vector of an item without interactions; the rest as in `sora_keras.recipe.Fitted`.
    """

    log: Interactions
    core: keras.Model
    encoder: str
    protocol: str
    length: int
    training: TrainingRecord
    linear: dict[str, float]
    compared: dict[str, float]
    findings: tuple[Finding, ...]
    fingerprint: str
    rows: tuple[int, int]
    table: ItemTable | None = None
    people: ItemTable | None = None
    titles: np.ndarray | None = None
    cold: np.ndarray | None = None
    scores: dict[str, Any] = field(default_factory=dict)


def fit_recommender(
    recipe: Recommender, X: Any, y: Any, *, items: Any, users: Any, validation: Any, resume: Any
) -> FittedRecommender:  # fmt: skip
    """Everything from a log to a trained core; the recipe itself is not changed."""
    from sora_keras.data import describe
    from sora_keras.training import precision, reproducible

    check_own(recipe)
    deadline = None if recipe.time_limit is None else time.monotonic() + recipe.time_limit
    with reproducible(recipe.seed), precision(recipe.precision):
        log = recipe.read(X, y)
        table, titles, features, missing = _described(items, log.item_ids, "item")
        people, _, about, strangers = _described(users, log.user_ids, "user")
        findings = (*log.findings, *missing, *strangers)
        if recipe.verbose and findings:
            print(describe(findings))
        protocol = _protocol(recipe, log)
        known, held_out = _held_out(recipe, log, protocol, validation)
        plan = Plan(recipe, protocol, _length(recipe, log, protocol), deadline, resume, features, about)
        described = features is not None or about is not None
        names = _candidates(recipe, log, described, held_out)
        trials = [try_encoder(plan, name, known, held_out) for name in names]
        best = max((trial for some in trials for trial in some), key=lambda trial: trial.figure)
        compared = {trial.name: round(trial.figure, 6) for some in trials for trial in some} if held_out else {}
        if recipe.verbose and len(compared) > 1:
            print(_picked(recipe, best, compared, protocol))
        if validation is None and held_out is not None and _refits(recipe, best):
            best = go_on(plan, best, log)
        core, cold = _folded(best.core)
        return FittedRecommender(
            log=log, core=core, encoder=best.name, protocol=protocol, length=plan.length, training=best.record,
            linear=best.linear, compared=compared, findings=findings, fingerprint=log.fingerprint(),
            rows=(len(known), 0 if held_out is None else len(held_out)), table=table, people=people, titles=titles,
            cold=cold,
        )  # fmt: skip


def build_core(recipe: Recommender, X: Any, y: Any) -> keras.Model:
    """The untrained core for a log; of `"auto"` the sequence's."""
    from sora_keras.encoders import resolve_encoder
    from sora_keras.training import precision, reproducible

    check_own(recipe)
    with reproducible(recipe.seed), precision(recipe.precision):
        log = recipe.read(X, y)
        protocol = _protocol(recipe, log)
        plan = Plan(recipe, protocol, _length(recipe, log, protocol), None, None, None)
        auto = isinstance(recipe.encoder, str) and recipe.encoder == "auto"
        return untrained(plan, resolve_encoder("sequence" if auto else recipe.encoder, "interactions"), log)


def check_own(recipe: Recommender) -> None:
    """Raise unless every parameter is in its range."""
    check_parameters(recipe)
    check = parameters.check_number
    check("width", recipe.width, least=1, whole=True)
    check("length", recipe.length, least=1, whole=True, auto=True)
    check("dropout", recipe.dropout, least=0, most=0.95, auto=True)
    check("negatives", recipe.negatives, least=1, whole=True, auto=True, none=True)
    if recipe.protocol not in ("auto", *PROTOCOLS):
        raise ParameterError(f"protocol must be auto, {' or '.join(PROTOCOLS)}. Received: {recipe.protocol!r}")
    if recipe.refit not in (True, False, "auto"):
        raise ParameterError(f"refit must be True, False or 'auto'. Received: {recipe.refit!r}")


def _described(
    given: Any, ids: np.ndarray, what: Literal["item", "user"]
) -> tuple[ItemTable | None, np.ndarray | None, np.ndarray | None, tuple[Finding, ...]]:  # fmt: skip
    """The table of items or users, their titles and features in the order of the log, and what was noticed."""
    if given is None:
        return None, None, None, ()
    from sora_keras.data import Finding, ItemTable, read_item_table

    table = given if isinstance(given, ItemTable) else read_item_table(given, what=what)
    titles, features, missing = table.aligned(ids)
    found = table.findings
    if missing:
        said = f"{missing:,} of {len(ids):,} {what}s are not in the table of {what}s; nothing but their ids is known"
        found = (*found, Finding("missing_items", said))
    return table, titles, features if features.shape[1] else None, found


def _protocol(recipe: Recommender, log: Interactions) -> str:
    return recipe.protocol if recipe.protocol != "auto" else "random" if log.times is None else "last"


def split_by(protocol: str, log: Interactions, fraction: float, seed: int) -> tuple[Interactions, Interactions]:
    """Rows to learn from and rows to find."""
    from sora_keras.data import at_random, last_out

    return last_out(log) if protocol == "last" else at_random(log, fraction=fraction, seed=seed)


def _held_out(
    recipe: Recommender, log: Interactions, protocol: str, validation: Any
) -> tuple[Interactions, Interactions | None]:  # fmt: skip
    if validation is not None:
        held_out = recipe.read(validation, like=log)
        held_out = held_out.take((held_out.items < log.n_items) & (held_out.users < log.n_users))
        if not len(held_out):
            raise DataError(
                f"No row of {held_out.source}, given as validation, has both a user and an item of the training data."
            )
        held_out = replace(held_out, user_ids=log.user_ids, item_ids=log.item_ids)
        return log, held_out
    if not recipe.validation_fraction:
        return log, None
    known, held_out = split_by(protocol, log, recipe.validation_fraction, recipe.seed)
    return (known, held_out) if len(held_out) else (log, None)


def _length(recipe: Recommender, log: Interactions, protocol: str) -> int:
    """The most past items that are read: the latest 50, where order counts; else all, but no more than 500."""
    if recipe.length != "auto":
        return int(recipe.length)
    return min(_longest(log), 50 if protocol == "last" else 500)


def _longest(log: Interactions) -> int:
    return int(np.diff(log.starts).max(initial=1))


def _candidates(
    recipe: Recommender, log: Interactions, described: bool, held_out: Interactions | None
) -> list[Any]:  # fmt: skip
    """The encoders to try; with nothing held out that could choose, the one that does best as a rule."""
    if not (isinstance(recipe.encoder, str) and recipe.encoder == "auto"):
        return [recipe.encoder]
    small = log.n_items <= MOST_ITEMS
    if held_out is None:
        return ["sequence+linear" if small else "sequence"] if _longest(log) > 1 else ["popularity"]
    towers = ["two_tower"] if described and find_spec("keras_rs") else []
    return ["popularity", *(["linear", "sequence+linear"] if small else ["sequence"]), *towers]


def _refits(recipe: Recommender, best: Trial) -> bool:
    if best.record.stopped in ("interrupted", "time limit reached"):
        return False
    return bool(recipe.refit)


def _folded(core: keras.Model) -> tuple[keras.Model, np.ndarray | None]:
    """The core over variables that were never trained, features folded into the items' vectors; and their map.

    TensorFlow copies a table that training has written to row by row whenever the whole of it is read.
    """
    import keras

    from sora_keras.encoders import item_vectors
    from sora_keras.layers.item_vectors import ItemVectors

    table = item_vectors(core)
    if table is None:
        return core, None

    def plain(layer: Any) -> Any:
        if isinstance(layer, ItemVectors):
            return ItemVectors(table.items, table.width, name=layer.name)
        return layer.__class__.from_config(layer.get_config())

    copy = keras.models.clone_model(core, clone_function=plain)
    for layer in copy.layers:
        if isinstance(layer, ItemVectors):
            layer.table.assign(table.vectors())
            layer.bias.assign(table.bias)
        else:
            layer.set_weights(core.get_layer(layer.name).get_weights())
    return copy, np.asarray(table.map) if table.features else None


def _picked(recipe: Recommender, best: Trial, compared: dict[str, float], protocol: str) -> str:
    figures = ", ".join(f"{name} {figure:.4f}" for name, figure in compared.items())
    split = PROTOCOLS[protocol].format(share=recipe.validation_fraction)
    who = f"encoder={recipe.encoder!r}" if isinstance(recipe.encoder, str) else "The encoder"
    return f"{who}: {best.name!r} does best. NDCG@10, held out {split}: {figures}."
