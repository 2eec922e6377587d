"""From a fitted recommender to the parts of its artefact."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.export import RecommenderArtefact, write_recommender
from sora_keras.tasks.recommender_fitting import PROTOCOLS
from sora_keras.tasks.recommending import checked, ids_of

if TYPE_CHECKING:
    from sora_keras.tasks.recommender import Recommender

_ASKED = 8
_NOBODY = ""  # an id that no user has


def export_recommender(
    recipe: Recommender, path: str | os.PathLike[str], *, k: int | None, unknown: str, licence: str, intended_use: str,
    overwrite: bool,
) -> Path:  # fmt: skip
    """Gather what the export room needs, and let it write."""
    fitted = recipe.fitted
    log, record = fitted.log, fitted.training
    k = checked(k, log.n_items)
    popular = np.argsort(-log.counts, kind="stable").astype(np.int32)
    samples = _samples(recipe, k, popular if unknown == "popular" else None)
    card = {
        "encoder": fitted.encoder,
        "rows": fitted.rows,
        "protocol": PROTOCOLS[fitted.protocol].format(share=recipe.validation_fraction),
        "refitted": record.refitted,
        "unknown": unknown,
        "similar": "similar" in samples,
        "fingerprint": fitted.fingerprint,
        "findings": [finding.message for finding in fitted.findings],
        "scores": fitted.scores,
        "licence": licence,
        "intended_use": intended_use,
        "training": f"{record.epochs} passes in {record.seconds:.0f} s; ended because: {record.stopped}.",
    }
    artefact = RecommenderArtefact(
        core=fitted.core, user_ids=log.user_ids, item_ids=log.item_ids, items=log.items, starts=log.starts,
        length=fitted.length, k=k, unknown=unknown, popular=popular, samples=samples, card=card,
    )  # fmt: skip
    return write_recommender(artefact, path, overwrite=overwrite)


def _samples(
    recipe: Recommender, k: int, popular: np.ndarray | None
) -> dict[str, tuple[list[Any], dict[str, np.ndarray]]]:  # fmt: skip
    """What is asked in the proof, with somebody unknown, and what Python answers, by signature."""
    log = recipe.fitted.log
    with_history = np.flatnonzero(np.diff(log.starts) > 0)
    spread = np.unique(np.linspace(0, len(with_history) - 1, _ASKED).astype(int))
    users = with_history[spread]
    histories = [log.history(user) for user in users]
    others = None if popular is None else log.item_ids[popular[:k]]
    items, scores = recipe._ranker.rank(histories, k, users=users, seen=histories)
    new = recipe._ranker.rank(histories, k, seen=histories)
    answer = _with_nobody(ids_of(log, items), scores, others)
    width = max(map(len, histories))
    told = [[*(str(one) for one in log.item_ids[past]), *[""] * (width - len(past))] for past in histories]
    samples: dict[str, tuple[list[Any], dict[str, np.ndarray]]] = {
        "recommend": ([*map(str, log.user_ids[users]), _NOBODY], answer),
        "recommend_from_history": ([*told, [""] * width], _with_nobody(ids_of(log, new[0]), new[1], others)),
    }
    if recipe.fitted.encoder != "popularity" and log.n_items > 1:
        asked = np.unique(np.linspace(0, log.n_items - 1, _ASKED).astype(int))
        alike = [recipe.similar(log.item_ids[item], min(k, log.n_items - 1)) for item in asked]
        known = np.array([one.items for one in alike], object)
        samples["similar"] = (
            [*map(str, log.item_ids[asked]), _NOBODY],
            _with_nobody(known, np.array([one.scores for one in alike], np.float32), None),
        )
    return samples


def _with_nobody(items: np.ndarray, scores: np.ndarray, popular: np.ndarray | None) -> dict[str, np.ndarray]:
    nobody = np.full((1, items.shape[1]), "", object) if popular is None else popular[None, :]
    texts = np.concatenate([items, nobody])
    return {
        "item": np.array([[str(one).encode() for one in row] for row in texts], object),
        "score": np.maximum(np.concatenate([scores, np.full_like(scores[:1], -np.inf)]), np.finfo(np.float32).min),
        "known": np.array([True] * len(items) + [False]),
    }
