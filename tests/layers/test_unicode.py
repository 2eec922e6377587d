"""Words of any language as hashes."""

import unicodedata

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_keras.layers.hash_ids import word_spans
from sora_keras.layers.unicode import UnicodeWords


@pytest.fixture(scope="module")
def words() -> UnicodeWords:
    return UnicodeWords()


def split(words: UnicodeWords, text: str) -> list[str]:
    return [text[start:end] for start, end in word_spans(text, words(tf.constant([text])))]


def hashes(words: UnicodeWords, text: str) -> list[int]:
    return words(tf.constant([text])).hashes.numpy().tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, world!", ["Hello", ",", "world", "!"]),
        ("don't  stop", ["don", "'", "t", "stop"]),
        ("今天天气，good", ["今", "天", "天", "气", "，", "good"]),
        ("カタカナ", ["カ", "タ", "カ", "ナ"]),
        ("한국어 텍스트", ["한국어", "텍스트"]),
        ("ภาษา", list("ภาษา")),
        ("naïve café", ["naïve", "café"]),
        ("😀😀", ["😀", "😀"]),
        ("", []),
        (" \t\n\u3000", []),
        ("a\x00b", ["a\x00", "b"]),
    ],
)
def test_splits_words_of_every_script(words: UnicodeWords, text: str, expected: list[str]) -> None:
    assert split(words, text) == expected


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("STRASSE", "straße"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("ﬁne", "FINE"),
        ("ＡＢＣ１２", "abc12"),
        ("ÉCOLE", "école"),
        ("ПРИВЕТ", "привет"),
    ],
)
def test_case_and_width_are_folded(words: UnicodeWords, left: str, right: str) -> None:
    assert hashes(words, left) == hashes(words, right)


@pytest.mark.parametrize("text", ["café", "Việt Nam", "한국어", "がぎぐ", "Ångström ở Đà Nẵng", "é", "ΐ"])
def test_marks_written_apart_equal_the_letters_that_have_them(words: UnicodeWords, text: str) -> None:
    apart = unicodedata.normalize("NFD", text)
    assert apart != unicodedata.normalize("NFC", text)
    assert hashes(words, apart) == hashes(words, unicodedata.normalize("NFC", text))
    assert split(words, f"{apart} x") == [
        unicodedata.normalize("NFD", word) for word in split(words, unicodedata.normalize("NFC", f"{text} x"))
    ]


def test_a_mark_joins_no_letter_of_another_text(words: UnicodeWords) -> None:
    together = words(tf.constant(["e", "\u0301", "e\u0301"])).hashes.numpy()
    assert len(set(together.tolist())) == 3
    assert together[2] == hashes(words, "é")[0]


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8", categories=["L", "N"]), max_size=12))
def test_composed_and_decomposed_texts_have_the_same_words(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    assert hashes(_SHARED, unicodedata.normalize("NFD", composed)) == hashes(_SHARED, composed)


def test_every_case_folding_of_unicode_is_followed(words: UnicodeWords) -> None:
    letters = [chr(c) for c in range(0x30000) if unicodedata.category(chr(c)) in ("Lu", "Lt", "Ll")]
    as_is = words(tf.constant(letters))
    folded = words(tf.constant([letter.casefold() for letter in letters]))
    first = [h[0] for h in tf.RaggedTensor.from_row_splits(as_is.hashes, as_is.row_splits).numpy()]
    second = [h[0] for h in tf.RaggedTensor.from_row_splits(folded.hashes, folded.row_splits).numpy()]
    assert [x for x, a, b in zip(letters, first, second, strict=True) if a != b] == []


def test_order_of_letters_and_of_words_matters(words: UnicodeWords) -> None:
    assert hashes(words, "ab") != hashes(words, "ba")
    assert hashes(words, "a b") == hashes(words, "b a")[::-1]


def test_broken_utf8_is_replaced(words: UnicodeWords) -> None:
    tokens = words(tf.constant([b"good \xff\xfe film"]))
    assert len(tokens.hashes) == 4  # two words, and a replacement character for each byte


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=6))
def test_a_text_has_the_same_words_alone_and_in_any_batch(texts: list[str]) -> None:
    words = _SHARED
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    together = words(tf.constant(texts))
    alone = [words(tf.constant([text])).hashes.numpy() for text in texts]
    assert np.array_equal(together.hashes.numpy(), np.concatenate(alone))
    assert np.diff(together.row_splits.numpy()).tolist() == [len(one) for one in alone]


_SHARED = UnicodeWords()
