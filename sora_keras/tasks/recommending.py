"""The answers of a recommender: ids in, ranked ids out."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras import parameters
from sora_keras.errors import ArgumentTypeError, DataError, ParameterError
from sora_keras.files import new_file
from sora_keras.prediction import Recommendation, Recommendations

if TYPE_CHECKING:
    from sora_keras.data import Interactions
    from sora_keras.explanation import Reasons
    from sora_keras.tasks.recommender import Recommender
    from sora_keras.tasks.recommender_fitting import FittedRecommender

POPULAR = "the popular items"
_K = 10


def checked(k: Any, items: int) -> int:
    """k as it was given, or for None 10, or as many items as there are.

    Raises:
        ParameterError: it is not from 1 to the number of items.
    """
    if k is None:
        return min(_K, items)
    parameters.check_number("k", k, least=1, whole=True)
    if k > items:
        raise ParameterError(f"k must be at most {items:,}, as many items as there are. Received: {k}")
    return int(k)


def recommend_one(
    recipe: Recommender, user: Any, k: int | None, *, history: Iterable[Any] | None, exclude_seen: bool,
    only: Iterable[Any] | None, without: Iterable[Any] | None, unknown: str,
) -> Recommendations:  # fmt: skip
    """See `Recommender.recommend`."""
    fitted = recipe.fitted
    k = checked(k, fitted.log.n_items)
    if unknown not in ("error", "popular"):
        raise ParameterError(f"unknown must be 'error' or 'popular'. Received: {unknown!r}")
    known = _history_of(fitted.log, user, history, unknown)
    whose = None if user is None or known is None else [fitted.log.user_number(user)]
    past = np.zeros(0, np.int32) if known is None else known
    allowed = _allowed(fitted.log, only, without)
    if known is None:
        scores = fitted.log.counts / max(1, len(fitted.log))
        if allowed is not None:
            scores = np.where(allowed, scores, -np.inf)
        items = np.argsort(-scores, kind="stable")[:k]
        found = Recommendations(_named(fitted, items, scores[items]), _shown(user), POPULAR)
    else:
        items, scores = (part[0] for part in recipe._ranker.rank(
            [past], k, users=whose, seen=[past] if exclude_seen else None, allowed=allowed))  # fmt: skip
        found = Recommendations(_named(fitted, items, scores), _shown(user))
    if not found.ranked:
        raise DataError(
            "Nothing is left to recommend: every item is filtered out by only=, without= or exclude_seen=True. "
            f"Allow more of the {fitted.log.n_items:,} items."
        )
    return found


def _shown(user: Any) -> str | None:
    return None if user is None else str(user)


def _history_of(log: Interactions, user: Any, history: Iterable[Any] | None, unknown: str) -> np.ndarray | None:
    """Item numbers, the oldest first; None where the popular items shall do."""
    if (user is None) == (history is None):
        raise ParameterError("Give either a user or history=[…], the ids of items that somebody new had.")
    if history is None:
        try:
            return log.history(log.user_number(user))
        except ParameterError as error:
            if unknown == "popular":
                return None
            raise ParameterError(f"{error} For somebody new give history=[…], or unknown='popular'.") from error
    numbers = item_numbers(log, history, "history")
    if not len(numbers) and unknown == "error":
        raise DataError("history is empty, so nothing says what to recommend. Give items, or unknown='popular'.")
    return numbers if len(numbers) else None


def item_numbers(log: Interactions, items: Iterable[Any], argument: str) -> np.ndarray:
    """The numbers of items given by their ids."""
    if isinstance(items, str | bytes) or not isinstance(items, Iterable):
        raise ArgumentTypeError(f"{argument} must be a list of ids of items. Received: {items!r}")
    return np.array([log.item_number(item) for item in items], np.int32)


def user_numbers(log: Interactions, users: Iterable[Any]) -> list[int]:
    """The numbers of users given by their ids."""
    if isinstance(users, str | bytes):
        raise ArgumentTypeError(f"users must be a list of ids. Received: {users!r}")
    return [log.user_number(user) for user in users]


def _allowed(log: Interactions, only: Iterable[Any] | None, without: Iterable[Any] | None) -> np.ndarray | None:
    if only is None and without is None:
        return None
    allowed = np.full(log.n_items, only is None)
    if only is not None:
        allowed[item_numbers(log, only, "only")] = True
    if without is not None:
        allowed[item_numbers(log, without, "without")] = False
    return allowed


def _named(fitted: FittedRecommender, items: np.ndarray, scores: np.ndarray) -> tuple[Recommendation, ...]:
    ids, titles = fitted.log.item_ids, fitted.titles
    pairs = [(int(item), float(score)) for item, score in zip(items, scores, strict=True) if np.isfinite(score)]
    return tuple(
        Recommendation(ids[item], score, "" if titles is None else titles[item]) for item, score in pairs if item >= 0
    )


def ids_of(log: Interactions, items: np.ndarray) -> np.ndarray:
    """Ids in the shape of `items`; "" for -1."""
    found = log.item_ids[items]
    found[items < 0] = ""
    return found


def stream_users(recipe: Recommender, X: Any, k: int | None) -> Iterator[Recommendations]:
    """See `Recommender.stream`."""
    from sora_keras.tasks.recommender_reading import read_users

    fitted = recipe.fitted
    k = checked(k, fitted.log.n_items)
    users = read_users(recipe, X)
    return _stream(recipe, users, k, exclude_seen=True)


def _stream(
    recipe: Recommender, users: list[int], k: int, *, exclude_seen: bool
) -> Iterator[Recommendations]:  # fmt: skip
    log = recipe.fitted.log
    place = 0
    histories = _Histories(log, users)
    for items, scores in recipe._ranker.rank_all(histories, k, users=users, exclude_seen=exclude_seen):  # type: ignore[arg-type]
        for row in range(len(items)):
            ranked = _named(recipe.fitted, items[row], scores[row])
            yield Recommendations(ranked, str(log.user_ids[users[place + row]]))
        place += len(items)


class _Histories:
    """The histories of some users, each taken when it is asked for."""

    def __init__(self, log: Interactions, users: list[int]) -> None:
        self.log, self.users = log, users

    def __len__(self) -> int:
        return len(self.users)

    def __getitem__(self, place: int) -> np.ndarray:
        return self.log.history(self.users[place])


def write_all(
    recipe: Recommender, path: str | os.PathLike[str], k: int | None, *, users: Iterable[Any] | None,
    exclude_seen: bool, overwrite: bool,
) -> Path:  # fmt: skip
    """See `Recommender.recommend_all`."""
    log = recipe.fitted.log
    k = checked(k, log.n_items)
    ending = Path(path).suffix.lower()
    if ending not in (".jsonl", ".csv"):
        raise ParameterError(f"path must end in .jsonl or .csv. Received: {str(path)!r}")
    asked = list(range(log.n_users)) if users is None else user_numbers(log, users)
    answers = _stream(recipe, asked, k, exclude_seen=exclude_seen)
    with (
        new_file(path, overwrite=overwrite) as working,
        working.open("w", encoding="utf-8", newline="" if ending == ".csv" else None) as file,
    ):
        if ending == ".jsonl":
            file.writelines(json.dumps(one.to_dict(), ensure_ascii=False) + "\n" for one in answers)
        else:
            writer = csv.writer(file)
            writer.writerow(("user", "rank", "item", "score"))
            for one in answers:
                writer.writerows((one.user, 1 + place, r.item, f"{r.score:.6g}") for place, r in enumerate(one))
    return Path(path)


def similar_items(recipe: Recommender, item: Any, k: int | None) -> Recommendations:
    """See `Recommender.similar`."""
    fitted = recipe.fitted
    number = fitted.log.item_number(item)
    k = checked(k, fitted.log.n_items - 1)
    scores = likeness(fitted)(number)
    scores[number] = -np.inf
    near = np.flatnonzero(scores >= -np.partition(-scores, k - 1)[k - 1])  # more than k, where scores are equal
    items = near[np.argsort(-scores[near], kind="stable")][:k]
    return Recommendations(_named(fitted, items, scores[items]), why=f"like {_title(fitted, number)}")


def likeness(fitted: FittedRecommender) -> Any:
    """From the number of an item to how much each item is like it, (items,) float32."""
    from sora_keras.encoders import item_vectors
    from sora_keras.encoders.recommending import LINEAR

    # Beside a sequence's vectors too: what is had with an item says more of it than what is predicted alike.
    if LINEAR in [layer.name for layer in fitted.core.layers]:
        kernel = fitted.core.get_layer(LINEAR).kernel
        return lambda number: np.array(kernel[number + 1])
    vectors = item_vectors(fitted.core)
    if vectors is None:
        raise ParameterError(
            "A recommender by popularity knows of no likeness between items. Choose encoder='linear' or 'sequence'."
        )
    table = np.asarray(vectors.vectors())
    table = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)
    return lambda number: table @ table[number]


def _title(fitted: FittedRecommender, number: int) -> str:
    return str((fitted.log.item_ids if fitted.titles is None else fitted.titles)[number])


def explain_one(
    recipe: Recommender, user: Any, item: Any, history: Iterable[Any] | None, method: str
) -> Reasons:  # fmt: skip
    """See `Recommender.explain`."""
    from sora_keras.explanation import explain_history

    fitted = recipe.fitted
    if method not in ("auto", "occlusion"):
        raise ParameterError(f"method must be 'auto' or 'occlusion'. Received: {method!r}")
    had = _history_of(fitted.log, user, history, "error")
    assert had is not None
    past, ranker = had[-fitted.length :], recipe._ranker
    whose = [] if user is None else [fitted.log.user_number(user)]

    def scores(histories: list[np.ndarray], items: np.ndarray) -> np.ndarray:
        return ranker.scores(histories, items, users=whose * len(histories) or None)

    if item is None:
        number = int(ranker.rank([past], 1, users=whose or None, seen=[had])[0][0, 0])
    else:
        number = fitted.log.item_number(item)
    return explain_history(number, past, scores=scores, names=fitted.log.item_ids, titles=fitted.titles)


def score_rows(recipe: Recommender, X: Any) -> np.ndarray:
    """See `Recommender.predict`."""
    from sora_keras.tasks.recommender_reading import read_pairs

    users, items = read_pairs(recipe, X)
    log, result = recipe.fitted.log, np.zeros(len(users), np.float32)
    for user in np.unique(users):
        rows = np.flatnonzero(users == user)
        result[rows] = recipe._ranker.scores([log.history(int(user))], items[rows][None, :], users=[int(user)])[0]
    return result
