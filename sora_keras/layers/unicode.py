"""Words of any language as 64-bit numbers, with core TensorFlow ops alone.

A text is decoded to code points once; folding, splitting and hashing are then lookups and sums over
integers, so that a text costs about as much as reading it, and the graph needs no op library to reload.
"""

from __future__ import annotations

import functools
import unicodedata
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

SEPARATOR, WORD, ALONE = 0, 1, 2
# Flags beside the kind: the folding is longer than one character; it may join the character before it.
EXPANDS, JOINS = 4, 8

_TABLE_SIZE = 0x30000
_MAX_EXPANSION = 3  # no code point's full case folding is longer (Unicode, CaseFolding.txt)
_MOST_MARKS = 3  # that are composed with one letter
_PAIR = 2**21  # above every code point
_POSITIONS = 64
_MULTIPLIERS = np.random.default_rng(20_240_601).integers(-(2**62), 2**62, _POSITIONS + 3) | 1
# Written without spaces between words: each character stands alone, and n-grams join them again.
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x31FF),  # CJK radicals, kana, Bopomofo
    (0x3400, 0x9FFF),  # CJK ideographs
    (0xF900, 0xFAFF),  # CJK compatibility ideographs
    (0x1B000, 0x1B16F),  # kana supplement
    (0x20000, 0x2FFFF),  # CJK ideographs, supplementary plane
)


class Tokens(NamedTuple):
    """The words of a batch of texts, text after text.

    hashes: (words,) int64; row_splits: (texts + 1,) int64, where each text's words begin;
    starts, ends: (words,) int64, places in the code points of the whole batch, the separators that follow
    a word included;
    character_splits: (texts + 1,) int64, where each text's code points begin.
    """

    hashes: tf.Tensor
    row_splits: tf.Tensor
    starts: tf.Tensor
    ends: tf.Tensor
    character_splits: tf.Tensor


@functools.cache
def _unicode_tables() -> tuple[np.ndarray, ...]:
    """Folding (code points,), its further characters (code points, 2), and kind (code points,); and compositions."""
    folding = np.arange(_TABLE_SIZE, dtype=np.int32)
    further = np.zeros((_TABLE_SIZE, _MAX_EXPANSION - 1), np.int32)
    kind = np.zeros(_TABLE_SIZE, np.int32)
    for code in range(_TABLE_SIZE):
        character = chr(code)
        category = unicodedata.category(character)[0]
        if category not in "LNMPS":
            continue
        kind[code] = WORD if category in "LNM" else ALONE
        folding[code], *rest = _fold(character)
        further[code, : len(rest)] = rest
    for first, last in _UNSPACED:
        block = kind[first : last + 1]
        block[block == WORD] = ALONE
    kind[0xFE00:0xFE10] = SEPARATOR  # variation selectors only choose how an emoji is drawn
    kind[further[:, 0] > 0] |= EXPANDS
    pairs, composed = _compositions()
    kind[np.unique(pairs % _PAIR)] |= JOINS
    return folding, further, kind, pairs, composed


@functools.cache
def _compositions() -> tuple[np.ndarray, np.ndarray]:
    """Pairs of code points that are one character (pairs,) int64, ascending, and that character (pairs,) int32."""
    found = {}
    for code in range(_TABLE_SIZE):
        character = chr(code)
        parts = unicodedata.normalize("NFD", character)
        if len(parts) < 2 or unicodedata.normalize("NFC", parts) != character:
            continue
        before = unicodedata.normalize("NFC", parts[:-1])
        if len(before) == 1:
            found[ord(before) * _PAIR + ord(parts[-1])] = code
    pairs = np.array(sorted(found), np.int64)
    return pairs, np.array([found[pair] for pair in pairs.tolist()], np.int32)


def _fold(character: str) -> list[int]:
    """Full case folding, with width and compatibility forms that keep their length folded too."""
    result = character.casefold()
    compatible = unicodedata.normalize("NFKC", result)
    return [ord(c) for c in (compatible if len(compatible) == len(result) else result)]


def _mix(hashes: tf.Tensor) -> tf.Tensor:
    """Spread every input bit over the 64 (the finalizer of MurmurHash3, with an odd multiplier)."""
    multiplier = tf.constant(_MULTIPLIERS[-1], tf.int64)
    hashes = tf.bitwise.bitwise_xor(hashes, tf.bitwise.right_shift(hashes, 32)) * multiplier
    return tf.bitwise.bitwise_xor(hashes, tf.bitwise.right_shift(hashes, 29))


