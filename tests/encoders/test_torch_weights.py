"""A weights file gives tensors, and nothing in it is ever run."""

from __future__ import annotations

import os
import pickle
import struct
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sora_keras.encoders.torch_weights import read_torch_weights
from sora_keras.errors import DataError

MAGIC = 0x1950A86A20F9469CFC6C


class Storage:
    """Pickled as PyTorch does: by a name that is no part of the pickle."""

    def __init__(self, kind: str, key: str, count: int) -> None:
        self.kind, self.key, self.count = kind, key, count


class Name:
    """Pickled as a name to be looked up, of a module that is not installed here."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class Tensor:
    def __init__(self, storage: Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.parts = (storage, offset, shape, strides, False, OrderedDict())


class Writer(pickle._Pickler):  # type: ignore[name-defined]  (the one in C cannot write names it has not got)
    def save(self, item: Any, save_persistent_id: bool = True) -> None:
        if isinstance(item, Name):
            self.write(f"c{item.module}\n{item.name}\n".encode())
        elif isinstance(item, Tensor):
            self.save(Name("torch._utils", "_rebuild_tensor_v2"))
            self.save(item.parts)
            self.write(b"R")
        else:
            super().save(item, save_persistent_id)

    def persistent_id(self, item: Any) -> Any:
        if isinstance(item, Storage):
            return ("storage", Name("torch", item.kind), item.key, "cpu", item.count, None)
        return None


def write(path: Path, state: Any, storages: dict[str, np.ndarray]) -> Path:
    with path.open("wb") as file:
        for part in (MAGIC, 1001, {"little_endian": True}):
            pickle.dump(part, file, 2)
        Writer(file, 2).dump(state)
        pickle.dump(list(storages), file, 2)
        for values in storages.values():
            file.write(struct.pack("<q", values.size) + values.tobytes())
    return path


def test_tensors_come_in_the_order_that_they_were_in(tmp_path: Path) -> None:
    values = np.arange(12, dtype="<f4")
    storage, count = Storage("FloatStorage", "a", 12), Storage("LongStorage", "b", 1)
    state = OrderedDict(
        straight=Tensor(storage, 0, (3, 4), (4, 1)),
        turned=Tensor(storage, 0, (4, 3), (1, 4)),
        part=Tensor(storage, 4, (4,), (1,)),
        count=Tensor(count, 0, (), ()),
    )
    found = read_torch_weights(write(tmp_path / "w.pth", state, {"a": values, "b": np.array([7], "<i8")}))
    assert np.array_equal(found["straight"], values.reshape(3, 4))
    assert np.array_equal(found["turned"], values.reshape(3, 4).T)
    assert np.array_equal(found["part"], values[4:8])
    assert found["count"] == 7


class Evil:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


def test_a_file_that_names_code_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    made = tmp_path / "made"
    path = write(tmp_path / "evil.pth", OrderedDict(weight=Evil(made)), {})
    with pytest.raises(DataError, match=r"mkdir, which is no tensor"):
        read_torch_weights(path)
    assert not made.exists()


@pytest.mark.parametrize(
    "shape, strides, offset", [((20,), (1,), 0), ((4,), (1,), 10), ((2,), (-1,), 5), ((4,), (9,), 0)]
)
def test_a_tensor_outside_its_storage_is_refused(
    tmp_path: Path, shape: tuple[int, ...], strides: tuple[int, ...], offset: int
) -> None:
    tensor = Tensor(Storage("FloatStorage", "a", 12), offset, shape, strides)
    path = write(tmp_path / "w.pth", OrderedDict(weight=tensor), {"a": np.zeros(12, "<f4")})
    with pytest.raises(DataError, match="reaches past its storage"):
        read_torch_weights(path)


def test_damaged_and_foreign_files_are_refused(tmp_path: Path) -> None:
    tensor = Tensor(Storage("FloatStorage", "a", 12), 0, (12,), (1,))
    path = write(tmp_path / "w.pth", OrderedDict(weight=tensor), {"a": np.zeros(12, "<f4")})
    whole = path.read_bytes()
    for length in (len(whole) - 5, len(whole) // 2, 20, 0):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match="cannot be read"):
            read_torch_weights(path)
    path.write_bytes(pickle.dumps(3))
    with pytest.raises(DataError, match="no PyTorch file"):
        read_torch_weights(path)
