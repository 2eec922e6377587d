"""Where a picture that was brought to a square with bars beside it came from, and back."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from sora_keras.data.picture_header import LYING
from sora_keras.layers.bars import between_bars
from sora_keras.layers.pictures import exif_orientation, exif_place


@keras.saving.register_keras_serializable(package="sora_keras")
class PictureSizes(keras.layers.Layer):
    """The size of encoded pictures when they stand upright, without decoding JPEG, PNG and BMP.

    Input: (pictures,) encoded bytes, or pixels of one size (pictures, height, width, channels).
    Output: (pictures, 2) int32: height and width in pixels.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "trainable": False, "dtype": "int32"})
        self.built = True

    def call(self, contents: tf.Tensor) -> tf.Tensor:
        if contents.dtype != tf.string:
            shape = tf.shape(contents)
            return tf.tile(shape[None, 1:3], [shape[0], 1])
        return tf.map_fn(_size, contents, fn_output_signature=tf.TensorSpec((2,), tf.int32))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], 2)

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), dtype="int32")


def _size(content: tf.Tensor) -> tf.Tensor:
    is_jpeg = tf.equal(tf.strings.substr(content, 0, 3), b"\xff\xd8\xff")
    is_png = tf.equal(tf.strings.substr(content, 1, 3), b"PNG")
    begins_so = tf.equal(tf.strings.substr(content, 0, 2), b"BM")
    is_bmp = begins_so & tf.equal(tf.strings.substr(content, 14, 1), b"\x28")  # a header of 40 bytes, the usual
    return tf.case(
        [
            (is_jpeg, lambda: _jpeg_size(content)), (is_png, lambda: _png_size(content)),
            (is_bmp, lambda: _bmp_size(content)),
        ],
        default=lambda: tf.shape(tf.io.decode_image(content, expand_animations=False))[:2],
    )  # fmt: skip


def _jpeg_size(content: tf.Tensor) -> tf.Tensor:
    size = tf.image.extract_jpeg_shape(content)[:2]
    at = exif_place(content)
    turned = tf.cond(at > 0, lambda: exif_orientation(content, at) >= LYING, lambda: False)
    return tf.where(turned, size[::-1], size)


def _png_size(content: tf.Tensor) -> tf.Tensor:
    header = tf.cast(tf.io.decode_raw(tf.strings.substr(content, 16, 8), tf.uint8), tf.int32)
    sides = tf.reduce_sum(tf.reshape(header, (2, 4)) * [1 << 24, 1 << 16, 1 << 8, 1], axis=1)
    return sides[::-1]


def _bmp_size(content: tf.Tensor) -> tf.Tensor:
    width_and_height = tf.io.decode_raw(tf.strings.substr(content, 18, 8), tf.int32)
    return tf.abs(tf.reshape(width_and_height, [2]))[::-1]  # a height below zero says that rows begin at the top


def letterbox(sizes: Any, side: int) -> tuple[Any, Any]:
    """How `DecodePictures(fit="pad")` brings pictures to a square.

    Args:
        sizes: (pictures, 2) height and width. side: pixels a side of the square.

    Returns:
        By what x and y are multiplied, and what is then added, (pictures, 2) float32 each.
    """
    inner, begin = between_bars(sizes, (side, side))
    scale = tf.cast(inner, tf.float32) / tf.cast(sizes, tf.float32)
    return scale[:, ::-1], tf.cast(begin, tf.float32)[:, ::-1]


def into_square(corners: Any, sizes: Any, side: int) -> Any:
    """Corners (pictures, boxes, 4) in pixels of the pictures, in those of the square."""
    scale, begin = letterbox(sizes, side)
    return tf.cast(corners, tf.float32) * _twice(scale) + _twice(begin)


def out_of_square(corners: Any, sizes: Any, side: int) -> Any:
    """Corners (pictures, boxes, 4) in pixels of the square, in those of the pictures, and clipped to them."""
    scale, begin = letterbox(sizes, side)
    whole = tf.cast(sizes, tf.float32)[:, ::-1]
    return tf.clip_by_value((tf.cast(corners, tf.float32) - _twice(begin)) / _twice(scale), 0.0, _twice(whole))


def _twice(pair: Any) -> Any:
    """x and y of each picture for left, top, right and bottom, (pictures, 1, 4)."""
    return tf.concat([pair, pair], axis=1)[:, None, :]
