"""Keeping a fitted recipe in a folder, and taking it out again, without executing what the folder holds."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sora_keras import parameters
from sora_keras.errors import DataError, NotFoundError
from sora_keras.files import digest, new_folder
from sora_keras.fitting import assemble
from sora_keras.task import Fitted

if TYPE_CHECKING:
    from sora_keras.recipe import Recipe

FORMAT = 1
RECIPE = "recipe.json"


def save_recipe(recipe: Recipe, path: str | os.PathLike[str], *, overwrite: bool) -> Path:
    """Write `recipe.json`, `core.keras` and `preprocessing.keras`; all or nothing."""
    import keras

    from sora_keras.evaluation import Decision

    fitted = recipe.fitted
    raw = keras.Input((), dtype="string", name=recipe.input_name)
    preprocessing = keras.Model(raw, fitted.preprocessing(raw))
    with new_folder(path, overwrite=overwrite, mark=RECIPE) as folder:
        fitted.core.save(folder / "core.keras")
        preprocessing.save(folder / "preprocessing.keras")
        content = {
            "format": FORMAT,
            "recipe": recipe.name,
            "version": version("sora-keras"),
            "parameters": parameters.to_config(recipe),
            "schema": fitted.schema.to_config(),
            "encoder": fitted.encoder,
            "findings": [asdict(finding) for finding in fitted.findings],
            "training": asdict(fitted.training),
            "fingerprint": fitted.fingerprint,
            "rows": list(fitted.rows),
            "decision": asdict(fitted.decision or Decision()),
            "scores": fitted.scores,
            "digests": {f.name: digest(f) for f in sorted(folder.glob("*.keras"))},
        }
        text = json.dumps(content, ensure_ascii=False, indent=1)
        (folder / RECIPE).write_text(text, encoding="utf-8")
    return Path(path)


def load_recipe(path: str | os.PathLike[str], find_recipe: Callable[[str], type[Recipe]]) -> Recipe:
    """The recipe that `save_recipe` wrote; see `sora_keras.tasks.load`."""
    folder = Path(path)
    content = _read(folder)
    try:
        return _restore(folder, content, find_recipe(content["recipe"]))
    except (KeyError, TypeError, ValueError, OSError, AttributeError) as error:
        raise DataError(
            f"{folder} cannot be loaded: {str(error).strip().splitlines()[0] if str(error) else error!r}. "
            "It was changed or cut short since it was saved, or it holds layers that are not registered "
            "here: import the module that defines them first."
        ) from error


def _read(folder: Path) -> dict[str, Any]:
    source = folder / RECIPE
    if not source.is_file():
        raise NotFoundError(f"There is no saved recipe at {folder}: {source} is missing.")
    try:
        content = json.loads(source.read_text(encoding="utf-8"))
        stated = dict(content["digests"])
        newest = int(content["format"])
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{source} is damaged: {error!r}. Save the recipe again.") from error
    if newest > FORMAT:
        raise DataError(f"{folder} was saved by a newer sora-keras. Upgrade to load it.")
    for name in ("core.keras", *(name for name in stated if name != "core.keras")):
        file = folder / name
        if not file.is_file():
            raise DataError(f"{folder} is incomplete: {name} is missing. Save the recipe again.")
        if digest(file) != stated.get(name):
            raise DataError(f"{file} was changed or cut short since it was saved. Save the recipe again.")
    return dict(content)


def _restore(folder: Path, content: dict[str, Any], recipe_class: type[Recipe]) -> Recipe:
    recipe = recipe_class(**parameters.from_config(content["parameters"]))
    recipe._restore(folder, content)
    return recipe


def restore_recipe(folder: Path, content: dict[str, Any], recipe: Recipe) -> None:
    """Give a recipe what `save_recipe` kept; the files' digests are checked already."""
    import keras

    import sora_keras.layers.all  # noqa: F401  (registers the classes that the files name)
    from sora_keras.data import Finding, Schema
    from sora_keras.evaluation import Decision
    from sora_keras.training import TrainingRecord

    schema = Schema.from_config(content["schema"])
    core = keras.saving.load_model(folder / "core.keras", compile=False, safe_mode=True)
    reading = keras.saving.load_model(folder / "preprocessing.keras", compile=False, safe_mode=True)
    preprocessing = reading.layers[-1]
    findings = [Finding(**{**f, "rows": tuple(f["rows"])}) for f in content["findings"]]
    decision = Decision(**content.get("decision", {}))
    recipe._fitted = Fitted(
        schema=schema,
        preprocessing=preprocessing,
        core=core,
        pipeline=assemble(recipe, preprocessing, core, schema, decision),
        decision=decision,
        encoder=content["encoder"],
        findings=tuple(findings),
        training=TrainingRecord(**content["training"]),
        fingerprint=content["fingerprint"],
        rows=tuple(content["rows"]),
        scores=content["scores"],
    )
