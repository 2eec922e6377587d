"""What a recommender is given, as numbers of users and items."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras import data, parameters
from sora_keras.data.names import ITEM_NAMES, USER_NAMES
from sora_keras.errors import DataError, ParameterError
from sora_keras.tasks.recommending import item_numbers, user_numbers

if TYPE_CHECKING:
    from sora_keras.data import Interactions
    from sora_keras.tasks.recommender import Recommender


def read_log(recipe: Recommender, X: Any, y: Any, like: Interactions | None) -> Interactions:
    """Interactions, without what was rated too low."""
    log = data.read_interactions(
        X, y, user=recipe.user, item=recipe.item, rating=None if y is not None else recipe.rating, time=recipe.time,
        memory=recipe.memory, like=like,
    )  # fmt: skip
    least = recipe.least_rating
    if least is None:
        return log
    parameters.check_number("least_rating", least, least=-np.inf)
    if log.weights is None:
        raise ParameterError(f"{log.source} has no ratings that differ, so least_rating={least!r} says nothing.")
    kept = log.take(log.weights >= least)
    if not len(kept):
        raise DataError(f"No row of {log.source} is rated {least!r} or more; the highest is {log.weights.max():g}.")
    return kept


def read_users(recipe: Recommender, X: Any) -> list[int]:
    """The numbers of users: of a list of ids, or of the column of users of a file or table, each once."""
    log = recipe.fitted.log
    if isinstance(X, list | tuple | np.ndarray) and not (len(X) and isinstance(X[0], dict | list | tuple)):
        return user_numbers(log, X)
    examples = data.read_examples(X, answer_required=False, memory=recipe.memory, default_name="user")
    column = _column(examples, recipe.user, USER_NAMES, "user")
    return user_numbers(log, dict.fromkeys(examples.column(column)))


def read_pairs(recipe: Recommender, X: Any) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of users and items (rows,), row by row."""
    log = recipe.fitted.log
    if _is_rows(X):
        users, items = ([row[place] for row in X] for place in (0, 1))
    else:
        examples = data.read_examples(X, answer_required=False, memory=recipe.memory, default_name="item")
        users = list(examples.column(_column(examples, recipe.user, USER_NAMES, "user")))
        items = list(examples.column(_column(examples, recipe.item, ITEM_NAMES, "item")))
    return np.array(user_numbers(log, users), np.int64), item_numbers(log, items, "item")


def _is_rows(X: Any) -> bool:
    if isinstance(X, str | os.PathLike) or not isinstance(X, list | tuple | np.ndarray) or not len(X):
        return False
    return isinstance(X[0], list | tuple | np.ndarray)


def _column(examples: Any, given: str | None, known: Any, role: str) -> str:
    found = given or data.find_named_column(examples.names, known)
    if found is None and len(examples.names) == 1:
        return str(examples.names[0])
    if found is None:
        listed = ", ".join(map(repr, examples.names))
        raise DataError(
            f"Which column of {examples.source} holds the {role}s? Say it with {role}='name of the column' of the "
            f"Recommender. Columns: {listed}."
        )
    return str(found)
