"""Changed copies of annotated pictures, made in the graph while training; the boxes follow."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sora_keras.errors import ArgumentTypeError, ParameterError
from sora_keras.training.augmentation import FLIPS

_ZOOM = (0.75, 1.35)  # how large a picture becomes
_MIXED, _FEW_PASSES = 0.3, 60  # how many pictures are made of four, and the passes from which some are
_MOVED = 0.2  # of a side, at most
# About as much as is usual for YOLO; it cost nothing on parts that were held out, and held in other light.
_LIGHTER = 0.4
_COLOURS, _TINT = (0.3, 1.7), 0.1  # how strong colours become, and how much one channel gains on the others
_LEFT = 0.3  # of a box must still be seen, or it is none
_SMALLEST = 2.0  # pixels a side of a box
_MOST_ROWS = 128  # for boxes, unless a picture alone has more
_LAST = 0.15  # of the epochs, in which pictures are no longer mixed: they should end on what is real


class BoxAugmentation:
    """What is done to a batch of training pictures and their boxes.

    Four pictures become one (mosaic, Bochkovskiy et al., 2020), pictures become larger or smaller and move, are
    mirrored, get other colours where they have some, and become lighter or darker.

    Args:
        epochs: of the training; in the last of them nothing is mixed. ends: `time.monotonic()` at which it is stopped
            if it is not over before; near it nothing is mixed either. seed: of the changes, which depend on it and the
            epoch alone. mosaic: how many of the pictures are made of four, as a share. flips: the directions in which
            pictures are mirrored: `"horizontal"`, `"vertical"`.
    """

    asked = True

    def __init__(
        self, *, epochs: int, seed: int, mosaic: float = _MIXED, flips: Sequence[str] = ("horizontal",),
        ends: float | None = None,
    ) -> None:  # fmt: skip
        import keras
        import tensorflow as tf

        self.epochs, self.seed, self.mosaic, self.allowed = epochs, seed, mosaic, list(flips)
        self._ends, self._began = ends, time.monotonic()
        self._random = keras.random.SeedGenerator(seed)
        self._mixing = tf.Variable(mosaic > 0, trainable=False)

    def begin_epoch(self, epoch: int) -> None:
        """Draw what belongs to this epoch, so that a run that is continued goes on as it would have."""
        self._random.state.assign(np.array([self.seed % 2**31, epoch << 16], np.int64))
        self._mixing.assign(self.mosaic > 0 and max(epoch / self.epochs, self._spent()) < 1 - _LAST)

    def allow(self, ways: Sequence[str]) -> None:
        """Mirror in these directions from now on."""
        self.allowed = list(ways)

    def _spent(self) -> float:
        """The share of the time that is over."""
        if self._ends is None:
            return 0.0
        return (time.monotonic() - self._began) / max(self._ends - self._began, 1e-9)

    def __call__(self, pixels: Any, truth: Any) -> tuple[Any, Any]:
        """Change a batch.

        Args:
            pixels: (batch, side, side, channels) float32 from 0 to 255; an even side. truth: (batch, boxes, 5): class,
                left, top, right and bottom as shares of the side; a class below 0 is no box.

        Returns:
            The same, with as many rows for boxes as the fullest picture needs: at most 128, unless one picture alone
            came with more.
        """
        import tensorflow as tf

        side = tf.cast(tf.shape(pixels)[1], tf.float32)
        scale = tf.stack([1.0, side, side, side, side])
        most = tf.maximum(tf.shape(truth)[1], _MOST_ROWS)
        truth = tf.cast(truth, tf.float32) * scale
        none = tf.concat([truth, *[tf.zeros_like(truth) - 1] * 3], axis=1)
        pixels, truth = tf.cond(self._mixing, lambda: self._mixed(pixels, truth, none), lambda: (pixels, none))
        pixels, truth = self._zoomed(pixels, truth, side)
        truth = _packed(truth, most)
        for way in self.allowed:
            pixels, truth = self._flipped(pixels, truth, side, way)
        return tf.clip_by_value(self._lit(pixels), 0.0, 255.0), truth / scale

    def _draw(self, pixels: Any, *shape: int, low: float = 0.0, high: float = 1.0) -> Any:
        import keras
        import tensorflow as tf

        return keras.random.uniform((tf.shape(pixels)[0], *shape), low, high, seed=self._random)

    def _mixed(self, pixels: Any, truth: Any, none: Any) -> tuple[Any, Any]:
        """Some pictures with the next three of the batch, each a quarter of the square."""
        import tensorflow as tf

        small = tf.nn.avg_pool2d(pixels, 2, 2, "VALID")
        rolled = [tf.roll(small, -turn, axis=0) for turn in range(4)]
        whole = tf.concat([tf.concat(rolled[:2], axis=2), tf.concat(rolled[2:], axis=2)], axis=1)
        whole = tf.ensure_shape(whole, pixels.shape)
        step = tf.cast(tf.shape(small)[1], tf.float32)
        parts = []
        for turn in range(4):
            some = tf.roll(truth, -turn, axis=0)
            moved = some[..., 1:] / 2 + step * tf.constant([turn % 2, turn // 2] * 2, tf.float32)
            parts.append(tf.concat([some[..., :1], moved], axis=-1))
        chosen = self._draw(pixels, 1, 1) < self.mosaic
        return tf.where(chosen[..., None], whole, pixels), tf.where(chosen, tf.concat(parts, axis=1), none)

    def _zoomed(self, pixels: Any, truth: Any, side: Any) -> tuple[Any, Any]:
        """Larger or smaller, and moved."""
        import tensorflow as tf

        zoom = tf.exp(self._draw(pixels, 1, low=float(np.log(_ZOOM[0])), high=float(np.log(_ZOOM[1]))))
        middle = 0.5 + self._draw(pixels, 2, low=-_MOVED, high=_MOVED)
        begin = middle - 0.5 / zoom  # x and y of what is kept, as shares of the side
        kept = tf.concat([begin[:, ::-1], begin[:, ::-1] + 1 / zoom], axis=1)
        size = tf.shape(pixels)[1:3]
        # It maps the middles of the outermost pixels on each other, not their edges.
        inner = side / (side - 1)
        corners = (kept * side - 0.5 + tf.constant([0.5, 0.5, -0.5, -0.5]) / zoom) / side * inner
        looked = tf.image.crop_and_resize(pixels, corners, tf.range(tf.shape(pixels)[0]), size)
        looked = tf.ensure_shape(looked, pixels.shape)
        start = tf.concat([begin, begin], axis=1)[:, None, :] * side
        moved = (truth[..., 1:] - start) * zoom[:, None, :]
        return looked, _seen(truth[..., :1], moved, side)

    def _flipped(self, pixels: Any, truth: Any, side: Any, way: str) -> tuple[Any, Any]:
        import tensorflow as tf

        chosen = self._draw(pixels, 1, 1) < 0.5
        left, top, right, bottom = tf.unstack(truth[..., 1:], axis=-1)
        if way == "horizontal":
            image, moved = tf.reverse(pixels, [2]), tf.stack([side - right, top, side - left, bottom], axis=-1)
        else:
            image, moved = tf.reverse(pixels, [1]), tf.stack([left, side - bottom, right, side - top], axis=-1)
        mirrored = tf.concat([truth[..., :1], moved], axis=-1)
        return tf.where(chosen[..., None], image, pixels), tf.where(chosen, mirrored, truth)

    def _lit(self, pixels: Any) -> Any:
        import tensorflow as tf

        if pixels.shape[-1] == 3:
            grey = tf.reduce_mean(pixels, axis=3, keepdims=True)
            strong = self._draw(pixels, 1, 1, 1, low=_COLOURS[0], high=_COLOURS[1])
            tint = self._draw(pixels, 1, 1, 3, low=1 - _TINT, high=1 + _TINT)
            pixels = (grey + (pixels - grey) * strong) * tint
        times = self._draw(pixels, 1, 1, 1, low=1 - _LIGHTER, high=1 + _LIGHTER)
        more = 255 * self._draw(pixels, 1, 1, 1, low=-_LIGHTER / 2, high=_LIGHTER / 2)
        mean = tf.reduce_mean(pixels, axis=(1, 2, 3), keepdims=True)
        return (pixels - mean) * times + mean + more


def _seen(kinds: Any, corners: Any, side: Any) -> Any:
    """Boxes clipped to the square; of those that are hardly seen any more the class is -1."""
    import tensorflow as tf

    inside = tf.clip_by_value(corners, 0.0, side)
    extent, whole = (some[..., 2:] - some[..., :2] for some in (inside, corners))
    share = tf.reduce_prod(extent, axis=-1) / tf.maximum(tf.reduce_prod(whole, axis=-1), 1e-6)
    stays = (share >= _LEFT) & (tf.reduce_min(extent, axis=-1) >= _SMALLEST)
    return tf.concat([tf.where(stays[..., None], kinds, -1.0), inside], axis=-1)


def _packed(truth: Any, most: Any) -> Any:
    """With as many rows as the fullest picture has boxes, at most so many; rows without a box go first."""
    import tensorflow as tf

    there = tf.cast(truth[..., 0] >= 0, tf.int32)
    needed = tf.clip_by_value(tf.reduce_max(tf.reduce_sum(there, axis=1)), 1, most)
    return tf.gather(truth, tf.math.top_k(there, needed).indices, batch_dims=1)


def make_box_augmentation(
    given: Any, *, flips: Sequence[str], epochs: int, ends: float | None, seed: int, passes: float = math.inf
) -> BoxAugmentation | OwnAugmentation | None:  # fmt: skip
    """The augmentation that a user asked for.

    Args:
        given: `"auto"`, None, or a callable from pixels and boxes to the same, as `BoxAugmentation` is.
        flips: the directions in which `"auto"` mirrors. epochs, ends: as of `BoxAugmentation`. passes: that there is
            time for: in fewer than 60 a network learns more from pictures that are not mixed.

    Raises:
        ParameterError, ArgumentTypeError: it is none of these.
    """
    if given is None:
        return None
    if isinstance(given, str):
        unknown = [way for way in flips if way not in FLIPS]
        if given != "auto" or unknown or isinstance(flips, str):
            raise ParameterError(
                f"augment must be 'auto', None or a callable, and flips some of {', '.join(FLIPS)} in a list. "
                f"Received: augment={given!r}, flips={flips!r}"
            )
        mosaic = 0.0 if min(epochs, passes) < _FEW_PASSES else _MIXED
        return BoxAugmentation(epochs=epochs, seed=seed, flips=flips, ends=ends, mosaic=mosaic)
    if not callable(given):
        raise ArgumentTypeError(f"augment must be 'auto', None or a callable. Received: {given!r}")
    return OwnAugmentation(given)


class OwnAugmentation:
    """A user's own function from a batch of pixels and boxes to the same, as `BoxAugmentation`."""

    asked = True

    def __init__(self, function: Callable[[Any, Any], tuple[Any, Any]]) -> None:
        self.function = function
        self.allowed: list[str] = []

    def begin_epoch(self, epoch: int) -> None:
        """Nothing to draw."""

    def allow(self, ways: Sequence[str]) -> None:
        """Nothing to mirror."""

    def __call__(self, pixels: Any, truth: Any) -> tuple[Any, Any]:
        """Change a batch."""
        return self.function(pixels, truth)
