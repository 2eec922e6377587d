"""From a fitted recipe to the parts of an artefact."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.export import Artefact, write_artefact

if TYPE_CHECKING:
    from sora_keras.recipe import Recipe


def export_recipe(recipe: Recipe, path: str | os.PathLike[str], *, format: str, licence: str, overwrite: bool) -> Path:
    """Gather what the export room needs, and let it write."""
    fitted = recipe.fitted
    labels = fitted.schema.labels
    classes = () if labels is None else labels.classes
    shown = [*fitted.examples_shown, *recipe.odd_items()]
    items = np.empty(len(shown), object)
    items[:] = shown
    artefact = Artefact(
        pipeline=fitted.pipeline,
        core=fitted.core,
        preprocessing=fitted.preprocessing,
        input_name=recipe.input_name,
        classes=classes,
        samples=recipe.raw(items).numpy(),
        card=_card(recipe, licence, classes),
        preprocessing_config=fitted.preprocessing.describe(),
    )
    return write_artefact(artefact, path, format=format, overwrite=overwrite)


def _card(recipe: Recipe, licence: str, classes: tuple[str, ...]) -> dict[str, Any]:
    fitted = recipe.fitted
    record = fitted.training
    return {
        "recipe": type(recipe).__name__,
        "encoder": fitted.encoder,
        "input_name": recipe.input_name,
        "classes": classes,
        "rows": fitted.rows,
        "fingerprint": fitted.fingerprint,
        "training": f"{record.epochs} passes in {record.seconds:.0f} s; weights of pass {record.best_epoch}; "
        f"ended because: {record.stopped}." + (" Then as many passes over all examples." if record.refitted else ""),
        "findings": [finding.message for finding in fitted.findings],
        "scores": fitted.scores,
        "licence": licence,
    }
