"""The best items of a single history, as fast as a server wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.encoders import item_vectors
from sora_keras.encoders.recommending import LINEAR, QUERY, SCALED
from sora_keras.export.top_items import TopItems

if TYPE_CHECKING:
    import keras

_SHORTEST = 16


class OneHistory:
    """What `TopItems` answers, for one history at a time, of a core that reads it step by step.

    A Transformer is hundreds of small operations, whose start takes longer than their work where there is one history:
    XLA makes them one, once for each of a few lengths, which takes half a second. Of the linear model the rows of the
    past items alone are read.

    Args:
        top: over the whole core, whose parts are used.
    """

    def __init__(self, top: TopItems, length: int) -> None:
        import keras
        import tensorflow as tf

        core = top.core
        self.length, self._top = length, top
        query = keras.Model(core.inputs[0], core.get_layer(QUERY).output)
        self._query = tf.function(lambda history: query(history, training=False), jit_compile=True, autograph=False)
        self._table = item_vectors(core)
        linear = LINEAR in [layer.name for layer in core.layers]
        self._pairs = core.get_layer(LINEAR).kernel.value if linear else None
        self._scale = core.get_layer(SCALED).scale if linear else 0.0

    @staticmethod
    def suits(core: keras.Model) -> bool:
        """Whether the core is of this kind."""
        from sora_keras.layers.histories import LastState

        return any(isinstance(layer, LastState) for layer in core.layers) and len(core.inputs) == 1

    def padded(self, history: np.ndarray) -> np.ndarray:
        """Item numbers from 0 as (1, steps) from 1, of one of a few lengths."""
        width = _SHORTEST
        while width < len(history):
            width *= 2
        result = np.zeros((1, max(1, min(width, self.length))), np.int32)
        result[0, : len(history)] = history + 1
        return result

    def __call__(self, history: Any, user: Any, seen: Any, allowed: Any, k: Any) -> tuple[Any, Any]:
        """As `TopItems`, of one history."""
        import tensorflow as tf

        query = self._query(history)
        if self._top.query is not None:
            return self._top.best(query, seen, allowed, k)
        scores = tf.cast(self._table(query, reverse=True), tf.float32)
        if self._pairs is not None:
            # Each item counts once; the row of padding is zeros.
            had = tf.gather(tf.convert_to_tensor(self._pairs), tf.unique(history[0])[0])
            scores += self._scale * tf.reduce_sum(had, axis=0)[None, :]
        return self._top.best_of(scores, seen, allowed, k)
