"""Encoders of a recommender: what they may see, what they learn, and that they are saved as they are."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from sora_keras.encoders import (
    item_vectors,
    linear_core,
    list_encoders,
    popularity_core,
    query_model,
    with_linear,
)
from sora_keras.encoders.recommending import CLOSED_FORM, LINEAR, MODALITY, Network
from sora_keras.errors import ParameterError
from sora_keras.training import cut_windows, mean_next_item
from tests.recommending import ITEMS, LENGTH, WIDTH, following, made_log, make_network, padded_rows, softmax_loss

WEIGHTS = np.random.default_rng(1).normal(size=(ITEMS, ITEMS)).astype(np.float32)
COUNTS = np.arange(ITEMS)
HISTORIES = padded_rows([[0, 3, 5], [7], [2, 2, 9, 11, 4]])


def pooled(vectors: Any) -> Any:
    return keras.ops.max(vectors, axis=1)


CORES = {
    "popularity": lambda: popularity_core(COUNTS),
    "linear": lambda: linear_core(WEIGHTS),
    "sequence": lambda: make_network().core,
    "without order": lambda: make_network(ordered=False).core,
    "sequence+linear": lambda: with_linear(make_network().core, WEIGHTS, 2.0),
    "two_tower": lambda: make_network("two_tower").core,
    "with features": lambda: make_network("two_tower", features=2).core,
    "layer": lambda: make_network(keras.layers.GRU(6)).core,
    "a vector a step": lambda: make_network(keras.layers.GRU(WIDTH, return_sequences=True)).core,
    "extended": lambda: make_network(layers=[keras.layers.Dense(WIDTH, activation="tanh")]).core,
}
every_core = pytest.mark.parametrize("name", CORES)


def encoded(network: Network, histories: np.ndarray) -> np.ndarray:
    return np.asarray(network.training.get_layer("encoder")([histories]))


@every_core
def test_padding_says_nothing(name: str) -> None:
    core = CORES[name]()
    assert core.output_shape == (None, ITEMS)
    longer = np.pad(HISTORIES, ((0, 0), (0, 3)))
    assert np.allclose(core(HISTORIES), core(longer), atol=1e-5)
    alone = np.concatenate([core(row[row > 0][None, :]) for row in HISTORIES])
    assert np.allclose(core(HISTORIES), alone, atol=1e-5)


@every_core
def test_a_history_of_nothing_has_scores(name: str) -> None:
    assert np.isfinite(CORES[name]()(np.zeros((2, 3), np.int32))).all()


@every_core
def test_saved_and_loaded_it_answers_the_same(name: str, tmp_path) -> None:
    core = CORES[name]()
    core.save(tmp_path / "core.keras")
    loaded = keras.saving.load_model(tmp_path / "core.keras", safe_mode=True)
    assert np.array_equal(core(HISTORIES), loaded(HISTORIES))
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in core.layers]


@pytest.mark.parametrize("ordered", [True, False])
def test_no_step_of_a_sequence_sees_what_comes_later(ordered: bool) -> None:
    network = make_network(ordered=ordered)
    before = np.array([[1, 2, 3, 4, 5], [6, 7, 8, 9, 0]], np.int32)
    for step in range(1, 5):
        after = before.copy()
        after[:, step:] = [[12] * (5 - step), [0] * (5 - step)]
        states, others = encoded(network, before), encoded(network, after)
        assert np.allclose(states[:, :step], others[:, :step], atol=1e-5)
        assert not np.allclose(states[:1, step], others[:1, step], atol=1e-3)


def test_the_order_of_a_history_counts_where_it_says_something() -> None:
    one, other = np.array([[1, 2, 3, 4]], np.int32), np.array([[3, 1, 2, 4]], np.int32)
    sequence, towers = make_network().core, make_network("two_tower").core
    assert not np.allclose(sequence(one), sequence(other), atol=1e-3)
    assert np.allclose(towers(one), towers(other), atol=1e-5)
    places = {ordered: make_network(ordered=ordered).core.get_layer for ordered in (True, False)}
    assert places[True]("positions").input_dim == LENGTH
    with pytest.raises(ValueError, match="No such layer"):
        places[False]("positions")


def test_a_history_longer_than_was_told_has_its_last_place_for_the_rest() -> None:
    core, long = make_network(length=3).core, np.arange(1, 11, dtype=np.int32)[None, :]
    assert np.isfinite(core(long)).all()
    assert not np.allclose(core(long), core(long[:, ::-1]), atol=1e-3)


@pytest.mark.parametrize("name", ["sequence", "two_tower", "with features", "layer", "a vector a step", "extended"])
def test_scores_are_the_query_times_each_items_vector(name: str) -> None:
    core = CORES[name]()
    vectors, query = item_vectors(core), query_model(core)
    expected = np.asarray(query(HISTORIES)) @ np.asarray(vectors.vectors()).T + np.asarray(vectors.bias)
    assert np.allclose(core(HISTORIES), expected, atol=1e-4)


def test_with_a_linear_part_or_without_vectors_there_is_no_query() -> None:
    assert query_model(CORES["sequence+linear"]()) is None
    assert item_vectors(CORES["sequence+linear"]()) is not None
    for name in CLOSED_FORM:
        assert query_model(CORES[name]()) is None
        assert item_vectors(CORES[name]()) is None


def test_popularity_is_the_share_of_the_interactions() -> None:
    core = popularity_core(COUNTS)
    assert np.allclose(core(HISTORIES), np.tile(COUNTS / COUNTS.sum(), (3, 1)))
    assert not np.asarray(popularity_core(np.zeros(4))(HISTORIES)).any()


def test_linear_scores_are_the_sum_of_the_weights_of_what_was_had_once() -> None:
    expected = np.stack([WEIGHTS[[0, 3, 5]].sum(0), WEIGHTS[7], WEIGHTS[[2, 9, 11, 4]].sum(0)])
    assert np.allclose(linear_core(WEIGHTS)(HISTORIES), expected, atol=1e-5)


def test_with_linear_adds_as_much_as_was_asked_and_leaves_the_sequence_as_it_was() -> None:
    core = make_network().core
    sequence, linear = np.asarray(core(HISTORIES)), np.asarray(linear_core(WEIGHTS)(HISTORIES))
    whole = with_linear(core, WEIGHTS, 2.5)
    assert np.allclose(whole(HISTORIES), sequence + 2.5 * linear, atol=1e-4)
    assert np.array_equal(core(HISTORIES), sequence)
    assert not whole.get_layer(LINEAR).trainable


def test_training_looks_at_every_step_of_a_window_and_shares_its_weights_with_the_core() -> None:
    network = make_network()
    windows = padded_rows([[0, 3, 5, 8], [7, 2], [2, 9, 11]])
    vectors = item_vectors(network.core)
    logits = encoded(network, windows[:, :-1]) @ np.asarray(vectors.table).T + np.asarray(vectors.bias)
    expected = np.where(windows[:, 1:] > 0, softmax_loss(logits, np.maximum(windows[:, 1:] - 1, 0)), -1.0)
    assert network.by_step
    assert np.allclose(network.training(windows), expected, atol=1e-4)
    asked = softmax_loss(np.asarray(network.core(windows[:1, :-1])), windows[:1, -1] - 1)
    assert asked == pytest.approx(expected[0, -1], abs=1e-4)


@pytest.mark.parametrize("encoder", ["two_tower", keras.layers.GRU(5), pooled], ids=["two_tower", "layer", "callable"])
def test_one_vector_a_history_is_trained_on_beginnings(encoder: Any) -> None:
    network = make_network(encoder)
    windows = padded_rows([[0, 3, 5, 8], [7, 2], [2, 9, 11]])
    assert not network.by_step
    assert network.training(windows, training=True).shape == (24, 1)
    ends = (windows > 0).sum(axis=1) - 1
    before = np.where(np.arange(4) < ends[:, None], windows, 0)[:, :-1]
    expected = softmax_loss(np.asarray(network.core(before)), windows[np.arange(3), ends] - 1)
    assert np.allclose(network.training(windows)[:, 0], expected, atol=1e-4)


def test_what_is_known_of_users_counts_and_somebody_new_is_none_of_them(tmp_path) -> None:
    network = make_network("two_tower", users=3)
    histories, users = np.tile(HISTORIES[:1], (4, 1)), np.array([0, 1, 2, 3], np.int32)
    core, people = network.core, network.core.get_layer("people")
    found = np.asarray(core([histories, users]))
    about = np.asarray(people.described) @ np.asarray(core.get_layer("about").kernel)
    assert np.allclose(found - found[0], about[users] @ np.asarray(item_vectors(core).table).T, atol=1e-4)
    assert not about[0].any()
    query = query_model(core)([histories, users])
    assert np.allclose(item_vectors(core)(query, reverse=True), found, atol=1e-5)
    core.save(tmp_path / "core.keras")
    assert np.array_equal(keras.saving.load_model(tmp_path / "core.keras", safe_mode=True)([histories, users]), found)
    lost = np.asarray(network.training([histories, users]))  # all but the end tells what comes last
    expected = softmax_loss(np.asarray(core([np.tile([[1, 4]], (4, 1)), users])), np.full(4, 5))
    assert np.allclose(lost[:, 0], expected, atol=1e-4)
    assert network.training([histories, users], training=True).shape == (32, 1)


def test_where_order_says_nothing_training_reads_histories_in_any_order() -> None:
    windows = padded_rows([[0, 3, 5, 8, 1]])
    losses = {ordered: make_network(ordered=ordered).training for ordered in (True, False)}
    drawn = {ordered: {float(mean_next_item(np.zeros(1), network(windows, training=True))) for _ in range(5)}
             for ordered, network in losses.items()}  # fmt: skip
    assert len(drawn[True]) == 1
    assert len(drawn[False]) > 1
    assert np.array_equal(losses[False](windows), losses[False](windows))


def test_it_learns_what_comes_next() -> None:
    network, log = make_network(), made_log(users=24, steps=6)
    windows = cut_windows(log, 5)
    batch = windows.gather()(windows.rows).numpy()
    network.training.compile(keras.optimizers.Adam(0.05), mean_next_item, jit_compile=False)
    for _ in range(120):
        network.training.train_on_batch(batch, np.zeros(len(batch), np.int32))
    pairs = [(item, following(item)) for item in range(ITEMS)]
    best = np.asarray(network.core(padded_rows(pairs))).argmax(axis=1)
    assert best.tolist() == [following(second) for _, second in pairs]


@pytest.mark.parametrize("layer", [keras.layers.Dense(WIDTH + 1), keras.layers.Reshape((-1, WIDTH, 1))], ids=str)
def test_what_stands_before_the_scores_must_be_as_wide_as_an_item(layer: Any) -> None:
    with pytest.raises(ParameterError, match=f"vectors of width={WIDTH}, as items have. Received: shape"):
        make_network(layers=[layer])


def test_the_users_layer_is_copied() -> None:
    layer = keras.layers.Dense(WIDTH)
    make_network(layers=[layer])
    assert not layer.built


def test_they_are_found_by_name() -> None:
    assert set(list_encoders(MODALITY)) == {"popularity", "linear", "sequence", "sequence+linear", "two_tower"}
