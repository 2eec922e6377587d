"""Which parts of a picture decided its answer."""

from __future__ import annotations

import base64
import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.encoders.pictures import FEATURE_MAP
from sora_keras.errors import ParameterError, nearest
from sora_keras.files import write_as

if TYPE_CHECKING:
    import keras

_METHODS = ("auto", "grad_cam", "integrated_gradients")
_STEPS, _AT_ONCE = 64, 16
_SHOWN = 320  # pixels that the longer side is drawn with, at least


@dataclass(frozen=True, eq=False, repr=False)
class PictureExplanation:
    """How much each place of a picture spoke for one class.

    Args:
        pixels: (height, width, channels) uint8, as the core sees the picture. label: the class that is explained.
        scores: (height, width) float; for `"grad_cam"` and `"odam"` from 0 to 1, for `"integrated_gradients"` in units
            of the class' log-odds, where negative speaks against it and the sum is `output - baseline`.
        output: the log-odds for this picture; baseline: those for a black one.
    """

    pixels: np.ndarray
    label: Any
    scores: np.ndarray
    output: float
    baseline: float
    method: str

    def to_png(self) -> bytes:
        """The picture beside itself with the scores on it: blue speaks for the class, orange against."""
        from PIL import Image

        grey = self.pixels.astype(np.float32).mean(axis=-1, keepdims=True).repeat(3, axis=-1)
        size = np.percentile(np.abs(self.scores), 99.5) or 1.0
        strength = np.clip(self.scores / size, -1, 1)[..., None]
        colour = np.where(strength > 0, (0, 114, 178), (213, 94, 0))
        mixed = grey * (1 - 0.75 * np.abs(strength)) + colour * 0.75 * np.abs(strength)
        plain = np.broadcast_to(self.pixels, grey.shape).astype(np.float32)
        both = np.concatenate([plain, mixed], axis=1).round().astype(np.uint8)
        times = max(1, -(-_SHOWN // max(self.pixels.shape[:2])))
        target = io.BytesIO()
        Image.fromarray(both.repeat(times, axis=0).repeat(times, axis=1)).save(target, "PNG")
        return target.getvalue()

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "label": str(self.label),
            "method": self.method,
            "output": self.output,
            "baseline": self.baseline,
            "scores": np.round(self.scores, 6).tolist(),
        }

    def __str__(self) -> str:
        row, column = np.unravel_index(int(self.scores.argmax()), self.scores.shape)
        height, width = self.scores.shape
        return f"{self.label}: most around {column / width:.0%} from the left, {row / height:.0%} from the top"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from sora_keras.pages import render

        picture = base64.b64encode(self.to_png()).decode()
        return render("explanation", "picture.html", explanation=self, picture=picture)

    def to_html(self) -> str:
        """A whole page, with no link to the network."""
        from markupsafe import Markup

        from sora_keras.pages import render

        return render("explanation", "page.html", title=f"Why {self.label}", body=Markup(self._repr_html_()))

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write it as the path ends: .png, .html or .json.

        Raises:
            ParameterError: another ending. SaveError: the path exists, or the disk refused.
        """
        return write_as(path, {".png": self.to_png, ".html": self.to_html, ".json": self.to_json}, overwrite=overwrite)

    def to_json(self) -> str:
        """`to_dict` as text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1)


