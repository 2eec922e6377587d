"""Bags of n-grams and words in order, as numbers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from sora_keras.layers.ngram_ids import NgramIds
from sora_keras.layers.word_ids import WordIds

TEXTS = np.array(["the good film", "the bad film", "a good good film", "好电影"], dtype=object)


@pytest.fixture
def ngrams() -> NgramIds:
    layer = NgramIds(order=3)
    layer.adapt([TEXTS], min_count=1)
    return layer


def known(layer: NgramIds | WordIds, text: str) -> list[int]:
    return [number for number in layer(tf.constant([text])).numpy()[0].tolist() if number]


def test_every_distinct_ngram_counts_once(ngrams: NgramIds) -> None:
    # a, good, film; "a good", "good good", "good film"; "a good good", "good good film"
    assert len(known(ngrams, "a good good film")) == 8
    assert len(set(known(ngrams, "good good good"))) == len(known(ngrams, "good good good"))


def test_ngrams_do_not_cross_texts(ngrams: NgramIds) -> None:
    alone = {*known(ngrams, "the good"), *known(ngrams, "bad film")}
    batch = ngrams(tf.constant(["the good", "bad film"])).numpy()
    assert set(batch[batch > 0].tolist()) == alone


def test_unknown_words_are_left_out_of_a_bag_and_kept_in_an_order(ngrams: NgramIds) -> None:
    words = WordIds(length=5)
    words.adapt([TEXTS], min_count=1)
    assert known(ngrams, "zebra") == []
    assert known(words, "zebra film")[0] == 1


def test_min_count_and_size_keep_the_most_frequent() -> None:
    often = WordIds()
    often.adapt([TEXTS], min_count=3)
    assert often.vocabulary_size == 2  # film, good
    largest = WordIds()
    largest.adapt([TEXTS], size=1, min_count=1)
    assert largest.vocabulary_size == 1
    assert known(largest, "film")[0] + known(largest, "good")[0] == 3  # one known (2), one not (1)


def test_words_are_cut_at_the_length() -> None:
    words = WordIds(length=2)
    words.adapt([TEXTS], min_count=1)
    assert words(tf.constant(["the good film"])).shape == (1, 2)


def test_texts_without_a_word_have_room_for_one_padding() -> None:
    words = WordIds()
    words.adapt([TEXTS])
    assert words(tf.constant(["", "  "])).numpy().tolist() == [[0], [0]]


def test_adapting_in_pieces_is_adapting_at_once(ngrams: NgramIds) -> None:
    pieces = NgramIds(order=3)
    pieces.adapt([TEXTS[:1], TEXTS[1:3], TEXTS[3:]], min_count=1)
    assert np.array_equal(pieces.vocabulary.numpy(), ngrams.vocabulary.numpy())


def test_trace_names_the_words_behind_each_number(ngrams: NgramIds) -> None:
    text = "The  good film!"
    trace = ngrams.trace(text)
    shown = [text[start:end] for start, end in trace.words]
    assert shown == ["The", "good", "film", "!"]
    assert sorted(trace.ids.tolist()) == sorted(known(ngrams, text))
    joined = {" ".join(shown[i] for i in source) for source in trace.sources}
    assert joined == {"The", "good", "film", "The good", "good film", "The good film"}


@pytest.mark.parametrize("layer_class", [NgramIds, WordIds])
def test_saved_layer_gives_the_same_numbers(tmp_path, layer_class) -> None:
    layer = layer_class()
    layer.adapt([TEXTS], min_count=1)
    raw = keras.Input((), dtype="string")
    keras.Model(raw, layer(raw)).save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    texts = tf.constant(["a good film", "好电影！"])
    assert np.array_equal(loaded(texts).numpy(), layer(texts).numpy())
