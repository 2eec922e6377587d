"""Encoded pictures to pixels of one size, with core TensorFlow ops alone."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from sora_keras.data.picture_header import ORIENTATION, SEARCHED, claimed_size
from sora_keras.layers.bars import with_bars

_SCALES = (1, 2, 4, 8)  # what a JPEG decoder shrinks by while it decodes, which takes less time than all of it
_MOST_TAGS = 64
# Where "Exif" stands when it comes first, as its standard asks, and after the JFIF header that many put before it.
_EXIF_PLACES = (6, 24)
_PNG_HEADERS = 2**14  # bytes in which a PNG says that it has transparent colours, before its pixels


class Plan(NamedTuple):
    """How one JPEG is decoded: shrunk by what, whether antialiased, and what is kept: (top, left, height, width)."""

    scale: int
    antialias: bool
    kept: tuple[int, int, int, int]


@keras.saving.register_keras_serializable(package="sora_keras")
class DecodePictures(keras.layers.Layer):
    """Decodes JPEG, PNG, GIF (its first frame), BMP and WebP, turns them upright, and brings them to one size.

    A JPEG that is much larger than `size` is decoded at a half, a quarter or an eighth, and its EXIF orientation is
    applied. Sizes change by bilinear interpolation, antialiased where a side shrinks by more than half. What is
    transparent becomes white; grey and colour become each other as `channels` asks; 16 bits a channel become 8.

    Args:
        size: (height, width) of the output, in pixels.
        channels: 1 for grey, 3 for RGB.
        fit: `"crop"` keeps the largest centred part of the output's shape, `"pad"` keeps all and puts black
            beside it, `"stretch"` keeps all and distorts it.

    Input: (pictures,) encoded bytes. Output: (pictures, height, width, channels) uint8.
    """

    def __init__(
        self,
        size: tuple[int, int],
        channels: int = 3,
        *,
        fit: str = "crop",
        **kwargs: Any,
    ) -> None:
        super().__init__(**{**kwargs, "trainable": False, "dtype": "uint8"})
        self.size = (int(size[0]), int(size[1]))
        self.channels = channels
        self.fit = fit
        self.built = True

    def call(self, contents: tf.Tensor) -> tf.Tensor:
        spec = tf.TensorSpec((*self.size, self.channels), tf.uint8)
        return tf.map_fn(self.one, contents, fn_output_signature=spec)

    def one(self, content: tf.Tensor) -> tf.Tensor:
        """One picture: () bytes to (height, width, channels) uint8."""
        is_jpeg = tf.equal(tf.strings.substr(content, 0, 3), b"\xff\xd8\xff")
        pixels = tf.cond(is_jpeg, lambda: self._jpeg(content), lambda: _other(content, self.channels))
        pixels = tf.ensure_shape(pixels, (None, None, self.channels))
        same = tf.reduce_all(tf.equal(tf.shape(pixels)[:2], self.size))
        sized = tf.cond(same, lambda: pixels, lambda: self._resized(pixels))
        return tf.ensure_shape(sized, (*self.size, self.channels))

    def from_pixels(self, pixels: tf.Tensor) -> tf.Tensor:
        """Decoded pictures of one size, (pictures, height, width, 1 or 3) float32 from 0 to 255, to this one's."""
        there = tf.shape(pixels)[-1]
        if self.channels == 1:
            pixels = tf.cond(there > 1, lambda: tf.image.rgb_to_grayscale(pixels[..., :3]), lambda: pixels[..., :1])
        else:
            pixels = tf.cond(there > 1, lambda: pixels[..., :3], lambda: tf.repeat(pixels[..., :1], 3, axis=-1))
        pixels = tf.ensure_shape(pixels, (None, None, None, self.channels))
        same = tf.reduce_all(tf.equal(tf.shape(pixels)[1:3], self.size))
        sized = tf.cond(same, lambda: pixels, lambda: self._to_size(pixels))
        return tf.ensure_shape(sized, (None, *self.size, self.channels))

    def plan_of(self, content: bytes) -> Plan | None:
        """How a JPEG is decoded that needs no turning; None for all others.

        `plain` then does what `one` would, without asking each picture again, in a third of the time.
        """
        if content[:3] != b"\xff\xd8\xff" or b"Exif" in content[:SEARCHED]:
            return None
        height, width = claimed_size(content)
        if not height or not width:
            return None
        times = min(height, width) // max(self.size)
        scale = max(one for one in _SCALES if one <= max(1, times))
        height, width = -(-height // scale), -(-width // scale)
        kept = _centred(height, width, self.size[0] / self.size[1]) if self.fit == "crop" else (0, 0, height, width)
        return Plan(scale, bool(self._shrinks(height, width, min, max)), kept)

    def plain(self, contents: tf.Tensor, kept: tf.Tensor, scale: int, antialias: bool) -> tf.Tensor:
        """As `call`, for JPEGs whose plans differ in `kept` alone, (pictures, 4) int32."""
        begins = tf.pad(kept[:, :2], [[0, 0], [0, 1]])
        sizes = tf.pad(kept[:, 2:], [[0, 0], [0, 1]], constant_values=self.channels)

        def one(parts: tuple[tf.Tensor, ...]) -> tf.Tensor:
            content, begin, size = parts
            pixels = tf.slice(self._decoded(content, scale), begin, size)
            return _rounded(self._filled(tf.ensure_shape(pixels, (None, None, self.channels)), antialias))

        spec = tf.TensorSpec((*self.size, self.channels), tf.uint8)
        return tf.map_fn(one, (contents, begins, sizes), fn_output_signature=spec)

    def _decoded(self, content: tf.Tensor, scale: int) -> tf.Tensor:
        return tf.io.decode_jpeg(content, channels=self.channels, ratio=scale, dct_method="INTEGER_ACCURATE")

    def _jpeg(self, content: tf.Tensor) -> tf.Tensor:
        shorter = tf.reduce_min(tf.image.extract_jpeg_shape(content)[:2])
        times = shorter // max(self.size)
        place = tf.reduce_sum(tf.cast(times >= _SCALES[1:], tf.int32))
        pixels = tf.switch_case(place, [lambda scale=scale: self._decoded(content, scale) for scale in _SCALES])
        at = exif_place(content)
        return tf.cond(at > 0, lambda: _upright(pixels, exif_orientation(content, at)), lambda: pixels)

    def _resized(self, pixels: tf.Tensor) -> tf.Tensor:
        return _rounded(self._to_size(pixels))

    def _to_size(self, pixels: tf.Tensor) -> tf.Tensor:
        much = self._shrinks(tf.shape(pixels)[-3], tf.shape(pixels)[-2], tf.minimum, tf.maximum)
        return tf.cond(much, lambda: self._scaled(pixels, True), lambda: self._scaled(pixels, False))

    def _shrinks(self, height: Any, width: Any, smaller: Any, larger: Any) -> Any:
        """Whether a side shrinks by more than half, so that one pixel in two would not be looked at."""
        ratios = height / self.size[0], width / self.size[1]
        return (smaller if self.fit == "crop" else larger)(*ratios) > 2

    def _scaled(self, pixels: tf.Tensor, antialias: bool) -> tf.Tensor:
        height, width = self.size
        return self._filled(_centre(pixels, height / width) if self.fit == "crop" else pixels, antialias)

    def _filled(self, pixels: tf.Tensor, antialias: bool) -> tf.Tensor:
        """All of the pixels brought to the size, (height, width, channels) float32."""
        if self.fit == "pad":
            return with_bars(pixels, self.size, antialias=antialias)
        return tf.image.resize(pixels, self.size, antialias=antialias)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], *self.size, self.channels)

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), dtype="uint8")

    def describe(self) -> dict[str, Any]:
        """What a program in another language needs to make the same pixels; JSON-able."""
        return {
            "class": type(self).__name__,
            "size": self.size,
            "channels": self.channels,
            "fit": self.fit,
            "pixels": "float32 from 0 to 255, (height, width, channels), RGB; bilinear, antialiased where a side "
            "shrinks by more than half",
        }

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size, "channels": self.channels, "fit": self.fit}


