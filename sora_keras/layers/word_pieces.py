"""WordPiece with core TensorFlow ops alone, as KerasHub's tokenizer splits and numbers texts."""

from __future__ import annotations

import functools
import unicodedata
from typing import Any

import numpy as np
import tensorflow as tf

from sora_keras.layers.unicode import ALONE, SEPARATOR, WORD, word_bounds
from sora_keras.layers.vocabulary import lookup_table

_TABLE_SIZE = 0x30000
_MOST_BYTES = 100  # longer words are unknown, in KerasHub and in TensorFlow Text
_CJK = (
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF), (0x2A700, 0x2CEAF), (0x2F800, 0x2FA1F),
)  # fmt: skip
# What NFKC_Casefold drops (Unicode, DerivedCoreProperties.txt, Default_Ignorable_Code_Point).
_IGNORED = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A),
)  # fmt: skip


class WordPieces:
    """Splits texts at spaces, punctuation and CJK characters, and words into the longest known pieces.

    The numbers are those of `keras_hub.tokenizers.WordPieceTokenizer`, whose own ops come from TensorFlow Text and
    so cannot be served by TensorFlow alone. Marks written apart from their letter (Unicode NFD) are composed
    in neither case folding nor look-up unless accents are stripped.

    Args:
        vocabulary: the pieces; a piece's place is its number.
        unknown: the number of a word that cannot be put together from pieces.
        suffix: what stands before a piece inside a word.
        lowercase, strip_accents, split_on_cjk: as in KerasHub.

    References:
        Schuster and Nakajima (2012), "Japanese and Korean voice search".
    """

    def __init__(
        self, vocabulary: list[str], *, unknown: int, suffix: str = "##", lowercase: bool = False,
        strip_accents: bool = False, split_on_cjk: bool = True,
    ) -> None:  # fmt: skip
        self.unknown, self.suffix = unknown, suffix
        # Of a piece that stands twice the last counts, as in KerasHub.
        numbers = {piece: number for number, piece in enumerate(vocabulary)}
        self.longest = max(len(piece.removeprefix(suffix)) for piece in numbers)
        self._kind, self._folded, self._splits = _tables(lowercase, strip_accents, split_on_cjk)
        with tf.init_scope():
            self.table = lookup_table(tf.constant(list(numbers)), tf.constant(list(numbers.values()), tf.int32))

    def ragged(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """The numbers of the pieces: (texts,) strings to (texts, pieces) int32."""
        words, row_splits = self._words(texts)
        # A word's pieces are looked up once, however often it comes.
        distinct, place = tf.unique(words)
        pieces = tf.gather(self._pieces(distinct), place)
        return tf.RaggedTensor.from_row_splits(pieces, row_splits, validate=False).merge_dims(1, 2)

    def _words(self, texts: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The folded words (words,) of all texts, and where each text's words begin (texts + 1,)."""
        decoded = tf.strings.unicode_decode(texts, "UTF-8", errors="replace")
        codes, splits = decoded.values, decoded.row_splits
        known = tf.minimum(codes, _TABLE_SIZE - 1)
        starts, _, _ = word_bounds(tf.gather(tf.constant(self._kind), known), splits)
        table = tf.RaggedTensor.from_row_splits(tf.constant(self._folded), tf.constant(self._splits), validate=False)
        folded = tf.gather(table, known)
        before = tf.gather(codes, folded.value_rowids())
        characters = tf.where(before < _TABLE_SIZE, folded.values, before)
        sums = tf.concat([[tf.constant(0, tf.int64)], tf.cumsum(folded.row_lengths())], axis=0)
        bounds = tf.concat([tf.gather(sums, starts), sums[-1:]], axis=0)
        by_word = tf.RaggedTensor.from_row_splits(characters, bounds, validate=False)
        return tf.strings.unicode_encode(by_word, "UTF-8"), tf.searchsorted(starts, splits, out_type=tf.int64)

    def _pieces(self, words: tf.Tensor) -> tf.RaggedTensor:
        """The pieces of each word (words, pieces) int32; none for a word that folding left empty."""
        whole = self.table.lookup(words)
        filled = tf.strings.length(words) > 0
        long = tf.strings.length(words) > _MOST_BYTES
        rows = tf.where(filled & (whole >= 0) & ~long)[:, 0]
        open_rows = tf.where(filled & (whole < 0) & ~long)[:, 0]
        split_rows, split_ids, failed_rows = self._split(words, open_rows)
        failed = tf.tensor_scatter_nd_update(long, failed_rows[:, None], tf.ones_like(failed_rows, tf.bool))
        kept = ~tf.gather(failed, split_rows)
        unknown = tf.where(failed)[:, 0]
        rows_of = tf.concat([rows, tf.boolean_mask(split_rows, kept), unknown], axis=0)
        ids = tf.concat(
            [
                tf.gather(whole, rows),
                tf.boolean_mask(split_ids, kept),
                tf.fill(tf.shape(unknown), tf.constant(self.unknown, tf.int32)),
            ],
            axis=0,
        )
        order = tf.argsort(rows_of, stable=True)
        return tf.RaggedTensor.from_value_rowids(
            tf.gather(ids, order), tf.gather(rows_of, order), nrows=tf.size(words, tf.int64), validate=False
        )

    def _split(self, words: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Longest piece first, piece after piece: the rows and numbers of the pieces, and the rows that fail."""
        lengths = tf.strings.length(words, unit="UTF8_CHAR")
        sizes = tf.range(1, self.longest + 1)

        def step(
            rows: tf.Tensor, places: tf.Tensor, found_rows: tf.Tensor, found_ids: tf.Tensor, failed: tf.Tensor
        ) -> tuple[tf.Tensor, ...]:
            shape = tf.stack([tf.size(rows), self.longest])
            starts = tf.broadcast_to(places[:, None], shape)
            pieces = tf.strings.substr(
                tf.gather(words, rows)[:, None], starts, tf.broadcast_to(sizes[None], shape), unit="UTF8_CHAR"
            )
            ids = self.table.lookup(tf.where(starts > 0, self.suffix, "") + pieces)
            left = tf.gather(lengths, rows) - places
            fits = (ids >= 0) & (sizes[None] <= left[:, None])
            best = tf.reduce_max(tf.where(fits, sizes[None], 0), axis=1)
            matched = best > 0
            chosen = tf.gather(ids, tf.maximum(best - 1, 0), batch_dims=1)
            going_on = matched & (best < left)
            return (
                tf.boolean_mask(rows, going_on),
                tf.boolean_mask(places + best, going_on),
                tf.concat([found_rows, tf.boolean_mask(rows, matched)], axis=0),
                tf.concat([found_ids, tf.boolean_mask(chosen, matched)], axis=0),
                tf.concat([failed, tf.boolean_mask(rows, ~matched)], axis=0),
            )

        none, no_ids = tf.zeros([0], tf.int64), tf.zeros([0], tf.int32)
        open_shape = tf.TensorShape([None])
        result = tf.while_loop(
            lambda rows, *_: tf.size(rows) > 0,
            step,
            (rows, tf.zeros_like(rows, tf.int32), none, no_ids, none),
            shape_invariants=(open_shape,) * 5,
        )
        return result[2], result[3], result[4]


def word_pieces_of(tokenizer: Any) -> WordPieces | None:
    """The same as a KerasHub tokenizer does, if that is a plain WordPiece tokenizer; else None."""
    plain = hasattr(tokenizer, "suffix_indicator") and tokenizer.split
    if not plain or tokenizer.special_tokens_in_strings or tokenizer.sequence_length:
        return None
    return WordPieces(
        tokenizer.get_vocabulary(),
        unknown=tokenizer.token_to_id(tokenizer.oov_token),
        suffix=tokenizer.suffix_indicator,
        lowercase=tokenizer.lowercase,
        strip_accents=tokenizer.strip_accents,
        split_on_cjk=tokenizer.split_on_cjk,
    )


@functools.cache
def _tables(lowercase: bool, strip_accents: bool, split_on_cjk: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kind (code points,), and the characters each code point becomes with their row splits."""
    kind = np.full(_TABLE_SIZE, WORD, np.int32)
    folded: list[int] = []
    splits = np.zeros(_TABLE_SIZE + 1, np.int64)
    for code in range(_TABLE_SIZE):
        character = chr(code)
        kind[code] = _kind(character, split_on_cjk)
        if kind[code] != SEPARATOR:
            folded += map(ord, _fold(character, lowercase, strip_accents))
        splits[code + 1] = len(folded)
    return kind, np.array(folded, np.int32), splits


def _kind(character: str, split_on_cjk: bool) -> int:
    category = unicodedata.category(character)
    if character in " \t\n\f\r" or category in ("Cc", "Cf"):
        return SEPARATOR
    symbol = character.isascii() and category[0] == "S"
    alone = symbol or category[0] == "P" or (split_on_cjk and _inside(character, _CJK))
    return ALONE if alone else WORD


def _fold(character: str, lowercase: bool, strip_accents: bool) -> str:
    if 0xD800 <= ord(character) < 0xE000:  # half of a pair, which no decoded text holds
        return ""
    if strip_accents:
        character = unicodedata.normalize("NFD", character)
        character = "".join(c for c in character if unicodedata.category(c) != "Mn")
    if lowercase:
        character = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", character).casefold())
        character = "".join(c for c in character if not _inside(c, _IGNORED))
    return character


def _inside(character: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= ord(character) <= last for first, last in ranges)
