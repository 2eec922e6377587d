"""What a recommender is trained by, held against the same done in NumPy."""

from __future__ import annotations

import sys
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from sora_keras.errors import MissingExtraError
from sora_keras.layers.item_vectors import ItemVectors
from sora_keras.layers.next_item import PAD, InBatchLoss, NextItemLoss
from sora_keras.training import mean_next_item
from sora_keras.training.optimizers import TouchedRowsAdamW
from tests.recommending import make_network, softmax_loss, whole_reads

WIDTH = 3


def table_of(items: int, scale: float = 1.0, **settings: Any) -> ItemVectors:
    layer, random = ItemVectors(items, WIDTH, **settings), np.random.default_rng(0)
    layer.build()
    layer.table.assign(scale * random.normal(size=(items, WIDTH)))
    layer.bias.assign(scale * random.normal(size=items))
    return layer


def states_of(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(*shape, WIDTH)).astype(np.float32)


def logits_of(table: ItemVectors, states: np.ndarray) -> np.ndarray:
    return states @ np.asarray(table.table).T + np.asarray(table.bias)


def test_over_all_items_it_is_the_softmax_by_hand_and_padding_is_marked() -> None:
    table, states, targets = table_of(6), states_of(2, 3), np.array([[1, 6, 0], [3, 0, 0]], np.int32)
    expected = np.where(targets > 0, softmax_loss(logits_of(table, states), np.maximum(targets - 1, 0)), PAD)
    for training in (False, True):
        assert np.allclose(NextItemLoss(table)([states, targets], training=training), expected, atol=1e-5)


@pytest.mark.parametrize("negatives", [None, 4])
def test_padding_teaches_nothing(negatives: int | None) -> None:
    table, states = table_of(6), tf.constant(states_of(2, 3))
    targets = tf.constant([[1, 6, 0], [3, 0, 0]])
    with tf.GradientTape() as tape:
        tape.watch(states)
        lost = mean_next_item(np.zeros(2), NextItemLoss(table, negatives)([states, targets], training=True))
    moved = np.abs(tape.gradient(lost, states)).sum(axis=-1) > 0
    assert np.array_equal(moved, targets.numpy() > 0)


@pytest.mark.parametrize("negatives", [None, 4])
def test_what_is_certain_costs_nothing_and_is_not_taken_for_padding(negatives: int | None) -> None:
    table = table_of(6)
    table.bias.assign([0, 0, 300, 0, 0, 0])
    for scale in (0.0, 1.0, 7.7):
        lost = np.asarray(NextItemLoss(table, negatives)([scale * states_of(4, 5), np.full((4, 5), 3, np.int32)]))
        assert ((lost >= 0) & (lost < 1e-3)).all()


def test_sampled_the_sum_over_all_items_is_met_on_average() -> None:
    """Of five items three are drawn: without its correction the sum over the others would be a fifth too small."""
    table, states, targets = table_of(5), states_of(1, 1), np.array([[2]], np.int32)
    layer = NextItemLoss(table, negatives=3)
    asked = tf.function(lambda: layer([states, targets], training=True), autograph=False)
    logits = logits_of(table, states).astype(np.float64)[0, 0]
    sums = np.exp(np.array([float(asked()[0, 0]) for _ in range(3000)]) + logits[1])
    error = sums.std() / np.sqrt(len(sums))
    assert error < 0.02 * np.exp(logits).sum()
    assert sums.mean() == pytest.approx(np.exp(logits).sum(), abs=4 * error)


def test_of_many_negatives_the_sampled_loss_is_near_the_full_one() -> None:
    table, states, targets = table_of(20), states_of(8, 4), np.arange(1, 33, dtype=np.int32).reshape(8, 4) % 20 + 1
    full, sampled = NextItemLoss(table)([states, targets]), NextItemLoss(table, 20_000)([states, targets])
    assert np.allclose(full, sampled, atol=0.1)
    assert np.mean(full - sampled) == pytest.approx(0, abs=0.02)


def test_an_item_is_never_its_own_negative() -> None:
    lost = NextItemLoss(table_of(1), negatives=5)([states_of(2, 2), np.ones((2, 2), np.int32)], training=True)
    assert np.allclose(lost, 0.0, atol=1e-6)


def test_negatives_are_drawn_anew_in_each_step() -> None:
    layer, given = NextItemLoss(table_of(50), negatives=3), [states_of(1, 1), np.ones((1, 1), np.int32)]
    assert len({float(layer(given, training=True)[0, 0]) for _ in range(5)}) > 1


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("negatives", [None, 4])
def test_in_half_precision_it_is_a_float32_near_that_of_full(policy: str, negatives: int | None) -> None:
    states, targets = states_of(2, 3), np.array([[1, 6, 2], [3, 0, 0]], np.int32)
    keras.utils.set_random_seed(0)
    full = NextItemLoss(table_of(6), negatives)([states, targets], training=True)
    keras.utils.set_random_seed(0)
    half = NextItemLoss(table_of(6, dtype=policy), negatives, dtype=policy)
    found = half([tf.cast(states, half.compute_dtype), targets], training=True)
    assert found.dtype == tf.float32
    assert np.allclose(found, full, atol=0.1)


