"""Peak memory of the first thousand steps of an epoch on a made log of 50 million interactions over 1,000,000 items.

The log lies on disk as a folder of Parquet files, in the order of time, as logs are written; a child process trains on
it. Users are drawn uniformly out of 1,000,000; the n-th item has a probability of about 1 / n.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from figure import figure_options, print_figures
from measures import peak_memory_mb
from step_ratio import BATCH, training_network

ROWS, ITEMS, USERS, FILE_ROWS, STEPS = 50_000_000, 1_000_000, 1_000_000, 2_000_000, 1_000
BEGIN, SECONDS_A_ROW = 1_600_000_000, 1.5
LENGTH = 200  # as `Recommender` has it


def main() -> None:
    """Writes the log and trains on it; or, as the child, trains."""
    options = figure_options("folder", "steps")
    if options.folder:
        child(Path(options.folder), int(options.steps), options.seed)
        return
    rows, steps = (400_000, 20) if options.quick else (ROWS, STEPS)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        write_log(Path(folder), rows, options.seed)
        written = time.perf_counter() - began
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
        figures = run_child(Path(folder), steps, options.seed)
    print_figures(rows=rows, items=ITEMS, users=USERS, log_mb=size / 2**20, write_seconds=written, **figures)


def write_log(folder: Path, rows: int, seed: int) -> None:
    """Writes the log in files of two million rows, one in memory at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    random = np.random.default_rng(seed)
    scattered = random.permutation(ITEMS).astype(np.int32)
    for number, start in enumerate(range(0, rows, FILE_ROWS)):
        count = min(FILE_ROWS, rows - start)
        ranks = np.exp(random.uniform(0, np.log(ITEMS), count)).astype(np.int64) - 1
        if number == 0:  # so that every item is there, as far as the rows go
            known = min(count, ITEMS)
            ranks[:known] = np.arange(known)
        table = pa.table(
            {
                "user_id": random.integers(0, USERS, count, np.int32),
                "item_id": scattered[ranks],
                "timestamp": (BEGIN + (start + np.arange(count)) * SECONDS_A_ROW).astype(np.int64),
            }
        )
        pq.write_table(table, folder / f"log-{number:03d}.parquet")


def run_child(folder: Path, steps: int, seed: int) -> dict[str, float]:
    """Trains on the folder in a fresh process and returns what it prints."""
    command = [sys.executable, __file__, "--folder", str(folder), "--steps", str(steps), "--seed", str(seed)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def child(folder: Path, steps: int, seed: int) -> None:
    """Trains and prints the peak memory before and after."""
    import keras  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    import tensorflow  # noqa: F401

    import sora_keras  # noqa: F401

    imports, began = peak_memory_mb(), time.perf_counter()
    train_first_steps(folder, steps, seed)
    seconds = time.perf_counter() - began
    print_figures(imports_mb=imports, peak_mb=peak_memory_mb(), steps=steps, seconds=seconds)


def train_first_steps(folder: Path, steps: int, seed: int) -> None:
    """Reads the log under `folder` and trains the first `steps` steps of an epoch, as fit would."""
    from sora_keras.data import read_interactions
    from sora_keras.training import Feed, cut_windows

    log = read_interactions(str(folder / "*.parquet"))
    network = training_network(log.n_items, LENGTH, seed)
    windows = cut_windows(log, LENGTH)
    feed = Feed(windows, np.zeros(len(windows), np.int32), None, BATCH, seed)
    network.fit(feed.dataset(), steps_per_epoch=steps, epochs=1, shuffle=False, verbose=0)


if __name__ == "__main__":
    main()
