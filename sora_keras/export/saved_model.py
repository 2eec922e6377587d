"""A SavedModel of core TensorFlow ops: raw input in, named answers out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sora_keras.export.artefact import Artefact
from sora_keras.export.proof import prove_saved_model
from sora_keras.quiet import quiet_tensorflow


def write_saved_model(artefact: Artefact, folder: Path) -> None:
    """Write the version folder `1` and prove it in a fresh process.

    Signature `serving_default`: `input_name` (batch,) strings to the pipeline's outputs, of a classifier `label`
    (batch,) strings, `score` (batch,) and `probabilities` (batch, classes) float32. Where the artefact names its
    numbers, a second signature of that name takes those: for pictures `pixels` (batch, height, width, 1 or 3) float32
    from 0 to 255, of any size.
    """
    import tensorflow as tf

    labels = folder / "labels.txt"
    labels.write_text("".join(f"{name}\n" for name in artefact.classes), encoding="utf-8")
    module = _servable(artefact, labels)
    signatures = {"serving_default": module.answer}
    if artefact.numbers_name:
        module.answer_numbers = _of_numbers(artefact)
        signatures[artefact.numbers_name] = module.answer_numbers
    version = folder / "1"
    with quiet_tensorflow():
        tf.saved_model.save(module, str(version), signatures=signatures)
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


def _of_numbers(artefact: Artefact) -> Any:
    import tensorflow as tf

    spec = tf.TensorSpec([None, None, None, None], tf.float32, name=artefact.numbers_name)

    def answer(pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        return artefact.answer_numbers(pixels)

    return tf.function(answer, input_signature=[spec], autograph=False)