@pytest.mark.parametrize("encoder", ["sequence", "two_tower"])
def test_a_step_with_sampled_negatives_touches_few_rows_and_reads_no_whole_table(encoder: str) -> None:
    network = make_network(encoder, items=1000, negatives=5)
    windows = np.array([[1, 2, 3, 0], [7, 8, 9, 10]], np.int32)

    def step(batch: Any) -> Any:
        with tf.GradientTape() as tape:
            lost = mean_next_item(tf.zeros(2), network.training(batch, training=True))
        return tape.gradient(lost, [variable.value for variable in network.training.trainable_variables])

    graph = tf.function(step, autograph=False).get_concrete_function(tf.TensorSpec((None, None), tf.int32)).graph
    assert not whole_reads(graph, (1000, 4))
    assert not whole_reads(graph, (1000,))
    table = network.core.get_layer("vectors").table
    before, variables = table.numpy().copy(), network.training.trainable_variables
    gradients = step(windows)
    of_table = {v.path: g for v, g in zip(variables, gradients, strict=True) if v.path.startswith("vectors")}
    assert len(of_table) == 2
    assert all(isinstance(gradient, tf.IndexedSlices) for gradient in of_table.values())
    TouchedRowsAdamW(0.1, weight_decay=0.1).apply(gradients, variables)
    touched = np.unique(of_table[table.path].indices)
    moved = np.flatnonzero((table.numpy() != before).any(axis=1))
    assert {0, 1, 6, 7, 8} <= set(moved) <= set(touched)
    assert len(touched) <= 7 + 5


# In-batch, by KerasRS


def in_batch(items: int = 8, hard: int | None = None, shares: np.ndarray | None = None) -> InBatchLoss:
    pytest.importorskip("keras_rs")
    given = np.arange(1, items + 1) / np.arange(1, items + 1).sum() if shares is None else shares
    return InBatchLoss(table_of(items), given, hard)


def in_batch_by_hand(
    layer: InBatchLoss, queries: np.ndarray, targets: list[int], hard: int | None = None
) -> np.ndarray:
    logits, found = logits_of(layer.vectors, queries[:, 0]) - np.log(layer.shares), []
    for row, target in enumerate(targets):
        others = [logits[row, other - 1] for other in targets if other != target]
        others = sorted(others, reverse=True)[:hard]
        found.append([softmax_loss(np.array([logits[row, target - 1], *others]), np.array(0))])
    return np.array(found)


def test_others_of_the_batch_are_the_negatives_but_those_with_the_same_item() -> None:
    layer, queries, targets = in_batch(), states_of(5, 1), [3, 8, 3, 1, 3]
    found = layer([queries, np.array(targets, np.int32)[:, None]], training=True)
    assert np.allclose(found, in_batch_by_hand(layer, queries, targets), atol=1e-4)


def test_where_nothing_is_trained_all_items_are_compared() -> None:
    layer, queries, targets = in_batch(hard=2), states_of(5, 1), np.array([[3], [8], [3], [1], [0]], np.int32)
    assert np.allclose(layer([queries, targets]), NextItemLoss(layer.vectors)([queries, targets]), atol=1e-5)
    few = InBatchLoss(layer.vectors, layer.shares, negatives=3)
    assert not np.allclose(few([queries, targets])[:4], layer([queries, targets])[:4], atol=1e-3)


def test_a_batch_of_one_item_has_nothing_to_tell_apart() -> None:
    layer = in_batch()
    given = [states_of(4, 1), np.full((4, 1), 2, np.int32)]
    assert np.allclose(layer(given, training=True), 0.0, atol=1e-6)


def test_popular_items_are_lowered_by_how_often_they_come() -> None:
    layer = in_batch(2, shares=np.array([0.8, 0.2]))
    layer.vectors.bias.assign([0.0, 0.0])
    lost = layer([np.zeros((2, 1, WIDTH), np.float32), np.array([[1], [2]], np.int32)], training=True)
    assert np.allclose(lost, [[-np.log(0.2)], [-np.log(0.8)]], atol=1e-5)


def test_the_hardest_others_alone_are_looked_at() -> None:
    layer, queries, targets = in_batch(hard=2), states_of(6, 1), [3, 8, 3, 1, 5, 4]
    given = [queries, np.array(targets, np.int32)[:, None]]
    assert np.allclose(layer(given, training=True), in_batch_by_hand(layer, queries, targets, 2), atol=1e-4)


def test_in_batch_padding_is_marked_and_gradients_are_of_rows() -> None:
    layer, queries = in_batch(), states_of(3, 1)
    with tf.GradientTape() as tape:
        lost = layer([queries, np.array([[2], [5], [0]], np.int32)], training=True)
        total = mean_next_item(np.zeros(3), lost)
    assert np.array_equal(np.asarray(lost)[:, 0] == PAD, [False, False, True])
    assert isinstance(tape.gradient(total, layer.vectors.table.value), tf.IndexedSlices)


def test_without_keras_rs_the_extra_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "keras_rs", None)
    with pytest.raises(MissingExtraError, match=r"sora-keras\[recommend\]"):
        InBatchLoss(table_of(3), np.ones(3) / 3)
