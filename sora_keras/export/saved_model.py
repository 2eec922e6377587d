"""A SavedModel of core TensorFlow ops: raw input in, named answers out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sora_keras.export.artefact import Artefact
from sora_keras.export.proof import prove_saved_model
from sora_keras.quiet import quiet_tensorflow


def write_saved_model(artefact: Artefact, folder: Path) -> None:
    """Write the version folder `1` and prove it in a fresh process.

    Signature `serving_default`: `input_name` (batch,) strings to `label` (batch,) strings, `score` (batch,)
    and `probabilities` (batch, classes) float32.
    """
    import tensorflow as tf

    labels = folder / "labels.txt"
    labels.write_text("".join(f"{name}\n" for name in artefact.classes), encoding="utf-8")
    module = _servable(artefact, labels)
    version = folder / "1"
    with quiet_tensorflow():
        tf.saved_model.save(module, str(version), signatures={"serving_default": module.answer})
    labels.unlink()
    prove_saved_model(artefact, version)


def _servable(artefact: Artefact, labels: Path) -> Any:
    import tensorflow as tf

    pipeline = artefact.pipeline
    signature = [tf.TensorSpec([None], tf.string, name=artefact.input_name)]

    def answer(items: tf.Tensor) -> dict[str, tf.Tensor]:
        return dict(pipeline(items, training=False))

    module = tf.Module()
    module.answer = tf.function(answer, input_signature=signature, autograph=False)
    module.labels = tf.saved_model.Asset(str(labels))
    traced = module.answer.get_concrete_function()
    # Only what the graph reads: the vocabulary also stands in its look-up table.
    read = {id(handle) for handle in traced.captured_inputs}
    module.weights = [v.value for v in pipeline.variables if id(v.value.handle) in read]
    tables = (getattr(layer, "table", None) for layer in pipeline._flatten_layers())
    module.tables = [table for table in tables if table is not None]
    return module
