"""Encoders of a recommender tried on what is known, and scored on what was held out."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.encoders.recommending import CLOSED_FORM, VECTORS
from sora_keras.errors import DataError, ParameterError
from sora_keras.fitting import chosen, training_settings
from sora_keras.tasks.held_out import HeldOut

if TYPE_CHECKING:
    import keras

    from sora_keras.data import Interactions
    from sora_keras.encoders import CatalogueFacts, Encoder, Network, TrainingDefaults
    from sora_keras.tasks.recommender import Recommender
    from sora_keras.training import TrainingRecord

_SOFTMAX_OVER_ALL = 10_000
_NEGATIVES = 512
_LEFT_OUT, _LEFT_OUT_OF_ANY_ORDER = 0.3, 0.1  # other orders keep a network from learning histories by heart
_FEW_STEPS, _LONGER = 8, 2  # steps a pass; at most as many times the passes where there are fewer
_MORE = 0.3  # of the passes, made over all interactions in the end
_ORDERS = 1.5  # times the passes where each draws another order
_SCALE, _SCALES = 8.0, (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
_PENALTY, _DROPOUT = 500.0, 0.0
_PENALTIES, _DROPOUTS = (100.0, 300.0, 1000.0), (0.0, 0.33, 0.66)
_SEARCHED = 5_000  # items up to which penalty and dropout are searched for


@dataclass(frozen=True, eq=False)
class Trial:
    """An encoder trained without what was held out; network: what was trained, where something was."""

    name: str
    core: keras.Model
    record: TrainingRecord
    linear: dict[str, float]
    network: Network | None = None
    figure: float = 0.0


@dataclass(frozen=True)
class Plan:
    """What all trials share.

    features, people: of items and of users, (items or users, any); found: the linear model's penalty and dropout, once
    they are known.
    """

    recipe: Recommender
    protocol: str
    length: int
    deadline: float | None
    resume: str | os.PathLike[str] | None
    features: np.ndarray | None
    people: np.ndarray | None = None
    found: dict[str, float] = field(default_factory=dict)


def try_encoder(plan: Plan, given: Any, known: Interactions, held_out: Interactions | None) -> list[Trial]:
    """An encoder trained on what is known, and its NDCG@10 on what was held out; of one with a linear part, both."""
    from sora_keras.encoders import resolve_encoder

    encoder = resolve_encoder(given, "interactions")
    if encoder.name in CLOSED_FORM and plan.recipe.layers and plan.recipe.encoder == encoder.name:
        raise ParameterError(
            f"encoder={encoder.name!r} is solved in closed form and has no place for the layers of extend(). "
            "Choose encoder='sequence' or 'two_tower'."
        )
    asked = None if held_out is None else HeldOut(known, held_out, plan.length)
    if encoder.name in CLOSED_FORM:
        trials = [_closed_form(plan, encoder.name, known, asked)]
    else:
        trials = [_trained(plan, encoder, known, held_out)]
    if encoder.name == "sequence+linear":
        trials = _blended(plan, trials[0], known, asked)
    return trials[-1:] if asked is None else [replace(one, figure=asked.figure(one.core)) for one in trials]


def solved(name: str, log: Interactions, linear: dict[str, float]) -> keras.Model:
    """Popularity, or the linear model with this penalty and dropout or, where none are given, the usual ones."""
    from sora_keras.encoders import linear_core, popularity_core
    from sora_keras.training.item_item import gram, solve

    if name == "popularity":
        return popularity_core(log.counts)
    return linear_core(solve(gram(log), linear.get("penalty", _PENALTY), linear.get("dropout", _DROPOUT)))


def _closed_form(
    plan: Plan, name: str, known: Interactions, held_out: HeldOut | None, linear: dict[str, float] | None = None
) -> Trial:  # fmt: skip
    from sora_keras.training import TrainingRecord
    from sora_keras.training.item_item import gram

    began = time.perf_counter()
    if linear is None:
        linear = {} if name == "popularity" else _search(gram(known), held_out, plan)
    core = solved(name, known, linear)
    seconds = time.perf_counter() - began
    return Trial(name, core, TrainingRecord(0, 0, {}, "solved in closed form", seconds, seconds), linear)


def _search(both: np.ndarray, held_out: HeldOut | None, plan: Plan) -> dict[str, float]:
    """Penalty and dropout of the linear model that do best on what was held out; of many items, the usual ones."""
    from sora_keras.training.item_item import solve

    if held_out is None or len(both) > _SEARCHED:
        return {"penalty": _PENALTY, "dropout": _DROPOUT}
    if not plan.found:
        pairs = [(penalty, dropout) for penalty in _PENALTIES for dropout in _DROPOUTS]
        penalty, dropout = held_out.best((pair, held_out.linear_scores(solve(both, *pair))) for pair in pairs)
        plan.found.update(penalty=penalty, dropout=dropout)
    return dict(plan.found)


def _trained(
    plan: Plan, encoder: Encoder, log: Interactions, held_out: Interactions | None, *, passes: int | None = None,
    begun: Network | None = None,
) -> Trial:  # fmt: skip
    """Trained by gradients.

    Args:
        passes: how many to make, or None to stop when no more are better. begun: a network to go on with.
    """
    from sora_keras import training

    recipe = plan.recipe
    network = begun or _network(plan, encoder, log)
    telling = len(network.core.inputs) > 1
    windows = replace(training.cut_windows(log, plan.length), telling=telling)
    if not len(windows):
        raise DataError(
            f"Every user of {log.source} has one interaction, so nothing says what comes after what. "
            "Choose encoder='popularity', or give more interactions."
        )
    defaults = _defaults(encoder, len(windows), plan.protocol == "last")
    batch_size = chosen(recipe, defaults, "batch_size")
    feed = training.Feed(windows, np.zeros(len(windows), np.int32), None, batch_size, recipe.seed)
    check = None
    if held_out is not None:
        ends, firsts = training.end_windows(log, held_out, plan.length)
        check = training.Feed(replace(ends, telling=telling), firsts, None, batch_size, 0, shuffled=False)
    settings = training_settings(
        recipe, defaults, deadline=plan.deadline,
        resume=None if passes or plan.resume is None else Path(plan.resume) / encoder.name,
        fingerprint=log.fingerprint() if plan.resume else "", known=passes,
    )  # fmt: skip
    record = training.train(network.training, feed, check, training.mean_next_item, settings)
    return Trial(encoder.name, network.core, record, {}, network)


def _defaults(encoder: Encoder, windows: int, ordered: bool) -> TrainingDefaults:
    """What `"auto"` stands for: with few windows, smaller batches and more passes."""
    defaults, longer = encoder.training, 1.0
    if encoder.name != "two_tower":  # whose items are compared within a batch, and want many beside them
        defaults, longer = defaults.suited_to(windows), 1.0 if ordered else _ORDERS
    steps = math.ceil(windows / defaults.batch_size)
    longer *= min(_LONGER, math.ceil(_FEW_STEPS / steps))
    return replace(defaults, epochs=round(longer * defaults.epochs))


def untrained(plan: Plan, encoder: Encoder, log: Interactions) -> keras.Model:
    """The core of an encoder before it is trained; of one in closed form as it is."""
    return solved(encoder.name, log, {}) if encoder.name in CLOSED_FORM else _network(plan, encoder, log).core


def _network(plan: Plan, encoder: Encoder, log: Interactions) -> Network:
    """The graphs of an encoder that is trained, before it is."""
    from sora_keras.encoders import build_network

    people, facts = _people(plan, encoder.name), _facts(plan, log, encoder.name)
    return build_network(encoder, facts, plan.recipe.layers, _make_loss(plan, encoder, log), people)


def _facts(plan: Plan, log: Interactions, name: str) -> CatalogueFacts:
    """What the encoder is told; the items' features are for the two towers alone."""
    from sora_keras.encoders import CatalogueFacts
    from sora_keras.layers.item_vectors import ItemVectors

    recipe, features = plan.recipe, plan.features if name == "two_tower" else None
    vectors = ItemVectors(log.n_items, recipe.width, 0 if features is None else features.shape[1], name=VECTORS)
    vectors.build()
    if features is not None:
        vectors.set_features(features)
    ordered = plan.protocol == "last"
    dropout = (_LEFT_OUT if ordered else _LEFT_OUT_OF_ANY_ORDER) if recipe.dropout == "auto" else float(recipe.dropout)
    return CatalogueFacts(log.n_items, plan.length, recipe.width, dropout, ordered, vectors)