def explain_picture(
    pixels: np.ndarray, *, core: keras.Model, value: Callable[[Any], Any], label: Any, method: str = "auto"
) -> PictureExplanation:  # fmt: skip
    """Explain the answer for one picture.

    Args:
        pixels: (height, width, channels) uint8. core: from pixels to logits.
        value: from logits (batch, outputs) to what is explained (batch,).
        method: `"grad_cam"` (Selvaraju et al., 2017), `"integrated_gradients"` (Sundararajan et al., 2017), or
            `"auto"`: the first, or the second where the core has no map of features.

    Raises:
        ParameterError: an unknown method, or Grad-CAM of a core without a map of features.
    """
    if method not in _METHODS:
        raise ParameterError(
            f"method must be one of {', '.join(_METHODS)}.{nearest(method, _METHODS)} Received: {method!r}"
        )
    place = _feature_map(core)
    if method == "grad_cam" and place is None:
        raise ParameterError(
            "Grad-CAM needs a layer that gives a map (batch, height, width, features), and none of this core's last "
            "layers does: the layers that were added flatten or pool before it. Use method='integrated_gradients'."
        )
    if place is not None and method != "integrated_gradients":
        method, found = "grad_cam", _grad_cam(core, place, pixels, value)
    else:
        method, found = "integrated_gradients", integrated(core, pixels, value)
    scores, output, baseline = found
    return PictureExplanation(pixels, label, scores, output, baseline, method)


def _feature_map(core: keras.Model) -> Any:
    """The tensor of the core that is named a map of features, or else the last that is one.

    What no layer with weights has seen is still the picture, and behind attention a place no longer stands for itself.
    """
    import keras

    found, learned = None, False
    for layer in core.layers:
        if layer.name == FEATURE_MAP:
            return layer.output
    for layer in core.layers[1:]:
        # What goes into a layer, not what comes out: the `output` of a model within is a tensor of its own graph.
        within = isinstance(layer, keras.Model)
        inputs = layer.input if isinstance(layer.input, list | tuple) else [layer.input]
        for tensor in inputs if learned and not within else []:
            shape = getattr(tensor, "shape", ())
            if len(shape) == 4 and 1 not in shape[1:3]:
                found = tensor
        learned = learned or bool(layer.weights)
        if isinstance(layer, keras.layers.MultiHeadAttention):
            found = None
    return found


def _grad_cam(
    core: keras.Model, place: Any, pixels: np.ndarray, value: Callable[[Any], Any]
) -> tuple[np.ndarray, float, float]:  # fmt: skip
    import keras
    import tensorflow as tf

    both = keras.Model(core.input, [place, core.output])
    batch = tf.cast(pixels, tf.float32)[None]
    with tf.GradientTape() as tape:
        features, logits = both(tf.concat([batch, tf.zeros_like(batch)], axis=0), training=False)
        tape.watch(features)
        answers = value(logits)
    del tape
    with tf.GradientTape() as tape:
        features, logits = both(batch, training=False)
        explained = value(logits)[0]
    gradient = tape.gradient(explained, features)
    weights = tf.reduce_mean(gradient, axis=(1, 2), keepdims=True)
    heat = tf.nn.relu(tf.reduce_sum(features * weights, axis=-1, keepdims=True))
    heat = tf.image.resize(heat, pixels.shape[:2])[0, ..., 0].numpy()
    return heat / (heat.max() or 1.0), float(answers[0]), float(answers[1])


def integrated(
    core: keras.Model, pixels: np.ndarray, value: Callable[[Any], Any]
) -> tuple[np.ndarray, float, float]:  # fmt: skip
    """Integrated gradients of `value` of the core's output, and `value` for the picture and for a black one."""
    import tensorflow as tf

    picture = tf.cast(pixels, tf.float32)[None]
    total = tf.zeros_like(picture)
    # The middle of each step, which is exact for what bends evenly.
    shares = (np.arange(_STEPS, dtype=np.float32) + 0.5) / _STEPS
    for some in np.array_split(shares, _STEPS // _AT_ONCE):
        with tf.GradientTape() as tape:
            along = picture * some.reshape(-1, 1, 1, 1)
            tape.watch(along)
            answers = tf.reduce_sum(value(core(along, training=False)))
        total += tf.reduce_sum(tape.gradient(answers, along), axis=0, keepdims=True)
    scores = tf.reduce_sum(total * picture / _STEPS, axis=-1)[0].numpy()
    ends = value(core(tf.concat([picture, tf.zeros_like(picture)], axis=0), training=False)).numpy()
    return scores, float(ends[0]), float(ends[1])
