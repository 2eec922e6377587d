"""Decoded pictures, kept once and fed every epoch."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.data import Finding, left_out
from sora_keras.errors import DataError
from sora_keras.quiet import said_by

if TYPE_CHECKING:
    import tensorflow as tf

_BATCH = 256
_ALIGNED = 64  # bytes
_THREADS = 2  # a core: while one waits for Python, another decodes


@dataclass(eq=False)
class PixelCache:
    """Pictures of one size, in memory or in a temporary file.

    pixels: (pictures, height, width, channels) uint8; rows: which of the examples they are, ascending;
    findings: which others could not be decoded, and why.
    """

    pixels: np.ndarray
    rows: np.ndarray
    findings: tuple[Finding, ...] = ()
    lengths: None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def on_disk(self) -> bool:
        return isinstance(self.pixels, np.memmap)

    def gather(self) -> Any:
        """A function for `tf.data` from picture numbers (rows,) int64 to their pixels, float32 from 0 to 255."""
        import tensorflow as tf

        shape = (None, *self.pixels.shape[1:])
        kept = None if self.on_disk else tf.experimental.dlpack.from_dlpack(_aligned(self.pixels).__dlpack__())

        def read(rows: tf.Tensor) -> tf.Tensor:
            if kept is not None:
                return tf.cast(tf.gather(kept, rows), tf.float32)
            some = tf.numpy_function(lambda which: np.asarray(self.pixels[which]), [rows], tf.uint8)
            return tf.cast(tf.ensure_shape(some, shape), tf.float32)

        return read


def decode_pictures(
    decoder: Any, pictures: np.ndarray, *, budget: int, say: Callable[[str], None] | None = None,
    before: tuple[int, int] = (0, 0),
) -> PixelCache:  # fmt: skip
    """Decode every picture on all cores; what cannot be decoded is left out with its reason.

    Args:
        decoder: a `DecodePictures`, or a `BatchDecoder`, which keeps its graphs from call to call.
        pictures: (examples,) of `Picture`.
        budget: bytes of pixels that may stay in memory; more go to a temporary file.
        say: is told of pictures left out.
        before: how many of how many pictures of the same data were left out already.

    Raises:
        DataError: more than a twentieth cannot be decoded.
    """
    import tensorflow as tf

    decode = decoder if isinstance(decoder, BatchDecoder) else BatchDecoder(decoder)
    shape = (len(pictures), *decode.decoder.size, decode.decoder.channels)
    pixels = _room(shape, budget)
    broken: dict[int, str] = {}

    def work(start: int) -> None:
        some = pictures[start : start + _BATCH]
        try:
            decode([one.read() for one in some], pixels[start : start + len(some)])
        except (DataError, tf.errors.OpError):
            for place, one in enumerate(some, start):
                reason = _decode_one(decode, one, pixels[place : place + 1])
                if reason:
                    broken[place] = reason

    threads = _THREADS * (os.cpu_count() or 1)
    with ThreadPoolExecutor(threads) as pool:
        tasks = (pool.submit(work, start) for start in range(0, len(pictures), _BATCH))
        ahead = deque(islice(tasks, 2 * threads))
        while ahead:
            ahead.popleft().result()
            ahead.extend(islice(tasks, 1))
    if not broken:
        return PixelCache(pixels, np.arange(len(pictures)))
    finding = left_out(pictures, broken, "pictures cannot be decoded", before)
    if say:
        say(f"Left out: {finding.message}.")
    rows = np.setdiff1d(np.arange(len(pictures)), sorted(broken))
    return PixelCache(pixels[rows], rows, (finding,))


class BatchDecoder:
    """Decodes a batch by the decoder's graphs: pictures that need no questions asked together, the rest one by one."""

    def __init__(self, decoder: Any) -> None:
        self.decoder = decoder
        self._graphs: dict[Any, Any] = {}
        self._lock = Lock()

    def __call__(self, contents: list[bytes], out: np.ndarray) -> None:
        """Write the pixels of `contents` into `out`, (contents, height, width, channels) uint8."""
        import tensorflow as tf

        plans = [self.decoder.plan_of(content) for content in contents]
        by_way: dict[Any, list[int]] = {}
        for place, plan in enumerate(plans):
            by_way.setdefault(plan and plan[:2], []).append(place)
        for way, places in by_way.items():
            given = [tf.constant([contents[place] for place in places], tf.string)]
            if way is not None:
                given.append(tf.constant([plans[place].kept for place in places], tf.int32))
            out[places] = self._graph(way)(*given).numpy()

    def _graph(self, way: Any) -> Any:
        import tensorflow as tf

        with self._lock:
            if way not in self._graphs:
                decoder, spec = self.decoder, [tf.TensorSpec([None], tf.string)]
                call = decoder.call
                if way is not None:
                    spec.append(tf.TensorSpec([None, 4], tf.int32))
                    call = lambda contents, kept: decoder.plain(contents, kept, *way)  # noqa: E731
                self._graphs[way] = tf.function(call, input_signature=spec, autograph=False).get_concrete_function()
            return self._graphs[way]


def _decode_one(decode: BatchDecoder, picture: Any, out: np.ndarray) -> str:
    """Decode one picture into its place; the reason where that fails, else nothing."""
    import tensorflow as tf

    try:
        decode([picture.read()], out)
    except DataError as error:
        return str(error)
    except tf.errors.OpError as error:
        return said_by(error)
    return ""


def _aligned(pixels: np.ndarray) -> np.ndarray:
    """The same array where TensorFlow can read it in its place, else a copy that it can."""
    if pixels.flags.c_contiguous and pixels.flags.writeable and not pixels.ctypes.data % _ALIGNED:
        return pixels
    copy = _empty(pixels.shape)
    copy[:] = pixels
    return copy


def _empty(shape: tuple[int, ...]) -> np.ndarray:
    """An array of bytes, (…) uint8, that begins where TensorFlow wants its tensors to begin."""
    count = int(np.prod(shape))
    room = np.empty(count + _ALIGNED, np.uint8)
    start = -room.ctypes.data % _ALIGNED
    return room[start : start + count].reshape(shape)


def _room(shape: tuple[int, ...], budget: int) -> np.ndarray:
    if int(np.prod(shape)) <= budget:
        return _empty(shape)
    folder = tempfile.TemporaryDirectory(prefix="sora-")
    pixels = np.memmap(os.path.join(folder.name, "pixels"), np.uint8, "w+", shape=shape)
    weakref.finalize(pixels, folder.cleanup)
    return pixels
