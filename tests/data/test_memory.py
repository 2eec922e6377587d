from __future__ import annotations

import pytest

from sora_keras.data.memory import free_memory, parse_memory
from sora_keras.errors import ParameterError


@pytest.mark.parametrize(
    ("memory", "size"), [(1024, 1024), ("512MB", 512 * 2**20), ("1.5 gb", 3 * 2**29), ("7", 7), (0, 0)]
)
def test_sizes_are_read(memory: int | str, size: int) -> None:
    assert parse_memory(memory) == size


def test_auto_is_a_share_of_what_is_free() -> None:
    assert 0 < parse_memory("auto") < free_memory()


@pytest.mark.parametrize("memory", ["lots", "-1MB", -5, True, None, 1.5])
def test_other_sizes_are_refused(memory: object) -> None:
    with pytest.raises(ParameterError, match="memory must be bytes"):
        parse_memory(memory)  # type: ignore[arg-type]
