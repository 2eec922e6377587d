"""From a fitted recipe to the parts of an artefact."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.data import object_column
from sora_keras.evaluation import Decision
from sora_keras.export import Artefact, HeldOut, write_artefact

if TYPE_CHECKING:
    from sora_keras.recipe import Recipe

_MEASURED = 2_000  # examples on which a quantised core is measured, at most
_MOST_NUMBERS = 2**26  # that it answers then


def export_recipe(
    recipe: Recipe, path: str | os.PathLike[str], *, format: str, quantize: str | None, data: Any, licence: str,
    intended_use: str, overwrite: bool,
) -> Path:  # fmt: skip
    """Gather what the export room needs, and let it write."""
    fitted = recipe.fitted
    labels = fitted.schema.labels
    classes = () if labels is None else labels.classes
    shown = [*fitted.examples_shown, *recipe.odd_items()]
    artefact = Artefact(
        pipeline=fitted.pipeline,
        core=fitted.core,
        preprocessing=fitted.preprocessing,
        input_name=recipe.input_name,
        classes=classes,
        samples=recipe.raw(object_column(shown)).numpy(),
        card={**_card(recipe, licence, classes), "intended_use": intended_use},
        preprocessing_config=fitted.preprocessing.describe(),
        numbers_name=fitted.core.inputs[0].name if hasattr(fitted.preprocessing, "from_pixels") else None,
        check=None if quantize is None else _held_out(recipe, data),
        decide=lambda output, raw: recipe.named_answers(
            output, raw, fitted.preprocessing, fitted.schema, fitted.decision or Decision()
        ),
        tolerances=recipe.tolerances,
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
    if data is not None:
        examples, _ = recipe.to_train_on(examples)
    if examples is None or not len(examples):
        return None
    most = min(_MEASURED, max(1, _MOST_NUMBERS // math.prod(fitted.core.output_shape[1:])))
    rows = np.random.default_rng(recipe.seed).permutation(len(examples))[:most]
    examples = examples.take(np.sort(rows))
    numbers = recipe.numberer(fitted.preprocessing, fitted.schema)(examples)
    targets = recipe.learned_targets(examples.take(numbers.rows), fitted.schema, fitted.preprocessing)
    gather = numbers.gather()
    dtype = fitted.core.inputs[0].dtype
    each = [gather(np.array([row])).numpy().astype(dtype) for row in range(len(numbers))]
    return HeldOut(each, lambda logits: recipe.share_right(targets, logits), recipe.share_same, recipe.measured_by)


def _lost(folder: Path) -> str:
    facts = json.loads((folder / "quantized.json").read_text(encoding="utf-8"))
    return (
        f"{facts['quantize']}: {facts['figure']} {facts['accuracy']:.4f} on {facts['rows']:,} examples, of the float "
        f"core {facts['float_accuracy']:.4f}; {facts['bytes'] / facts['float_bytes']:.0%} of its size."
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
        **recipe.card_facts(),
    }
