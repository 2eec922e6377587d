"""What every recipe shares whose items are pictures."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras import parameters
from sora_keras.errors import ParameterError

if TYPE_CHECKING:
    import tensorflow as tf

    from sora_keras.data import Picture, Schema
    from sora_keras.training import PixelCache

_SAMPLED = 256


class PictureItems:
    """How pictures are kept as pixels, handed to the pipeline, and told from several."""

    memory: int | str
    verbose: bool

    def numberer(self, preprocessing: Any, schema: Schema) -> Callable[[Any], PixelCache]:
        from sora_keras.data import parse_memory
        from sora_keras.training import BatchDecoder, decode_pictures

        budget, decoder = parse_memory(self.memory), BatchDecoder(preprocessing)
        say = print if self.verbose else None
        broken, tried = 0, 0

        def number(examples: Any) -> PixelCache:
            # A small part for validation may have many broken pictures by chance: what counts is their share of all.
            nonlocal broken, tried
            pictures = examples.column(schema.item)
            cache = decode_pictures(decoder, pictures, budget=budget, say=say, before=(broken, tried))
            broken, tried = broken + len(pictures) - len(cache), tried + len(pictures)
            return cache

        return number

    def raw(self, items: np.ndarray) -> tf.Tensor:
        import tensorflow as tf

        return tf.constant([item.read() for item in items], tf.string)

    def odd_items(self) -> tuple[Picture, ...]:
        from sora_keras.data import to_picture

        colours = np.arange(5 * 9 * 3, dtype=np.uint8).reshape(5, 9, 3)
        return (to_picture(colours), to_picture(np.zeros((1, 1), np.uint8)), to_picture(colours[..., 0]))

    def is_one(self, item: Any) -> bool:
        if isinstance(item, str | os.PathLike):
            return Path(item).is_file() or not (Path(item).is_dir() or glob.has_magic(os.fspath(item)))
        if isinstance(item, list | tuple):
            return False
        return not (hasattr(item, "__array__") and np.ndim(item) == 4)

    def items_of(self, several: Any) -> list[Any]:
        from sora_keras.data import read_pictures

        if isinstance(several, str | os.PathLike):
            examples = read_pictures(several, part="test", answer_required=False, by_class=False)
            return list(examples.column(examples.names[0]))
        return list(several)

    def check_items(self, items: list[Any]) -> np.ndarray:
        from sora_keras.data import object_column, to_picture

        return object_column([to_picture(item) for item in items])


def usual_shape(examples: Any, *, most: int) -> tuple[tuple[int, int], int]:
    """The median height and width of these pictures, at most `most` pixels, and how many channels they have."""
    from sora_keras.data import find_picture_column
    from sora_keras.data import usual_shape as of_pictures

    rows = np.linspace(0, len(examples) - 1, min(_SAMPLED, len(examples))).astype(np.int64)
    column = find_picture_column(examples, exclude=(examples.answer,))
    return of_pictures(examples.take(rows).column(column), most=most)


def sides_of(size: Any) -> tuple[int, int] | None:
    """Height and width that a user gave; None for `"auto"`.

    Raises:
        ParameterError: neither pixels nor a pair of them.
    """
    if isinstance(size, str) and size == "auto":
        return None
    sides = size if isinstance(size, tuple | list) else (size, size)
    if len(sides) != 2:
        raise ParameterError(f"size must be 'auto', pixels, or (height, width). Received: {size!r}")
    for side in sides:
        parameters.check_number("size", side, least=1, most=4096, whole=True)
    return int(sides[0]), int(sides[1])