def describe_hashing() -> dict[str, Any]:
    """How a word becomes a number, for a program in another language."""
    return {
        "word": "code points c_0, c_1, …, composed (NFC) and case-folded: "
        "mix(sum of (c_i + 1) * multipliers[i % 64]), int64 wrapping",
        "n_gram": "mix(hash of all words but the last * join + hash of the last word)",
        "mix": "h ^= h >> 32; h *= mixer; h ^= h >> 29, with arithmetic shifts",
        "multipliers": _MULTIPLIERS[:_POSITIONS].tolist(),
        "join": int(_MULTIPLIERS[-2]),
        "mixer": int(_MULTIPLIERS[-1]),
    }


def join_hashes(left: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
    """The hash of an n-gram from the hash of its beginning and of its last word, both int64."""
    return _mix(left * tf.constant(_MULTIPLIERS[-2], tf.int64) + right)


@keras.saving.register_keras_serializable(package="sora_keras")
class UnicodeWords(keras.layers.Layer):
    """Splits texts into words and hashes each to 64 bits.

    Words are runs of letters, digits and marks; every punctuation mark and symbol is a word of its own, and so
    is every character of a script written without spaces (Chinese, Japanese, Thai, …). Case is folded in
    full ("Straße" and "STRASSE" are equal), full-width forms equal the plain ones, and a letter with marks
    written apart (Unicode NFD) equals the letter that has them.

    The tables are weights, so that a saved model answers alike under a Python with another Unicode version.

    Input: (texts,) UTF-8 strings; bytes that are not UTF-8 count as U+FFFD. Output: see `Tokens`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "trainable": False})
        self.folding = self._table((_TABLE_SIZE,), "folding")
        self.further = self._table((_TABLE_SIZE, _MAX_EXPANSION - 1), "further")
        self.kind = self._table((_TABLE_SIZE,), "kind")
        count = len(_compositions()[0])
        self.pairs = self._table((count,), "pairs", "int64")
        self.composed = self._table((count,), "composed")
        tables = (self.folding, self.further, self.kind, self.pairs, self.composed)
        for table, values in zip(tables, _unicode_tables(), strict=True):
            table.assign(values)
        self.built = True

    def _table(self, shape: tuple[int, ...], name: str, dtype: str = "int32") -> Any:
        return self.add_weight(shape=shape, dtype=dtype, initializer="zeros", trainable=False, name=name)

    def call(self, texts: tf.Tensor) -> Tokens:
        """Tokenize a batch; safe in a `tf.function`."""
        decoded = tf.strings.unicode_decode(texts, "UTF-8", errors="replace")
        codes, splits = decoded.values, decoded.row_splits
        kind = self._kind_of(codes)
        codes, kind, joined = tf.cond(
            tf.reduce_any(tf.bitwise.bitwise_and(kind, JOINS) > 0),
            lambda: self._compose(codes, splits),
            lambda: (codes, kind, tf.zeros_like(codes, tf.bool)),
        )
        looked_up = tf.minimum(codes, _TABLE_SIZE - 1)
        folded = tf.where(codes < _TABLE_SIZE, tf.gather(self.folding.value, looked_up), codes)
        starts, ends, word = word_bounds(kind % EXPANDS, splits, joined)
        own = 1 - tf.cast(joined, tf.int32)
        sums = tf.cond(
            tf.reduce_any(tf.bitwise.bitwise_and(kind, EXPANDS) > 0),
            lambda: self._expanded_sums(folded, looked_up, kind, starts, word, own),
            lambda: _sums(_term(folded, _within(own, starts, word)), kind, own),
        )
        hashes = _mix(tf.gather(sums, ends) - tf.gather(sums, starts))
        return Tokens(hashes, tf.searchsorted(starts, splits, out_type=tf.int64), starts, ends, splits)

    def _kind_of(self, codes: tf.Tensor) -> tf.Tensor:
        return tf.gather(self.kind.value, tf.minimum(codes, _TABLE_SIZE - 1))

    def _compose(self, codes: tf.Tensor, splits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """The code points with marks joined to their letters, their kinds, and which were joined to one before.

        A joined mark keeps its place, so that places still count the characters of the text.
        """
        places = tf.range(tf.size(codes))
        letter, joined = places, tf.zeros_like(codes, tf.bool)
        inside = tf.equal(_text_starts(splits, tf.size(codes, tf.int64)), 0)
        for _ in range(_MOST_MARKS):
            before = tf.concat([places[:1], letter[:-1]], axis=0)
            pairs = tf.cast(tf.gather(codes, before), tf.int64) * _PAIR + tf.cast(codes, tf.int64)
            at = tf.minimum(tf.searchsorted(self.pairs.value, pairs), len(_compositions()[0]) - 1)
            found = tf.equal(tf.gather(self.pairs.value, at), pairs) & inside & ~joined
            found &= ~tf.gather(found, before)  # what joins a letter itself takes no mark in the same pass
            rows = tf.where(found)
            letters = tf.gather(before, rows[:, 0])
            made = tf.gather(self.composed.value, tf.gather(at, rows[:, 0]))
            codes = tf.tensor_scatter_nd_update(codes, letters[:, None], made)
            letter, joined = tf.where(found, before, letter), joined | found
        return codes, self._kind_of(codes), joined

    def _expanded_sums(
        self, folded: tf.Tensor, codes: tf.Tensor, kind: tf.Tensor, starts: tf.Tensor, word: tf.Tensor, own: tf.Tensor
    ) -> tf.Tensor:
        """As for plain characters, where some fold to two or three ("ß" to "ss")."""
        further = tf.gather(self.further.value, codes)
        lengths = own * (1 + tf.reduce_sum(tf.cast(further > 0, tf.int32), axis=1))
        place = _within(lengths, starts, word)
        terms = _term(folded, place)
        for extra in range(_MAX_EXPANSION - 1):
            more = _term(further[:, extra], place + extra + 1)
            terms += tf.where(further[:, extra] > 0, more, tf.zeros_like(more))
        return _sums(terms, kind, own)


def _text_starts(splits: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """(characters,) how many texts start there; empty texts start where the next one does."""
    return tf.scatter_nd(splits[:-1, None], tf.ones_like(splits[:-1], tf.int32), [size + 1])[:-1]


def word_bounds(
    kind: tf.Tensor, splits: tf.Tensor, joined: tf.Tensor | None = None
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:  # fmt: skip
    """Where words start and end (words,), and the last word begun at each character (characters,).

    kind: `SEPARATOR`, `WORD` or `ALONE` (characters,); splits: where each text begins; joined: marks that belong to
    the character before them.
    """
    size = tf.size(kind, tf.int64)
    previous = tf.concat([[SEPARATOR], kind[:-1]], axis=0)
    continues = tf.equal(previous, WORD) & tf.equal(_text_starts(splits, size), 0)
    begins = tf.equal(kind, ALONE) | (tf.equal(kind, WORD) & ~continues)
    begins = begins if joined is None else begins & ~joined
    starts = tf.where(begins)[:, 0]
    word = tf.maximum(tf.cumsum(tf.cast(begins, tf.int32)) - 1, 0)
    # A word is taken to last until the next begins: separators between them add nothing to its hash.
    ends = tf.concat([starts[1:], [size]], axis=0)[: tf.size(starts)]
    return starts, ends, word


def _within(lengths: tf.Tensor, starts: tf.Tensor, word: tf.Tensor) -> tf.Tensor:
    """The place of each character inside its word, counted after folding."""
    before = tf.cumsum(lengths, exclusive=True)
    at_start = tf.concat([tf.gather(before, starts), [0]], axis=0)  # a batch may have no word
    return before - tf.gather(at_start, word)


def _term(codes: tf.Tensor, place: tf.Tensor) -> tf.Tensor:
    multipliers = tf.constant(_MULTIPLIERS[:_POSITIONS], tf.int64)
    return tf.cast(codes + 1, tf.int64) * tf.gather(multipliers, place % _POSITIONS)


def _sums(terms: tf.Tensor, kind: tf.Tensor, own: tf.Tensor) -> tf.Tensor:
    """Running sums (characters + 1,); a word's hash is a difference, exact as int64 wraps around."""
    terms = tf.where(tf.equal(kind % EXPANDS, SEPARATOR) | tf.equal(own, 0), tf.zeros_like(terms), terms)
    return tf.concat([[tf.constant(0, tf.int64)], tf.cumsum(terms)], axis=0)
