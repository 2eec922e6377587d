"""Time, memory and versions, as every script here measures them."""

import importlib.metadata
import resource
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

WARM_UP_CALLS, LEAST_CALLS, CALLS_SECONDS = 10, 20, 60.0


def peak_memory_mb() -> float:
    """Returns the most memory that this process has held so far, in MB of 2**20 bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Returns the installed version of each distribution."""
    return {name: importlib.metadata.version(name) for name in packages}


def percentile_milliseconds(seconds: Sequence[float], percent: float) -> float:
    """Returns a percentile of call times, in milliseconds."""
    import numpy as np

    return float(np.percentile(seconds, percent)) * 1e3


def time_calls(call: Callable[[Any], object], items: Sequence[Any], calls: int) -> list[float]:
    """Returns the seconds of each call after a warm-up; fewer than `calls` when they are slow."""
    for item in items[:WARM_UP_CALLS]:
        call(item)
    seconds: list[float] = []
    for index in range(calls):
        started = time.perf_counter()
        call(items[index % len(items)])
        seconds.append(time.perf_counter() - started)
        if len(seconds) >= LEAST_CALLS and sum(seconds) > CALLS_SECONDS:
            break
    return seconds
