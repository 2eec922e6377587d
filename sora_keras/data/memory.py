"""How much memory data may take before it is streamed from disk."""

from __future__ import annotations

import os
import re
from pathlib import Path

from sora_keras.errors import ParameterError

_UNITS = {"": 1, "B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}
_SHARE = 4


def parse_memory(memory: int | str) -> int:
    """Bytes from a number, `"512MB"`, `"2GB"`, or `"auto"`: a quarter of the free memory.

    Raises:
        ParameterError: anything else.
    """
    if memory == "auto":
        return free_memory() // _SHARE
    if isinstance(memory, int) and not isinstance(memory, bool) and memory >= 0:
        return memory
    text = memory.upper() if isinstance(memory, str) else ""
    parts = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?B?)\s*", text)
    if parts is None or parts[2] not in _UNITS:
        raise ParameterError(f"memory must be bytes, a size such as '512MB' or '2GB', or 'auto'. Received: {memory!r}")
    return int(float(parts[1]) * _UNITS[parts[2]])


def free_memory() -> int:
    """Bytes that this process can still take, by the machine and by its container's limit."""
    limits = [_machine(), _container()]
    return min(limit for limit in limits if limit is not None)


def _machine() -> int:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
        return int(text.split("MemAvailable:")[1].split()[0]) * 1024
    except (OSError, IndexError, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, OSError, ValueError):  # Windows
        return 4 * 2**30


def _container() -> int | None:
    try:
        limit, used = (
            int(Path(f"/sys/fs/cgroup/memory.{name}").read_text(encoding="ascii")) for name in ("max", "current")
        )
    except (OSError, ValueError):  # no such limit, or "max"
        return None
    return max(limit - used, 0)