def _other(content: tf.Tensor, channels: int) -> tf.Tensor:
    is_png = tf.equal(tf.strings.substr(content, 1, 3), b"PNG")
    colour = tf.cond(
        is_png, lambda: _png(content), lambda: _to_colour(tf.io.decode_image(content, expand_animations=False))
    )
    colour = tf.ensure_shape(colour, (None, None, 3))
    return tf.image.rgb_to_grayscale(colour) if channels == 1 else colour


def _png(content: tf.Tensor) -> tf.Tensor:
    # Asked for four channels, TensorFlow gives pictures without transparency a wrong one. The header's colour type
    # says which have one, grey or colour with alpha; of others a tRNS chunk says which colours are transparent.
    kind = tf.strings.substr(content, 25, 1)
    headers = tf.strings.substr(content, 0, _PNG_HEADERS)
    return tf.cond(
        tf.equal(kind, b"\x04") | tf.equal(kind, b"\x06") | tf.strings.regex_full_match(headers, rb"\C*tRNS\C*"),
        lambda: _on_white(*tf.split(tf.io.decode_png(content, channels=4), [3, 1], axis=-1)),
        lambda: tf.io.decode_png(content, channels=3),
    )


def _to_colour(pixels: tf.Tensor) -> tf.Tensor:
    """(height, width, 1 to 4) to (height, width, 3), on white where it is transparent."""
    pixels = tf.ensure_shape(pixels, (None, None, None))
    return tf.switch_case(
        tf.clip_by_value(tf.shape(pixels)[-1] - 1, 0, 3),
        [
            lambda: tf.repeat(pixels[..., :1], 3, axis=-1),
            lambda: _on_white(tf.repeat(pixels[..., :1], 3, axis=-1), pixels[..., 1:2]),
            lambda: pixels[..., :3],
            lambda: _on_white(pixels[..., :3], pixels[..., 3:4]),
        ],
    )


