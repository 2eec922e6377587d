"""LiteRT (formerly TensorFlow Lite) of the numeric core."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from sora_keras.export.artefact import Artefact
from sora_keras.export.proof import compare


def write_litert(artefact: Artefact, folder: Path) -> None:
    """Write `core.tflite` and `preprocessing.json`, and compare the core's logits with Keras'.

    The core reads (1, length) int32 as the preprocessing makes them and gives (1, outputs) float32. LiteRT
    holds no string look-up, so the preprocessing is described beside it.
    """
    import tensorflow as tf

    core = artefact.core
    spec = tf.TensorSpec([1, None], tf.int32, name="ids")
    traced = tf.function(lambda ids: core(ids, training=False), input_signature=[spec])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([traced.get_concrete_function()])
    # Recurrent layers keep their states in lists, which need TensorFlow's own ops.
    converter.target_spec.supported_ops = [
        tf.lite.OpsSet.TFLITE_BUILTINS,
        tf.lite.OpsSet.SELECT_TF_OPS,
    ]
    content = converter.convert()
    (folder / "core.tflite").write_bytes(content)
    write_preprocessing(artefact, folder)
    numbers = sample_numbers(artefact)
    wanted = np.concatenate([np.asarray(core(row, training=False)) for row in numbers])
    compare({"logits": wanted}, {"logits": _run(content, numbers)}, "LiteRT core")


def _run(content: bytes, numbers: list[np.ndarray]) -> Any:
    import tensorflow as tf

    interpreter = tf.lite.Interpreter(model_content=content)
    place = interpreter.get_input_details()[0]["index"]
    answers = []
    for row in numbers:
        interpreter.resize_tensor_input(place, row.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(place, row)
        interpreter.invoke()
        answers.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
    return np.concatenate(answers)


def sample_numbers(artefact: Artefact) -> list[np.ndarray]:
    """The core's input for each sample, (1, length) int32."""
    import tensorflow as tf

    return [artefact.preprocessing(tf.constant([str(item)])).numpy() for item in artefact.samples]


def write_preprocessing(artefact: Artefact, folder: Path) -> None:
    """Describe, beside a format without strings, how the numbers are made."""
    text = json.dumps(artefact.preprocessing_config, ensure_ascii=False)
    (folder / "preprocessing.json").write_text(text, encoding="utf-8")
