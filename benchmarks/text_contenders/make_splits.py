"""Writes one data set's splits as JSON, so that every contender reads the same rows.

The file holds `{"folds": [{"train": …, "validation": … or null, "test": …}, …]}`; each part
has `text`, `label` and `row`, the row's number after duplicates were removed.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from sklearn.model_selection import RepeatedStratifiedKFold

from sora_keras.data import load_sample

IMDB_TRAIN, IMDB_VALIDATION = 16_000, 4_000
CHINESE_FOLDS, CHINESE_REPEATS = 5, 3
QUICK_ROWS = 500


def main() -> None:
    """Reads the command line, splits and writes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sample", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--quick", action="store_true", help="few rows, for a smoke test")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    texts, labels = unique_rows(options.sample)
    order = np.random.default_rng(options.seed).permutation(len(texts))
    order = order[:QUICK_ROWS] if options.quick else order
    folds = [
        {name: part(texts, labels, rows) for name, rows in fold.items()}
        for fold in SPLITTERS[options.sample](order, labels, options.seed)
    ]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps({"folds": folds}), encoding="utf-8")
    sizes = {name: len(rows["row"]) if rows else 0 for name, rows in folds[0].items()}
    print(json.dumps({"unique_rows": len(texts), "folds": len(folds), **sizes}))


def unique_rows(sample: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns texts and labels of a built-in sample, each text once."""
    examples = load_sample(sample)
    rows = dict(zip(examples.column("text"), examples.column("label"), strict=True))
    return np.array(list(rows), object), np.array([str(label) for label in rows.values()])


def part(texts: np.ndarray, labels: np.ndarray, rows: np.ndarray | None) -> dict | None:
    """Returns the named rows as lists, or None for a part that does not exist."""
    if rows is None:
        return None
    return {"text": texts[rows].tolist(), "label": labels[rows].tolist(), "row": rows.tolist()}


def split_imdb(order: np.ndarray, labels: np.ndarray, seed: int) -> list[dict]:
    """16,000 to train, 4,000 to validate, the rest to test; in proportion when there are fewer."""
    share = min(1.0, len(order) / len(labels))
    train, validation = int(IMDB_TRAIN * share), int(IMDB_VALIDATION * share)
    ends = [train, train + validation]
    return [dict(zip(("train", "validation", "test"), np.split(order, ends), strict=True))]


def split_rotten_tomatoes(order: np.ndarray, labels: np.ndarray, seed: int) -> list[dict]:
    """80 % to train, 20 % to test; who needs validation rows takes them from the 80 %."""
    train, test = np.split(order, [int(0.8 * len(order))])
    return [{"train": train, "validation": None, "test": test}]


def split_chinese(order: np.ndarray, labels: np.ndarray, seed: int) -> list[dict]:
    """Five stratified folds, three times over: some hundred rows are too few for one split."""
    splitter = RepeatedStratifiedKFold(n_splits=CHINESE_FOLDS, n_repeats=CHINESE_REPEATS, random_state=seed)
    return [
        {"train": order[train], "validation": None, "test": order[test]}
        for train, test in splitter.split(order, labels[order])
    ]


SPLITTERS = {
    "imdb": split_imdb,
    "rotten_tomatoes": split_rotten_tomatoes,
    "chinese_subjects": split_chinese,
}

if __name__ == "__main__":
    main()
