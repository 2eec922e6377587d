"""From a fitted recipe to the parts of an artefact."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.evaluation import Decision
from sora_keras.export import Artefact, HeldOut, write_artefact

if TYPE_CHECKING:
    from sora_keras.recipe import Recipe

_MEASURED = 2_000  # examples on which a quantised core is measured, at most


def export_recipe(
    recipe: Recipe, path: str | os.PathLike[str], *, format: str, quantize: str | None, data: Any, licence: str,
    intended_use: str, overwrite: bool,
) -> Path:  # fmt: skip
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
        card={**_card(recipe, licence, classes), "intended_use": intended_use},
        preprocessing_config=fitted.preprocessing.describe(),
        numbers_name=fitted.core.inputs[0].name if hasattr(fitted.preprocessing, "from_pixels") else None,
        check=None if quantize is None else _held_out(recipe, data),
    )
    written = write_artefact(artefact, path, format=format, quantize=quantize, overwrite=overwrite)
    if quantize is not None and recipe.verbose:
        print(_lost(written))
    return written


def _held_out(recipe: Recipe, data: Any) -> HeldOut | None:
    """Some of the examples that the user gave, or else of those that chose the weights, as numbers."""
    fitted = recipe.fitted
    examples = fitted.held_out
    if data is not None:
        pair = data if isinstance(data, tuple) else (data, None)
        examples = recipe.read(*pair, schema=fitted.schema)
        examples = examples.take(recipe.usable(examples, fitted.schema))
    if examples is None or not len(examples):
        return None
    rows = np.random.default_rng(recipe.seed).permutation(len(examples))[:_MEASURED]
    examples = examples.take(np.sort(rows))
    numbers = recipe.numberer(fitted.preprocessing, fitted.schema)(examples)
    targets = recipe.targets(examples.take(numbers.rows), fitted.schema)
    gather = numbers.gather()
    dtype = fitted.core.inputs[0].dtype
    each = [gather(np.array([row])).numpy().astype(dtype) for row in range(len(numbers))]
    return HeldOut(each, lambda logits: recipe.share_right(targets, logits))


def _lost(folder: Path) -> str:
    facts = json.loads((folder / "quantized.json").read_text(encoding="utf-8"))
    return (
        f"{facts['quantize']}: right on {facts['accuracy']:.2%} of {facts['rows']:,} examples, the float core on "
        f"{facts['float_accuracy']:.2%}; {facts['bytes'] / facts['float_bytes']:.0%} of its size."
    )


def _card(recipe: Recipe, licence: str, classes: tuple[str, ...]) -> dict[str, Any]:
    fitted = recipe.fitted
    record = fitted.training
    return {
        "recipe": type(recipe).__name__,
        "encoder": fitted.encoder,
        "input_name": recipe.input_name,
        "decision": fitted.decision or Decision(),
        "input_kind": recipe.input_kind,
        "numbers": fitted.core.inputs[0].name if hasattr(fitted.preprocessing, "from_pixels") else None,
        "classes": classes,
        "rows": fitted.rows,
        "fingerprint": fitted.fingerprint,
        "training": f"{record.epochs} passes in {record.seconds:.0f} s; weights of pass {record.best_epoch}; "
        f"ended because: {record.stopped}." + (" Then as many passes over all examples." if record.refitted else ""),
        "findings": [finding.message for finding in fitted.findings],
        "scores": fitted.scores,
        "licence": licence,
    }
