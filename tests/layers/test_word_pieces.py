"""WordPiece on core ops, by hand and beside KerasHub's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_keras.layers.word_pieces import WordPieces, word_pieces_of

VOCABULARY = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##aff", "##able", "the", "film", "cafe", "café", "好", "电", "!", "'",
    "a", "b", "c", "##a", "##b", "##c", "##ab", "abc", "한국", "##글", "ss", "Film", "^", "é", "##é",
]  # fmt: skip


def pieces(texts: list[str], **settings: Any) -> list[list[str]]:
    numbers = WordPieces(VOCABULARY, unknown=1, **settings).ragged(tf.constant(texts))
    return [[VOCABULARY[number] for number in row] for row in numbers.to_list()]


def test_the_longest_piece_comes_first() -> None:
    assert pieces(["unaffable abcab", "cabab"]) == [["un", "##aff", "##able", "abc", "##ab"], ["c", "##ab", "##ab"]]


def test_a_word_that_cannot_be_put_together_is_unknown() -> None:
    assert pieces(["the unx film", "x" * 101, "a" * 101]) == [["the", "[UNK]", "film"], ["[UNK]"], ["[UNK]"]]


def test_punctuation_and_cjk_characters_stand_alone() -> None:
    assert pieces(["film!好电film", "a^b 'a'"]) == [
        ["film", "!", "好", "电", "film"],
        ["a", "^", "b", "'", "a", "'"],
    ]
    assert pieces(["好电"], split_on_cjk=False) == [["[UNK]"]]


def test_case_and_accents_fold_as_asked() -> None:
    assert pieces(["FILM Café"]) == [["[UNK]", "[UNK]"]]
    assert pieces(["FILM Café ß 한국글"], lowercase=True) == [["film", "café", "ss", "한국", "##글"]]
    assert pieces(["FILM Cafe\u0301"], lowercase=True, strip_accents=True) == [["film", "cafe"]]
    assert pieces(["Film café"], strip_accents=True) == [["Film", "cafe"]]


def test_texts_without_words_have_no_pieces() -> None:
    assert pieces(["", " \t\n", "\u0301", "the"], strip_accents=True) == [[], [], [], ["the"]]
    assert pieces([""]) == [[]]


def test_characters_beyond_the_table_are_words() -> None:
    assert pieces(["the \U00031350 film"]) == [["the", "[UNK]", "film"]]


def test_what_is_no_plain_word_piece_tokenizer_is_left_to_keras_hub() -> None:
    hub = pytest.importorskip("keras_hub")
    assert word_pieces_of(hub.tokenizers.ByteTokenizer()) is None
    special = hub.tokenizers.WordPieceTokenizer(VOCABULARY, special_tokens_in_strings=True)
    assert word_pieces_of(special) is None


@pytest.mark.parametrize("lowercase", [True, False])
@pytest.mark.parametrize("strip_accents", [True, False])
def test_equals_keras_hub(lowercase: bool, strip_accents: bool) -> None:
    hub = pytest.importorskip("keras_hub")
    tokenizer = hub.tokenizers.WordPieceTokenizer(VOCABULARY, lowercase=lowercase, strip_accents=strip_accents)
    ours = word_pieces_of(tokenizer)
    assert ours is not None
    traced = tf.function(ours.ragged, input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    alphabet = st.sampled_from(list("abcABC éÉß!'^-_$.,\t\n\u3000\u00a0好电한국글がÅﬁ①\u200b😀Ωſ"))

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.text(alphabet, max_size=20), min_size=1, max_size=6))
    def same(texts: list[str]) -> None:
        wanted = [np.asarray(row).tolist() for row in tokenizer([*texts, "the film"])]
        assert traced(tf.constant([*texts, "the film"])).to_list() == wanted

    same()