def _people(plan: Plan, name: str) -> Any:
    """The layer of the users' features, which are for the two towers alone; None without."""
    from sora_keras.layers.user_features import UserFeatures

    if plan.people is None or name != "two_tower":
        return None
    people = UserFeatures(*plan.people.shape, name="people")
    people.build()
    people.set_features(plan.people)
    return people


def _make_loss(plan: Plan, encoder: Encoder, log: Interactions) -> Any:
    from sora_keras.layers.next_item import InBatchLoss, NextItemLoss

    given = plan.recipe.negatives
    few = None if log.n_items <= _SOFTMAX_OVER_ALL else _NEGATIVES
    if encoder.name == "two_tower":
        shares = (log.counts / max(1, len(log))).astype(np.float32)
        hard = given if isinstance(given, int) else None
        return lambda vectors: InBatchLoss(vectors, shares, hard, few)
    negatives = few if isinstance(given, str) else given
    return lambda vectors: NextItemLoss(vectors, negatives)


def _blended(plan: Plan, trial: Trial, known: Interactions, held_out: HeldOut | None) -> list[Trial]:
    """The sequence alone, and with as much of the linear model as does best on what was held out."""
    from sora_keras.encoders import with_linear
    from sora_keras.training.item_item import gram, solve

    both = gram(known)
    linear = _search(both, held_out, plan)
    weights = solve(both, linear["penalty"], linear["dropout"])
    scale = _SCALE
    if held_out is not None:
        sequence, pairs = held_out.scores(trial.core), held_out.linear_scores(weights)
        scale = held_out.best((scale, sequence + scale * pairs) for scale in _SCALES)
    core = with_linear(trial.core, weights, scale)
    return [replace(trial, name="sequence"), replace(trial, core=core, linear={**linear, "scale": scale})]


