"""Changed copies of the training pictures, made in the graph while training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.errors import ArgumentTypeError, ParameterError

if TYPE_CHECKING:
    import tensorflow as tf

    from sora_keras.training.feeding import Feed

FLIPS = ("horizontal", "vertical")
_MOVED = 0.08  # of a side
_LIGHTER = 0.15
_ERASED, _ERASED_PART = 0.5, (0.02, 0.2)  # the highest chance, drawn from 0 up, and the share of the picture
_ASKED = 1_000  # validation pictures that a flip is tried on
_KEPT = 2 / 3  # of the right answers must be right in the mirror too; of handwritten digits 0.4 are


class Augmentation:
    """What is done to a batch of training pictures, and never to those that are answered or scored.

    Args:
        layers: Keras layers; those of `keras.layers` that mix pictures, such as `MixUp` and `CutMix`, mix the labels.
        outputs: logits of the core, which say how labels are mixed.
        seed: of the changes, which depend on it and the epoch alone.
        flips: whether pictures may be mirrored, once `ask` has found that this keeps their labels.
    """

    def __init__(self, layers: Sequence[Any], *, outputs: int, seed: int, flips: bool) -> None:
        import keras
        import tensorflow as tf

        self.layers, self.outputs, self.seed = list(layers), outputs, seed
        self.asked = not flips
        self._flips = {way: keras.layers.RandomFlip(way, seed=seed, dtype="float32") for way in FLIPS if flips}
        self._allowed = {way: tf.Variable(False, trainable=False) for way in self._flips}

    @property
    def allowed(self) -> list[str]:
        """The directions in which pictures are mirrored."""
        return [way for way, allowed in self._allowed.items() if bool(allowed)]

    def allow(self, ways: Sequence[str]) -> None:
        """Mirror in these directions from now on."""
        self.asked = True
        for way, allowed in self._allowed.items():
            allowed.assign(way in ways)

    def begin_epoch(self, epoch: int) -> None:
        """Draw what belongs to this epoch, so that a run that is continued goes on as it would have."""
        for place, generator in enumerate(_generators([*self._flips.values(), *self.layers])):
            generator.state.assign(np.array([self.seed % 2**31 + 7919 * place, epoch << 16], np.int64))

    def __call__(self, pixels: tf.Tensor, targets: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Change a batch: pixels (batch, height, width, channels) float32 from 0 to 255, and its targets."""
        import tensorflow as tf

        for way, flip in self._flips.items():
            pixels = tf.cond(
                self._allowed[way], lambda flip=flip, some=pixels: flip(some, training=True), lambda some=pixels: some
            )
        for layer in self.layers:
            if _mixes(layer):
                mixed = layer({"images": pixels, "labels": self._soft(targets)}, training=True)
                pixels, targets = mixed["images"], mixed["labels"]
            else:
                pixels = layer(pixels, training=True)
        return tf.clip_by_value(tf.cast(pixels, tf.float32), 0.0, 255.0), targets

    def _soft(self, targets: tf.Tensor) -> tf.Tensor:
        """Targets as shares, (batch, outputs) float32."""
        import tensorflow as tf

        if targets.shape.rank == 2:
            return tf.cast(targets, tf.float32)
        return tf.cast(targets, tf.float32)[:, None] if self.outputs == 1 else tf.one_hot(targets, self.outputs)

    def ask(self, core: Any, feed: Feed) -> str:
        """Find out which flips keep the label, and say so.

        A core that has not seen mirrored pictures answers those of the validation data; where it is nearly as often
        right as on the pictures themselves, the mirror image belongs to the same class.
        """
        rows = np.random.default_rng(self.seed).permutation(len(feed))[:_ASKED]
        gather = feed.numbers.gather()
        right = np.zeros(1 + len(FLIPS))
        for start in range(0, len(rows), feed.batch_size):
            some = rows[start : start + feed.batch_size]
            pixels = gather(some)
            for place, seen in enumerate((pixels, pixels[:, :, ::-1], pixels[:, ::-1])):
                right[place] += _right(feed.targets[some], np.asarray(core(seen, training=False)))
        ways = [way for way, count in zip(FLIPS, right[1:], strict=True) if count >= max(1.0, _KEPT * right[0])]
        self.allow(ways)
        shares = ", ".join(f"{way} {count / len(rows):.0%}" for way, count in zip(FLIPS, right[1:], strict=True))
        return (
            f"Validation pictures answered right: {right[0] / len(rows):.0%}; mirrored: {shares}. "
            f"Training mirrors pictures: {' and '.join(ways) or 'no'}."
        )


def make_augmentation(
    given: Any, *, channels: int, outputs: int, seed: int, few_passes: bool = False
) -> Augmentation | None:  # fmt: skip
    """The augmentation that a user asked for.

    Args:
        given: `"auto"` (moves of up to 8 % of a side; a part erased from some (Zhong et al., 2020); for colours also
            brightness and contrast; flips where the validation pictures say that they keep the label), None, or Keras
            layers.
        few_passes: `"auto"` is flips alone, which cost a network hardly any passes to learn.

    Raises:
        ParameterError, ArgumentTypeError: it is none of these.
    """
    import keras

    from sora_keras.encoders.custom import fresh

    if given is None:
        return None
    if isinstance(given, str):
        if given != "auto":
            raise ParameterError(f"augment must be 'auto', None or Keras layers. Received: {given!r}")
        layers = [] if few_passes else _changes(channels, seed)
        return Augmentation(layers, outputs=outputs, seed=seed, flips=True)
    some = given if isinstance(given, list | tuple) else [given]
    for layer in some:
        if not isinstance(layer, keras.layers.Layer):
            raise ArgumentTypeError(f"augment must be 'auto', None or Keras layers. Received: {layer!r}")
    return Augmentation([fresh(layer) for layer in some], outputs=outputs, seed=seed, flips=False)


def _changes(channels: int, seed: int) -> list[Any]:
    import keras

    # In full precision whatever the core is trained in: the pixels are few, and 0 to 255 would be rounded.
    drawn = {"seed": seed, "dtype": "float32"}
    layers = [keras.layers.RandomTranslation(_MOVED, _MOVED, "constant", "nearest", **drawn)]
    if channels == 3:
        layers += [keras.layers.RandomBrightness(_LIGHTER, **drawn), keras.layers.RandomContrast(_LIGHTER, **drawn)]
    return [*layers, keras.layers.RandomErasing(_ERASED, _ERASED_PART, fill_value=0.0, **drawn)]


def _mixes(layer: Any) -> bool:
    import keras

    return isinstance(layer, keras.layers.MixUp | keras.layers.CutMix)


def _generators(layers: Sequence[Any]) -> Iterator[Any]:
    """Where each layer's random numbers come from."""
    import keras

    for layer in layers:
        for part in layer._flatten_layers():
            yield from (value for value in vars(part).values() if isinstance(value, keras.random.SeedGenerator))


def _right(targets: np.ndarray, logits: np.ndarray) -> float:
    """How many answers are right; of several labels, the share that is."""
    if targets.ndim == 2:
        return float(((logits > 0) == (targets > 0)).mean(axis=1).sum())
    answers = logits[:, 0] > 0 if logits.shape[1] == 1 else logits.argmax(axis=1)
    return float((answers == targets).sum())
