"""A made log with a clear structure, and recommenders' cores small enough to build in a moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from sora_keras.data import Interactions
from sora_keras.encoders import CatalogueFacts, Network, build_network, resolve_encoder
from sora_keras.encoders.recommending import HISTORY, QUERY, VECTORS
from sora_keras.layers.item_vectors import ItemVectors
from sora_keras.layers.next_item import NextItemLoss
from sora_keras.layers.user_features import UserFeatures

ITEMS, WIDTH, LENGTH = 12, 4, 5


def log_of(histories: Sequence[Sequence[int]], items: int | None = None) -> Interactions:
    """The histories of users "u0", "u1", … of items "i0", "i1", …, the oldest first."""
    columns = [np.asarray(history, np.int32) for history in histories]
    rows = np.concatenate([np.zeros(0, np.int32), *columns])
    count = 1 + int(rows.max(initial=0)) if items is None else items
    users = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
    names = np.array([f"u{number}" for number in range(len(histories))], object)
    return Interactions(users, rows, names, np.array([f"i{number}" for number in range(count)], object))


def made_log(users: int = 24, items: int = ITEMS, steps: int = 5, seed: int = 0) -> Interactions:
    """Two groups of items, the first half and the others; each user stays in one, where after i comes i + 1, around."""
    random, half = np.random.default_rng(seed), items // 2
    starts = random.integers(0, half, users)
    return log_of([half * (user % 2) + (start + np.arange(steps)) % half for user, start in enumerate(starts)], items)


def ratings() -> tuple[list[tuple[str, str]], list[float]]:
    """`made_log` as rows (user, item), and a rating of each."""
    log = made_log()
    rows = [(str(log.user_ids[user]), str(log.item_ids[item])) for user, item in zip(log.users, log.items, strict=True)]
    return rows, [float(1 + row % 5) for row in range(len(rows))]


def following(item: int, items: int = ITEMS) -> int:
    """What comes after an item in `made_log`."""
    half = items // 2
    return half * (item // half) + (item % half + 1) % half


def make_network(
    encoder: Any = "sequence", *, items: int = ITEMS, length: int = LENGTH, ordered: bool = True, features: int = 0,
    layers: Sequence[Any] = (), negatives: int | None = None, dropout: float = 0.0, users: int = 0,
) -> Network:  # fmt: skip
    """A network whose weights are so large that answers differ from item to item; of `users` it knows features."""
    keras.utils.set_random_seed(0)
    vectors = ItemVectors(items, WIDTH, features, name=VECTORS)
    vectors.build()
    facts = CatalogueFacts(items, length, WIDTH, dropout, ordered, vectors)
    made = resolve_encoder(encoder, "interactions")
    random, people = np.random.default_rng(0), None
    if users:
        people = UserFeatures(users, 3, name="people")
        people.build()
        people.set_features(random.normal(size=(users, 3)))
    network = build_network(made, facts, layers, lambda table: NextItemLoss(table, negatives), people)
    for weight in vectors.weights:
        if weight.name != "seed_generator_state":
            weight.assign(random.normal(size=weight.shape))
    return network


def summed_core(table: np.ndarray, bias: np.ndarray | None = None) -> keras.Model:
    """The sum of the history's vectors, times every item's vector: easily done by hand."""
    history = keras.Input((None,), dtype="int32", name=HISTORY)
    vectors = ItemVectors(*table.shape, name=VECTORS)
    query = keras.layers.Identity(name=QUERY)(keras.ops.sum(vectors(history), axis=1))
    core = keras.Model(history, vectors(query, reverse=True), name="core")
    vectors.table.assign(table)
    if bias is not None:
        vectors.bias.assign(bias)
    return core


def padded_rows(rows: Sequence[Sequence[int]]) -> np.ndarray:
    """Item numbers from 0 as a core takes them: from 1, with 0 at the end."""
    width = max(1, *map(len, rows))
    return np.array([[*(int(one) + 1 for one in row), *[0] * (width - len(row))] for row in rows], np.int32)


def best_by_hand(
    scores: np.ndarray, k: int, seen: Sequence[Sequence[int]] | None = None, allowed: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """The k best of all items, of equal ones the first, -1 and -inf where none is left."""
    left = np.array(scores, np.float32)
    for row, had in enumerate(seen or ()):
        left[row, list(had)] = -np.inf
    if allowed is not None:
        left[:, ~allowed] = -np.inf
    order = np.argsort(-left, axis=1, kind="stable")[:, :k]
    best = np.take_along_axis(left, order, axis=1)
    return np.where(np.isinf(best), -1, order), best


def softmax_loss(logits: np.ndarray, right: np.ndarray) -> np.ndarray:
    """-log softmax of (…, items) at the item numbers (…,)."""
    logits = np.asarray(logits, np.float64)
    highest = logits.max(axis=-1, keepdims=True)
    everything = np.log(np.exp(logits - highest).sum(axis=-1)) + highest[..., 0]
    return everything - np.take_along_axis(logits, right[..., None], axis=-1)[..., 0]


def whole_reads(graph: Any, shape: tuple[int, ...]) -> list[Any]:
    """Where a graph reads the whole of a variable of this shape."""
    return [
        operation for operation in graph.get_operations()
        if operation.type == "ReadVariableOp" and tuple(operation.outputs[0].shape) == shape
    ]  # fmt: skip
