"""How fast this machine is."""

from __future__ import annotations

import time

_SIDE, _TIMES = 1024, 8
_BOTH_WAYS = 3  # the work of a training step over that of an answer
_REACHED = 0.8  # of the speed of large products of matrices, that convolutions reach


def multiply_adds_a_second() -> float:
    """Of the kernels that train, by timing a few products of matrices of 1,024 by 1,024; takes about 0.2 s."""
    import tensorflow as tf

    square = tf.ones((_SIDE, _SIDE))
    fastest = float("inf")
    for _ in range(_TIMES):
        began = time.perf_counter()
        tf.matmul(square, square)[0, 0].numpy()
        fastest = min(fastest, time.perf_counter() - began)
    return float(_SIDE**3 / fastest)


def work_in(seconds: float, rows: int) -> float:
    """Multiply-adds of one answer, for each of `rows` examples, that there is time to be trained on."""
    return seconds * multiply_adds_a_second() * _REACHED / (_BOTH_WAYS * max(1, rows))
