"""Every registered text encoder: blind to padding, able to learn, and saved whole."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from sora_keras.encoders import Encoder, list_encoders, register_encoder
from sora_keras.encoders.registry import find_encoder
from sora_keras.encoders.text import EMBEDDING, HEAD, TextFacts, naive_bayes_evidence
from sora_keras.errors import ParameterError
from tests.encoders.conftest import FACTS, make_core, numbers_of

SEQUENCE_ENCODERS = [name for name, one in list_encoders("text").items() if one.reads == "words"]


@pytest.fixture(scope="module", params=list_encoders("text"))
def core(request) -> keras.Model:
    return make_core(request.param)


def test_ours_are_registered_as_a_users_own_would_be() -> None:
    assert list(list_encoders("text"))[:5] == ["ngram", "cnn", "lstm", "bilstm", "transformer"]
    with pytest.raises(ParameterError, match="'text/ngram' is registered already"):
        register_encoder(list_encoders("text")["ngram"])
    with pytest.raises(ParameterError, match="Did you mean 'bilstm'"):
        find_encoder("bilsmt", "text")


@pytest.mark.parametrize("padding", [1, 9])
def test_text_alone_and_padded_in_a_batch_gives_the_same_logits(core: keras.Model, padding: int) -> None:
    rows = [[7], [3, 4, 5, 6, 7, 8, 9], [11, 1, 11]]
    width = max(map(len, rows)) + padding
    batch = np.array([row + [0] * (width - len(row)) for row in rows], np.int32)
    together = core(batch, training=False).numpy()
    for row, expected in zip(rows, together, strict=True):
        padded = np.array([row + [0] * (max(2, len(row)) - len(row))], np.int32)
        assert np.allclose(core(padded, training=False).numpy()[0], expected, atol=1e-5)


def test_text_without_a_known_word_has_a_finite_answer(core: keras.Model) -> None:
    assert np.isfinite(core(np.zeros((2, 2), np.int32), training=False).numpy()).all()


def test_longer_text_than_was_announced_has_a_finite_answer(core: keras.Model) -> None:
    ids = np.full((1, 2 * FACTS.length), 7, np.int32)
    assert np.isfinite(core(ids, training=False).numpy()).all()


def test_learns_a_set_that_one_word_separates(core: keras.Model, toy) -> None:
    ids, targets = toy
    core.compile(keras.optimizers.Adam(0.01), keras.losses.BinaryCrossentropy(from_logits=True), jit_compile=False)
    core.fit(ids, targets[:, None].astype(np.float32), batch_size=16, epochs=15, verbose=0)
    assert np.mean((core(ids, training=False).numpy()[:, 0] > 0) == targets) == 1


def test_comes_back_from_a_keras_file(core: keras.Model, toy, tmp_path: Path) -> None:
    core.save(tmp_path / "core.keras")
    loaded = keras.saving.load_model(tmp_path / "core.keras", safe_mode=True)
    assert np.allclose(loaded(toy[0]), core(toy[0]), atol=1e-6)
    assert isinstance(loaded.get_layer(EMBEDDING), keras.layers.Embedding)


@pytest.mark.parametrize("name", SEQUENCE_ENCODERS)
def test_order_of_words_can_count(name: str) -> None:
    core = make_core(name)
    forth, back = (core(np.array([row], np.int32), training=False).numpy() for row in ([3, 4, 5, 6], [6, 5, 4, 3]))
    assert not np.allclose(forth, back, atol=1e-6)


def test_naive_bayes_evidence_of_two_classes_is_what_the_hand_computes() -> None:
    # Class 1 has n-grams 1, 2 and 1, 3; class 0 has 2.
    evidence = naive_bayes_evidence(numbers_of([[1, 2], [1, 3], [2]]), np.array([1, 1, 0]), 4, 1)
    # Each count plus one: for class 1 (3, 2, 2) of 7, for class 0 (1, 2, 1) of 4.
    expected = np.log(np.array([3 / 7, 2 / 7, 2 / 7]) / np.array([1 / 4, 2 / 4, 1 / 4]))
    assert evidence.shape == (4, 1)
    assert evidence.dtype == np.float32
    assert np.allclose(evidence[1:, 0], expected, atol=1e-6)
    assert evidence[0, 0] == 0


def test_naive_bayes_evidence_of_several_classes_sets_each_against_the_others() -> None:
    numbers = numbers_of([[1], [2], [1, 2], [2]])
    evidence = naive_bayes_evidence(numbers, np.array([0, 1, 2, 2]), 3, 3)
    # Plus one, class 0: (2, 1) of 3 against (2, 4) of 6; 1: (1, 2) of 3, (3, 3) of 6; 2: (2, 3) of 5, (2, 2) of 4.
    expected = np.log([[(2 / 3) / (2 / 6), (1 / 3) / (3 / 6), (2 / 5) / (2 / 4)],
                       [(1 / 3) / (4 / 6), (2 / 3) / (3 / 6), (3 / 5) / (2 / 4)]])  # fmt: skip
    assert np.allclose(evidence[1:], expected, atol=1e-6)
    assert np.array_equal(evidence[0], [0, 0, 0])


def test_naive_bayes_evidence_of_several_labels_counts_a_text_for_each() -> None:
    numbers = numbers_of([[1], [1, 2], [2]])
    both = naive_bayes_evidence(numbers, np.array([[1, 0], [1, 1], [0, 0]], np.float32), 3, 2)
    for label, members in enumerate(([1, 1, 0], [0, 1, 0])):
        assert np.allclose(both[:, label], naive_bayes_evidence(numbers, np.array(members), 3, 1)[:, 0])


@pytest.mark.parametrize(("outputs", "targets"), [(1, [1, 1, 0]), (3, [0, 1, 2])])
def test_ngram_begins_as_naive_bayes(outputs: int, targets: list[int]) -> None:
    numbers = numbers_of([[1, 2], [1, 3], [2]])
    core = make_core("ngram", TextFacts(4, 24, outputs))
    list_encoders("text")["ngram"].begin(core, numbers, np.array(targets))
    evidence = naive_bayes_evidence(numbers, np.array(targets), 4, outputs)
    assert np.allclose(core(np.array([[1, 3]], np.int32)), 0.5 * evidence[[1, 3]].sum(axis=0) / 2**0.5, atol=1e-6)


def test_ngram_under_other_layers_begins_at_the_evidence_with_a_head_of_its_own() -> None:
    numbers, targets = numbers_of([[1, 2], [1, 3], [2]]), np.array([1, 1, 0])
    ids = keras.Input((None,), dtype="int32")
    encoded = keras.layers.Dense(5)(list_encoders("text")["ngram"].build(ids, TextFacts(4, 24, 1)))
    core = keras.Model(ids, keras.layers.Dense(1, name=HEAD)(encoded))
    before = core.get_layer(HEAD).get_weights()[0]
    list_encoders("text")["ngram"].begin(core, numbers, targets)
    assert np.array_equal(core.get_layer(HEAD).get_weights()[0], before)
    expected = 0.5 * naive_bayes_evidence(numbers, targets, 4, 1)
    assert np.allclose(core.get_layer(EMBEDDING).get_weights()[0], expected)


def test_encoder_of_ones_own_is_found_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from sora_keras.encoders import registry

    monkeypatch.setattr(registry._REGISTRY, "_entries", dict(registry._REGISTRY._entries))
    own = Encoder("mine", "text", "words", list_encoders("text")["cnn"].build, list_encoders("text")["cnn"].training)
    assert register_encoder(own) is own
    assert find_encoder("mine", "text") is own
