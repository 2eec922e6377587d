"""Explanations of what was decided about a text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.errors import ParameterError
from sora_keras.explanation.explanation import Explanation
from sora_keras.explanation.integrated_gradients import integrated_gradients

if TYPE_CHECKING:
    import keras

_METHODS = ("auto", "integrated_gradients", "occlusion")
_MOST_OCCLUSIONS = 256


def explain_text(
    text: str,
    *,
    preprocessing: Any,
    core: keras.Model,
    value: Callable[[Any], Any],
    label: Any,
    method: str = "auto",
) -> Explanation:
    """How much each word of `text` spoke for one class.

    Args:
        preprocessing: from texts to numbers; integrated gradients need its `trace`.
        core: from numbers to logits. value: from its output to the explained log-odds (batch,).
        label: the class, for the reader.
        method: `"auto"` takes integrated gradients where the preprocessing can trace its numbers to words,
            and occlusion elsewhere.

    Raises:
        ParameterError: an unknown method, or one that this preprocessing or core cannot serve.
    """
    if method not in _METHODS:
        raise ParameterError(f"method must be one of {', '.join(_METHODS)}. Received: {method!r}")
    traceable = hasattr(preprocessing, "trace")
    if method == "auto":
        method = "integrated_gradients" if traceable else "occlusion"
    if method == "occlusion":
        return _occlude(text, preprocessing, core, value, label)
    if not traceable:
        raise ParameterError(
            "The preprocessing of this encoder cannot trace its numbers to words. "
            "Use explain(item, method='occlusion')."
        )
    return _integrate(text, preprocessing, core, value, label)


def _integrate(text: str, preprocessing: Any, core: Any, value: Any, label: Any) -> Explanation:
    trace = preprocessing.trace(text)
    # Two steps at least: attention over a single one makes Keras warn.
    numbers = np.pad(trace.ids, (0, max(0, 2 - len(trace.ids))))
    found = integrated_gradients(core, numbers, value)
    scores = np.zeros(len(trace.words))
    for number_score, words in zip(found.scores, trace.sources, strict=False):
        np.add.at(scores, words, number_score / len(words))
    return Explanation(
        text, label, tuple(trace.words), scores, found.output, found.baseline,
        "integrated_gradients", float(found.output - found.baseline - scores.sum()),
    )  # fmt: skip


def _occlude(text: str, preprocessing: Any, core: Any, value: Any, label: Any) -> Explanation:
    """What the log-odds lose without each word; in long texts, without each run of neighbouring words."""
    import tensorflow as tf

    from sora_keras.layers.hash_ids import word_spans
    from sora_keras.layers.unicode import UnicodeWords

    words = word_spans(text, UnicodeWords()(tf.constant([text])))
    run = -(-len(words) // _MOST_OCCLUSIONS) if words else 1
    runs = [words[i : i + run] for i in range(0, len(words), run)]
    shortened = [text[: some[0][0]] + " " + text[some[-1][1] :] for some in runs]
    traced = tf.function(lambda texts: value(core(preprocessing(texts), training=False)))
    reached = []
    for begin in range(0, len(shortened) + 2, 32):
        some = [text, "", *shortened][begin : begin + 32]
        reached.append(traced(tf.constant(some)).numpy())
    output, baseline, *without = np.concatenate(reached).astype(float)
    scores = [(output - lost) / len(some) for some, lost in zip(runs, without, strict=True) for _ in some]
    return Explanation(text, label, tuple(words), np.array(scores), output, baseline, "occlusion")
