"""Reading the tensors of a PyTorch weights file, and nothing else that such a file might hold."""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from sora_keras.errors import DataError

_MAGIC = 0x1950A86A20F9469CFC6C  # the first pickle of the format that PyTorch wrote before 1.6
_KINDS: dict[str, np.dtype[Any]] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


def read_torch_weights(path: Path) -> dict[str, np.ndarray]:
    """The tensors of a state dictionary in PyTorch's format before 1.6, by name.

    The file is a chain of pickles, which may name any code to run. Here names are looked up in a list of four, of which
    none does more than make an array, so that a file with another name in it is refused before anything happens.

    Raises:
        DataError: the file is damaged, of another format, or names anything but tensors.
    """
    try:
        with path.open("rb") as file:
            if _load(file) != _MAGIC:
                raise DataError(f"{path} is no PyTorch file of the format before 1.6.")
            _load(file), _load(file)  # the format's version and the writer's system
            reader = _TensorsOnly(file)
            made = reader.load()
            arrays = {str(key): _storage(file, reader.kinds[str(key)]) for key in _load(file)}
        return {str(name): tensor.of(arrays) for name, tensor in made.items() if isinstance(tensor, _Tensor)}
    except (pickle.UnpicklingError, EOFError, ValueError, KeyError, AttributeError, TypeError, struct.error) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"The weights in {path} cannot be read: {error!r}. Install the package again.") from error


class _Tensor:
    """Where a tensor lies in a storage; made where the file says `_rebuild_tensor_v2`."""

    def __init__(self, storage: str, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any) -> None:
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides

    def of(self, arrays: dict[str, np.ndarray]) -> np.ndarray:
        """The tensor itself, copied; one that reaches past its storage raises `ValueError`."""
        values = arrays[self.storage][self.offset :]
        reach = sum((size - 1) * stride for size, stride in zip(self.shape, self.strides, strict=True))
        if self.offset < 0 or min((*self.shape, *self.strides), default=1) < 0 or reach >= len(values):
            raise ValueError("a tensor reaches past its storage")
        strides = tuple(stride * values.itemsize for stride in self.strides)
        return np.lib.stride_tricks.as_strided(values, self.shape, strides, writeable=False).copy()


class _TensorsOnly(pickle.Unpickler):
    """An unpickler that knows no names but those of tensors."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.kinds: dict[str, np.dtype[Any]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Tensor
        if module == "torch" and name in _KINDS:
            return name
        raise pickle.UnpicklingError(f"it names {module}.{name}, which is no tensor")

    def persistent_load(self, given: Any) -> str:
        kind, key = given[1], str(given[2])
        self.kinds[key] = _KINDS[kind]
        return key


def _load(file: BinaryIO) -> Any:
    return _TensorsOnly(file).load()


def _storage(file: BinaryIO, kind: np.dtype[Any]) -> np.ndarray:
    (count,) = struct.unpack("<q", file.read(8))
    values = np.frombuffer(file.read(count * kind.itemsize), kind)
    if len(values) != count:
        raise EOFError("it ends too early")
    return values
