"""A Muon for convolutional networks."""

from __future__ import annotations

import re
from typing import Any

import keras
from keras import ops

_HEAD = "(^|/)head/"
_TINY = 1e-7  # as in Keras: what a matrix without length is divided by


@keras.saving.register_keras_serializable(package="sora_keras")
class ConvolutionMuon(keras.optimizers.Muon):
    """Muon (Jordan et al., 2024) that takes the kernels of convolutions for matrices too.

    Keras' Muon moves matrices by a momentum whose singular values are all brought near one, and everything else as
    AdamW does. Here a kernel (height, width, inputs, outputs) counts as a matrix of as many columns as outputs, as in
    the original. Biases, scales, kernels with one column and a layer named `"head"` stay with AdamW.

    Args: as `keras.optimizers.Muon`. `exclude_layers`, regular expressions that are searched in the paths of
        variables, stand by default for that layer.
    """

    def __init__(self, learning_rate: Any = 0.01, weight_decay: float = 0.05, **kwargs: Any) -> None:
        kwargs.setdefault("exclude_layers", [_HEAD])
        kwargs.setdefault("adam_weight_decay", weight_decay)
        super().__init__(learning_rate=learning_rate, weight_decay=weight_decay, **kwargs)

    def _should_use_adamw(self, variable: Any) -> bool:
        if len(variable.shape) != 4:
            return bool(super()._should_use_adamw(variable))
        return _columns(variable) == 1 or any(re.search(name, variable.path) for name in self.exclude_layers)

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """As Keras', in less time.

        Each step multiplies the matrix by a polynomial of its own square, on its shorter side. These polynomials are
        multiplied with each other, which are small and square, and the matrix takes part only first and last.
        """
        matrix = ops.reshape(x, (-1, _columns(x)))
        matrix = matrix / (ops.norm(matrix) + _TINY)
        tall = matrix.shape[0] > matrix.shape[1]
        square = ops.einsum("ij,ik->jk" if tall else "ji,ki->jk", matrix, matrix)
        product = one = ops.eye(square.shape[0], dtype=matrix.dtype)
        for step in range(steps):
            factor = self.muon_a * one + self.muon_b * square + self.muon_c * square @ square
            product = factor @ product if step else factor
            square = factor @ square @ factor
        return ops.reshape(matrix @ product if tall else product @ matrix, x.shape)

    def lr_adjust(self, x: Any) -> Any:
        matrix = ops.reshape(x, (-1, _columns(x)))
        return ops.reshape(super().lr_adjust(matrix), x.shape)


def _columns(kernel: Any) -> int:
    return int(kernel.shape[-1])
