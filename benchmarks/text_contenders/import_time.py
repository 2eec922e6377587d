"""Seconds of `import sora_keras` in fresh processes, and whether it loaded TensorFlow."""

import json
import statistics
import subprocess
import sys

from figure import figure_options, print_figures

HEAVY = ("tensorflow", "keras", "sklearn", "pandas", "pyarrow", "matplotlib")
PROGRAM = f"""
import json, sys, time
started = time.perf_counter()
import sora_keras
seconds = time.perf_counter() - started
print(json.dumps([seconds, [name for name in {HEAVY} if name in sys.modules]]))
"""


def main() -> None:
    """Runs the import in one process after another."""
    options = figure_options()
    runs = [import_once() for _ in range(3 if options.quick else 10)]
    seconds = [run[0] for run in runs]
    print_figures(
        median_seconds=statistics.median(seconds),
        slowest_seconds=max(seconds),
        runs=len(runs),
        heavy_modules_loaded=runs[0][1],
    )


def import_once() -> tuple[float, list[str]]:
    """Returns the seconds of one fresh import, and the heavy modules that came with it."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    seconds, heavy = json.loads(done.stdout)
    return seconds, heavy


if __name__ == "__main__":
    main()