def _on_white(colour: tf.Tensor, alpha: tf.Tensor) -> tf.Tensor:
    share = tf.cast(alpha, tf.float32) / 255
    mixed = tf.cast(colour, tf.float32) * share + 255 * (1 - share)
    return tf.cast(tf.round(mixed), tf.uint8)


def _rounded(pixels: tf.Tensor) -> tf.Tensor:
    # A mean of bytes rounds to a byte: nothing to clip.
    return tf.cast(tf.round(pixels), tf.uint8)


def _centre(pixels: tf.Tensor, shape: float) -> tf.Tensor:
    """The largest part around the middle whose height is `shape` times its width."""
    height, width = tf.shape(pixels)[-3], tf.shape(pixels)[-2]
    kept_height = tf.minimum(height, tf.cast(tf.round(tf.cast(width, tf.float32) * shape), tf.int32))
    kept_width = tf.minimum(width, tf.cast(tf.round(tf.cast(height, tf.float32) / shape), tf.int32))
    kept_height, kept_width = tf.maximum(kept_height, 1), tf.maximum(kept_width, 1)
    top, left = (height - kept_height) // 2, (width - kept_width) // 2
    return pixels[..., top : top + kept_height, left : left + kept_width, :]


def _centred(height: int, width: int, shape: float) -> tuple[int, int, int, int]:
    """What `_centre` keeps, as (top, left, height, width), with the same rounding."""
    if shape == 1:
        kept_height = kept_width = min(height, width)
    else:
        kept_height = max(1, min(height, int(np.round(np.float32(width) * np.float32(shape)))))
        kept_width = max(1, min(width, int(np.round(np.float32(height) / np.float32(shape)))))
    return (height - kept_height) // 2, (width - kept_width) // 2, kept_height, kept_width


def exif_place(content: tf.Tensor) -> tf.Tensor:
    """Where the EXIF header of a JPEG begins; 0 where it has none."""
    first, second = (tf.equal(tf.strings.substr(content, at, 4), b"Exif") for at in _EXIF_PLACES)
    usual = tf.where(first, _EXIF_PLACES[0], tf.where(second, _EXIF_PLACES[1], 0))
    return tf.cond(tf.equal(usual, 0), lambda: _exif_elsewhere(content), lambda: usual)


def _exif_elsewhere(content: tf.Tensor) -> tf.Tensor:
    """Where the EXIF header begins behind headers other than that of JFIF; 0 where none is found."""
    start = tf.cast(tf.io.decode_raw(tf.strings.substr(content, 2, 20), tf.uint8), tf.int32)
    # JFIF without a thumbnail takes 18 bytes. Markers from 0xE0 up are headers and comments, others the picture.
    jfif = tf.reduce_all(tf.equal(start[:4], (0xFF, 0xE0, 0, 16)))
    another = tf.where(jfif, start[19], start[1]) >= 0xE0

    def search() -> tf.Tensor:
        parts = tf.strings.split([tf.strings.substr(content, 0, SEARCHED)], b"Exif\0\0", maxsplit=1).values
        return tf.where(tf.size(parts) > 1, tf.strings.length(parts[0]), 0)

    return tf.cond(another, search, lambda: tf.constant(0))


def exif_orientation(content: tf.Tensor, at: tf.Tensor) -> tf.Tensor:
    """The orientation, 1 to 8, that the EXIF header at this place gives; 1 where it gives none (EXIF 2.3, 4.6.4)."""
    # The orientation is among the first tags, close to the header.
    header = tf.cast(tf.io.decode_raw(tf.strings.substr(content, at + 6, 2048), tf.uint8), tf.int32)
    header = tf.concat([header, tf.zeros([16], tf.int32)], axis=0)
    last = tf.size(header) - 4
    little = tf.equal(header[0], ord("I"))

    def number(places: tf.Tensor, count: int) -> tf.Tensor:
        read = tf.gather(header, tf.clip_by_value(places, 0, last)[..., None] + tf.range(count))
        scale = 256 ** tf.range(count)
        return tf.reduce_sum(read * tf.where(little, scale, scale[::-1]), axis=-1)

    first = number(tf.constant(4), 4)
    entries = first + 2 + 12 * tf.range(_MOST_TAGS)
    inside = (tf.range(_MOST_TAGS) < number(first, 2)) & (entries + 12 <= last) & (first >= 8)
    is_tag = inside & tf.equal(number(entries, 2), ORIENTATION)
    value = tf.reduce_max(tf.where(is_tag, number(entries + 8, 2), 0))
    return tf.where((value >= 1) & (value <= 8), value, 1)


def _upright(pixels: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """Undo the turn and the mirroring that an EXIF orientation names."""

    def turned(quarters: int, mirrored: bool) -> tf.Tensor:
        result = tf.image.rot90(pixels, quarters)
        return tf.image.flip_left_right(result) if mirrored else result

    ways = ((0, False), (0, True), (2, False), (2, True), (3, True), (3, False), (1, True), (1, False))
    return tf.switch_case(orientation - 1, [lambda way=way: turned(*way) for way in ways])
