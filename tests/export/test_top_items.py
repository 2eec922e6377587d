"""The best items are exactly those that sorting every score gives, in chunks or at once."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_keras.encoders import item_vectors, with_linear
from sora_keras.export import top_items
from sora_keras.export.top_items import TopItems, best_by_product
from tests.recommending import best_by_hand, make_network, padded_rows, summed_core

ITEMS, WIDTH = 13, 2
NOBODY = np.zeros(3, np.int32)
CHUNKS = (1, 4, 5, ITEMS - 1, ITEMS, 100)
# Small whole numbers, so that many scores are equal and all are exact.
seeds, some_k, some_chunk = st.integers(0, 9999), st.integers(1, ITEMS), st.sampled_from(CHUNKS)


@pytest.fixture(scope="module", autouse=True)
def small_blocks():
    """So small that some of these few items are sorted by blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(top_items, "_BLOCK", 4)
        yield


@pytest.fixture(scope="module")
def tops() -> dict[int, TopItems]:
    """Over one core, by how many items they score at once."""
    core = summed_core(np.zeros((ITEMS, WIDTH)))
    return {chunk: TopItems(core, chunk) for chunk in CHUNKS}


def drawn(seed: int) -> tuple[Any, ...]:
    """A table, biases, histories, what was seen and what is allowed."""
    random = np.random.default_rng(seed)
    table, bias = random.integers(-2, 3, (ITEMS, WIDTH)), random.integers(-2, 3, ITEMS)
    lengths = random.integers(1, 5, 3)
    histories = [random.integers(0, ITEMS, length) for length in lengths]
    seen = [random.integers(0, ITEMS, random.integers(0, 2 * ITEMS)) for _ in histories]
    return table, bias, histories, seen, random.random(ITEMS) < random.choice([0.2, 0.8, 1.0])


def told(core: keras.Model, table: np.ndarray, bias: np.ndarray) -> None:
    vectors = item_vectors(core)
    vectors.table.assign(table)
    vectors.bias.assign(bias)


@settings(deadline=None, max_examples=60)
@given(seed=seeds, k=some_k, chunk=some_chunk, as_tensor=st.booleans())
def test_exact_with_ties_seen_and_forbidden_items(tops, seed: int, k: int, chunk: int, as_tensor: bool) -> None:
    table, bias, histories, seen, allowed = drawn(seed)
    told(tops[chunk].core, table, bias)
    asked = tf.constant(k) if as_tensor else k
    items, best = tops[chunk](padded_rows(histories), NOBODY, padded_rows(seen), tf.constant(allowed), asked)
    scores = np.stack([table[one].sum(axis=0) for one in histories]) @ table.T + bias
    expected, wanted = best_by_hand(scores, k, seen, allowed)
    assert np.array_equal(items, expected)
    assert np.array_equal(best, wanted)


@settings(deadline=None, max_examples=60)
@given(seed=seeds, k=some_k, chunk=some_chunk)
def test_products_are_scaled_before_the_bias_is_added(seed: int, k: int, chunk: int) -> None:
    table, bias, _, seen, allowed = drawn(seed)
    random = np.random.default_rng(seed)
    query, scale = random.integers(-2, 3, (3, WIDTH)), random.choice([0.5, 1.0, 2.0], ITEMS)
    table, bias, query, scale = (part.astype(np.float32) for part in (table, bias, query, scale))
    best, items = best_by_product(
        tf.constant(query), tf.constant(table), tf.constant(bias), padded_rows(seen), tf.constant(allowed), k, chunk,
        tf.constant(scale),
    )  # fmt: skip
    expected, wanted = best_by_hand(query @ table.T * scale + bias, k, seen, allowed)
    assert np.array_equal(best, wanted)
    left = ~np.isinf(wanted)
    assert np.array_equal(items.numpy()[left], expected[left])


@pytest.mark.parametrize("k", [1, 3, 10, 64, 200, 256])
def test_of_many_equal_scores_the_first_items_come_first(k: int) -> None:
    scores = np.random.default_rng(k).integers(0, 4, (5, 256)).astype(np.float32)
    found, expected = top_items._highest(tf.constant(scores), 256, k), tf.math.top_k(scores, k)
    assert np.array_equal(found[0], expected[0])
    assert np.array_equal(found[1], expected[1])


@pytest.mark.parametrize("chunk", [4, ITEMS])
def test_where_everything_was_seen_or_nothing_is_allowed_no_item_is_left(tops, chunk: int) -> None:
    told(tops[chunk].core, *drawn(0)[:2])
    history, everything = np.array([[1]], np.int32), np.arange(1, ITEMS + 1, dtype=np.int32)[None, :]
    nothing = np.zeros((1, 1), np.int32)
    for seen, allowed in ((everything, np.ones(ITEMS, bool)), (nothing, np.zeros(ITEMS, bool))):
        items, scores = tops[chunk](history, NOBODY[:1], seen, tf.constant(allowed), ITEMS)
        assert (items.numpy() == -1).all()
        assert np.isneginf(scores).all()


@pytest.mark.parametrize("encoder", ["sequence", "two_tower"])
@pytest.mark.parametrize("features", [0, 2])
def test_of_a_network_the_chunks_give_what_the_whole_gives(encoder: str, features: int) -> None:
    core = make_network(encoder, features=features).core
    histories = [[0, 3, 5], [7], [2, 2, 9, 11, 4]]
    asked = padded_rows(histories)
    expected, best = best_by_hand(np.asarray(core(asked)), 12, histories)
    for chunk in (5, 12):
        items, scores = TopItems(core, chunk)(asked, NOBODY, asked, tf.ones(12, tf.bool), 12)
        assert np.array_equal(items, expected)
        assert np.allclose(scores, best, atol=1e-4)


def test_whose_history_it_is_counts_in_chunks_too() -> None:
    core = make_network("two_tower", users=3).core
    histories, whose = [[0, 3, 5], [0, 3, 5], [0, 3, 5]], np.array([0, 1, 3], np.int32)
    asked = padded_rows(histories)
    expected, best = best_by_hand(np.asarray(core([asked, whose])), 12, histories)
    assert not np.array_equal(best[0], best[1])
    for chunk in (5, 12):
        items, scores = TopItems(core, chunk)(asked, whose, asked, tf.ones(12, tf.bool), 12)
        assert np.array_equal(items, expected)
        assert np.allclose(scores, best, atol=1e-4)


def test_chunks_are_for_scores_that_are_products_alone() -> None:
    core = make_network().core
    assert TopItems(core, 5).query is not None
    assert TopItems(core, 12).query is None
    assert TopItems(with_linear(core, np.zeros((12, 12), np.float32), 1.0), 5).query is None


def test_in_chunks_the_scores_of_all_items_are_never_held_at_once() -> None:
    top = TopItems(make_network().core, 5)

    def answer(history: Any, seen: Any) -> Any:
        return top(history, NOBODY[:2], seen, tf.ones(12, tf.bool), 3)

    numbers = tf.TensorSpec((2, None), tf.int32)
    graph = tf.function(answer, autograph=False).get_concrete_function(numbers, numbers).graph
    shapes = {tuple(out.shape) for one in graph.get_operations() for out in one.outputs if out.shape.rank == 2}
    assert (2, 5) in shapes
    assert (2, 12) not in shapes