def go_on(plan: Plan, best: Trial, log: Interactions) -> Trial:
    """The same over all interactions, those held out too: solved again, or trained for some more passes.

    On MovieLens-100k a third of the passes from there find what comes next as well as all of them from the beginning.
    """
    from sora_keras.encoders import resolve_encoder, with_linear
    from sora_keras.training.item_item import gram, solve

    if best.name in CLOSED_FORM:
        closed = _closed_form(plan, best.name, log, None, best.linear)
        return replace(closed, record=replace(closed.record, refitted=True))
    network, passes = best.network, math.ceil(_MORE * best.record.best_epoch)
    if network is None or passes < 1:
        return best
    if plan.recipe.verbose:
        print(f"Going on with all {len(log):,} interactions, {passes} passes.")
    given = plan.recipe.encoder
    if isinstance(given, str):
        given = best.name.removesuffix("+linear")
    weights = network.training.get_weights()
    again = _trained(plan, resolve_encoder(given, "interactions"), log, None, passes=passes, begun=network)
    if again.record.stopped == "time limit reached":  # while the rate is high it is worse than before
        network.training.set_weights(weights)
        return best
    core = again.core
    if "scale" in best.linear:
        pairs = solve(gram(log), best.linear["penalty"], best.linear["dropout"])
        core = with_linear(core, pairs, best.linear["scale"])
    return replace(best, core=core, record=replace(best.record, refitted=True))
