"""A SavedModel of a recommender: ids of users or items in, ids of items out, with core TensorFlow ops alone."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.encoders.recommending import LINEAR, item_vectors
from sora_keras.errors import ExportError, ParameterError
from sora_keras.export.proof import TOLERANCE, answers_alone, compare
from sora_keras.export.top_items import TopItems, best_by_product
from sora_keras.files import new_folder
from sora_keras.quiet import quiet_tensorflow

if TYPE_CHECKING:
    import keras

_MARK = "recommender.json"
_LOWEST = np.finfo(np.float32).min  # no infinity: JSON has none, and TensorFlow Serving answers in it
UNKNOWN = ("nothing", "popular")


@dataclass(frozen=True, eq=False)
class RecommenderArtefact:
    """The parts of a fitted recommender that an export is made of; no recipe is needed.

    core: from item numbers (batch, steps) to scores (batch, items); user_ids, item_ids: `str`, by number; items,
    starts: every user's items, those of user u at `items[starts[u]:starts[u + 1]]`, the oldest first; length: the most
    of them that the core reads; k: how many items an answer has; unknown: one of `UNKNOWN`; popular: item numbers, the
    most popular first; samples: by signature what is asked in the proof, and what it must answer; card: facts.
    """

    core: keras.Model
    user_ids: np.ndarray
    item_ids: np.ndarray
    items: np.ndarray
    starts: np.ndarray
    length: int
    k: int
    unknown: str
    popular: np.ndarray
    samples: dict[str, tuple[list[Any], dict[str, np.ndarray]]]
    card: dict[str, Any]


def write_recommender(artefact: RecommenderArtefact, path: str | os.PathLike[str], *, overwrite: bool) -> Path:
    """Write, prove and move into place; a failure leaves nothing behind.

    Raises:
        ParameterError: `unknown` is none of `UNKNOWN`. ExportError: it answers otherwise. SaveError: it could not be
            written.
    """
    import tensorflow as tf

    from sora_keras.export.card import recommender_card

    if artefact.unknown not in UNKNOWN:
        raise ParameterError(f"unknown must be {' or '.join(map(repr, UNKNOWN))}. Received: {artefact.unknown!r}")
    with new_folder(path, overwrite=overwrite, mark=_MARK) as folder:
        served = _served(artefact)
        signatures = {name: getattr(served, name) for name in artefact.samples}
        with quiet_tensorflow():
            tf.saved_model.save(
                served, str(folder / "1"), signatures={**signatures, "serving_default": served.recommend}
            )
        _prove(artefact, folder / "1")
        about = {"items": len(artefact.item_ids), "users": len(artefact.user_ids), "k": artefact.k}
        (folder / _MARK).write_text(json.dumps({**about, "signatures": list(signatures)}, indent=1), encoding="utf-8")
        (folder / "README.md").write_text(recommender_card({**artefact.card, **about}), encoding="utf-8")
    return Path(path)


def _prove(artefact: RecommenderArtefact, version: Path) -> None:
    inputs = {"recommend": "user", "recommend_from_history": "history", "similar": "item"}
    asked = {name: (inputs[name], "text", given) for name, (given, _) in artefact.samples.items()}
    for name, answer in answers_alone(version, asked).items():
        expected, what = artefact.samples[name][1], f"SavedModel (signature {name})"
        compare({output: value for output, value in expected.items() if output != "item"}, answer, what)
        for items, scores, found in zip(expected["item"], expected["score"], answer["item"], strict=True):
            _compare_ranking(items, scores, found, what)


def _compare_ranking(items: np.ndarray, scores: np.ndarray, found: list[str], what: str) -> None:
    """Raise `ExportError` unless the items are these, in this order but for items of equal scores.

    The last place may be another item's whose score equals that of the last. Places without a score come last.
    """
    wanted = [item.decode() for item in items]
    score_of = dict(zip(wanted, scores, strict=True))
    apart = [abs(score_of.get(item, scores[-1]) - score) for item, score in zip(found, scores, strict=True)]
    scored = int((scores > _LOWEST).sum())
    twice = len(set(found) - {""}) < len([item for item in found if item])
    if max(apart) > TOLERANCE or twice or found[scored:] != wanted[scored:]:
        raise ExportError(
            f"The exported {what} ranks otherwise than recommend: {found} where "
            f"{wanted} was expected. Nothing was exported."
        )


def _served(artefact: RecommenderArtefact) -> Any:
    import tensorflow as tf

    module = tf.Module()
    top = TopItems(artefact.core)
    kept = {"items": artefact.items, "starts": artefact.starts, "popular": artefact.popular[: artefact.k]}
    module.kept = {name: tf.Variable(values, trainable=False) for name, values in kept.items()}
    module.ids = tf.Variable(_texts(artefact.item_ids), trainable=False)
    module.users, module.numbers = _table(artefact.user_ids), _table(artefact.item_ids)
    module.top, everything = top, tf.ones([top.items], tf.bool)
    k = artefact.k

    def answer(had: Any, user: Any, known: Any) -> dict[str, Any]:
        items, scores = top(_latest(had, artefact.length), user, had, everything, k)
        others = module.kept["popular"][None, :] if artefact.unknown == "popular" else -1
        return named(tf.where(known[:, None], items, others), tf.where(known[:, None], scores, -float("inf")), known)

    def named(items: Any, scores: Any, known: Any) -> dict[str, Any]:
        texts = tf.gather(module.ids, tf.maximum(items, 0))
        return {"item": tf.where(items < 0, "", texts), "score": tf.maximum(scores, _LOWEST), "known": known}

    def recommend(user: Any) -> dict[str, Any]:
        number = module.users.lookup(user)
        known = number >= 0
        starts = module.kept["starts"]
        begin = tf.gather(starts, tf.maximum(number, 0))
        length = tf.where(known, tf.gather(starts, tf.maximum(number, 0) + 1) - begin, 0)
        step = tf.range(tf.maximum(tf.reduce_max(length), 1))[None, :]
        places = tf.minimum(begin[:, None] + step, len(artefact.items) - 1)
        had = tf.where(step < length[:, None], tf.gather(module.kept["items"], places) + 1, 0)
        return answer(had, tf.cast(number + 1, tf.int32), known)

    def recommend_from_history(history: Any) -> dict[str, Any]:
        numbers = tf.cast(module.numbers.lookup(history) + 1, tf.int32)
        had = tf.ragged.boolean_mask(numbers, numbers > 0).to_tensor()
        had = tf.pad(had, [[0, 0], [0, tf.maximum(0, 1 - tf.shape(had)[1])]])
        nobody = tf.zeros([tf.shape(had)[0]], tf.int32)
        return answer(had, nobody, tf.reduce_any(numbers > 0, axis=1))

    def similar(item: Any) -> dict[str, Any]:
        number = module.numbers.lookup(item)
        known = number >= 0
        items, scores = like(tf.cast(tf.maximum(number, 0), tf.int32), everything)
        return named(tf.where(known[:, None], items, -1), tf.where(known[:, None], scores, -float("inf")), known)

    functions = {"recommend": (recommend, "user", 1), "recommend_from_history": (recommend_from_history, "history", 2)}
    like = _likeness(module, artefact.core, k)
    if like is not None:
        functions["similar"] = (similar, "item", 1)
    for name, (function, argument, rank) in functions.items():
        spec = tf.TensorSpec([None] * rank, tf.string, name=argument)
        setattr(module, name, tf.function(function, input_signature=[spec], autograph=False))
    return module


def _latest(history: Any, length: int) -> Any:
    """The last `length` items of histories (batch, steps) with 0 at the end."""
    import tensorflow as tf

    count = tf.reduce_sum(tf.cast(history > 0, tf.int32), axis=1, keepdims=True)
    step = tf.range(tf.minimum(tf.shape(history)[1], length))[None, :]
    places = tf.maximum(count - length, 0) + step
    latest = tf.gather(history, tf.minimum(places, tf.shape(history)[1] - 1), batch_dims=1)
    return tf.where(step < count, latest, 0)


def _likeness(module: Any, core: keras.Model, k: int) -> Any:
    """From item numbers (batch,) to the k items most like each; None where the core knows of no likeness."""
    import tensorflow as tf

    vectors, linear = item_vectors(core), LINEAR in [layer.name for layer in core.layers]
    if vectors is None and not linear:
        return None
    k = min(k, int(core.output_shape[-1]) - 1)
    if linear:
        kernel = core.get_layer(LINEAR).kernel.value

        def by_weights(rows: Any, allowed: Any) -> Any:
            scores = tf.gather(tf.convert_to_tensor(kernel), rows + 1)
            return module.top.best_of(scores, rows[:, None] + 1, allowed, k)

        return by_weights
    lengths = np.maximum(np.linalg.norm(np.asarray(vectors.table), axis=1), 1e-12).astype(np.float32)
    module.lengths = tf.Variable(1 / lengths, trainable=False)
    flat = tf.zeros([vectors.items])

    def by_angle(rows: Any, allowed: Any) -> Any:
        query = tf.gather(tf.convert_to_tensor(vectors.table.value), rows) * tf.gather(module.lengths, rows)[:, None]
        best, found = best_by_product(
            query, vectors.table.value, flat, rows[:, None] + 1, allowed, k, scale=module.lengths
        )
        return found, best

    return by_angle


def _table(ids: np.ndarray) -> Any:
    """From ids to their numbers, -1 for what is none."""
    import tensorflow as tf

    content = tf.lookup.KeyValueTensorInitializer(_texts(ids), tf.range(len(ids), dtype=tf.int64))
    return tf.lookup.StaticHashTable(content, -1)


def _texts(ids: np.ndarray) -> Any:
    import tensorflow as tf

    return tf.constant([str(one).encode() for one in ids], tf.string)
