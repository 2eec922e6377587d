"""Keeping a recommender in a folder, and taking it out again: Keras files, JSON and plain arrays, no pickle."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras import parameters
from sora_keras.files import digest, new_folder
from sora_keras.saving import FORMAT, RECIPE
from sora_keras.tasks.recommender_fitting import FittedRecommender

if TYPE_CHECKING:
    from sora_keras.data import Interactions, ItemTable
    from sora_keras.tasks.recommender import Recommender

_CORE, _LOG, _ARRAYS = "core.keras", "interactions.npz", "arrays.npz"
_TABLES = {"table": "items.json", "people": "users.json"}
FILES = (_CORE, _LOG)


def save_recommender(recipe: Recommender, path: str | os.PathLike[str], *, overwrite: bool) -> Path:
    """Write `recipe.json`, `core.keras`, `interactions.npz` and what else was learned; all or nothing."""
    fitted = recipe.fitted
    with new_folder(path, overwrite=overwrite, mark=RECIPE) as folder:
        fitted.core.save(folder / _CORE)
        np.savez_compressed(folder / _LOG, **_plain_log(fitted.log))  # type: ignore[arg-type]
        arrays = {"cold": fitted.cold} if fitted.cold is not None else {}
        for name, file in _TABLES.items():
            table = getattr(fitted, name)
            if table is not None:
                (folder / file).write_text(json.dumps(_plain_table(table), ensure_ascii=False), encoding="utf-8")
                arrays[name] = table.features
        if arrays:
            np.savez_compressed(folder / _ARRAYS, **arrays)  # type: ignore[arg-type]
        content = {
            "format": FORMAT,
            "recipe": recipe.name,
            "version": version("sora-keras"),
            "parameters": parameters.to_config(recipe),
            "source": fitted.log.source,
            **{name: getattr(fitted, name) for name in _PLAIN},
            "findings": [asdict(finding) for finding in fitted.findings],
            "training": asdict(fitted.training),
            "digests": {file.name: digest(file) for file in sorted(folder.iterdir())},
        }
        (folder / RECIPE).write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    return Path(path)


_PLAIN = ("encoder", "protocol", "length", "linear", "compared", "fingerprint", "rows", "scores")


def restore_recommender(folder: Path, content: dict[str, Any], recipe: Recommender) -> None:
    """Give a recipe what `save_recommender` kept; the files' digests are checked already."""
    import keras

    import sora_keras.layers.all  # noqa: F401  (registers the classes that the files name)
    from sora_keras.data import Finding
    from sora_keras.training import TrainingRecord

    log = _log(folder / _LOG, content["source"])
    arrays = dict(np.load(folder / _ARRAYS)) if (folder / _ARRAYS).exists() else {}
    tables = {
        name: _table(json.loads((folder / file).read_text(encoding="utf-8")), arrays[name])
        for name, file in _TABLES.items()
        if (folder / file).exists()
    }
    items = tables.get("table")
    findings = [Finding(**{**one, "rows": tuple(one["rows"])}) for one in content["findings"]]
    plain = {name: content[name] for name in _PLAIN}
    recipe._fitted = FittedRecommender(  # type: ignore[assignment]
        log=log,
        core=keras.saving.load_model(folder / _CORE, compile=False, safe_mode=True),
        training=TrainingRecord(**content["training"]),
        findings=tuple(findings),
        titles=None if items is None else items.aligned(log.item_ids)[0],
        cold=arrays.get("cold"),
        **{**plain, **tables, "rows": tuple(plain["rows"])},
    )


def _plain_table(table: ItemTable) -> dict[str, Any]:
    return {
        "ids": table.ids.tolist(),
        "titles": None if table.titles is None else table.titles.tolist(),
        "feature_names": table.feature_names,
        "encoding": table.encoding.to_config(),
        "source": table.source,
    }


def _table(config: dict[str, Any], features: np.ndarray) -> ItemTable:
    from sora_keras.data import FeatureEncoding, ItemTable

    ids, titles = (None if config[name] is None else np.array(config[name], object) for name in ("ids", "titles"))
    assert ids is not None
    encoding = FeatureEncoding.from_config(config["encoding"])
    return ItemTable(ids, titles, features, tuple(config["feature_names"]), encoding, config["source"])


def _plain_log(log: Interactions) -> dict[str, np.ndarray]:
    """The log as arrays that need no pickle: ids are one text of UTF-8 each, with where they end."""
    columns = {"items": log.items, "users": log.users, "weights": log.weights, "times": log.times}
    return {
        **{name: values for name, values in columns.items() if values is not None},
        **_plain_ids("user", log.user_ids),
        **_plain_ids("item", log.item_ids),
    }


def _plain_ids(what: str, ids: np.ndarray) -> dict[str, np.ndarray]:
    texts = [str(one).encode() for one in ids]
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
    return {f"{what}_text": np.frombuffer(b"".join(texts), np.uint8), f"{what}_ends": ends}


def _log(file: Path, source: str) -> Interactions:
    from sora_keras.data import Interactions

    with np.load(file, allow_pickle=False) as kept:
        parts: dict[str, Any] = dict(kept)
    for what in ("user", "item"):
        parts[f"{what}_ids"] = _ids(parts.pop(f"{what}_text"), parts.pop(f"{what}_ends"))
    return Interactions(**parts, source=source)


def _ids(text: np.ndarray, ends: np.ndarray) -> np.ndarray:
    whole, begins = text.tobytes(), [0, *ends[:-1]]
    result = np.empty(len(ends), object)
    result[:] = [whole[begin:end].decode() for begin, end in zip(begins, ends)]
    return result
