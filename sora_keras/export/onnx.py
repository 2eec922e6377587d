"""ONNX of the numeric core."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sora_keras.errors import require
from sora_keras.export.artefact import Artefact
from sora_keras.export.litert import core_input, inference_copy, sample_numbers, write_preprocessing
from sora_keras.export.proof import compare


def write_onnx(artefact: Artefact, folder: Path) -> None:
    """Write `core.onnx` and `preprocessing.json`, and compare the core's logits, run by ONNX Runtime.

    The core reads numbers as the preprocessing makes them, (batch, …) under their name (`ids` for texts), and gives
    `logits` (batch, outputs) float32. A graph with strings makes an invalid ONNX file, so the preprocessing is
    described beside it.
    """
    import tensorflow as tf

    tf2onnx, runtime = require("tf2onnx", "onnx"), require("onnxruntime", "onnx")
    core = inference_copy(artefact.core)
    spec = core_input(artefact.core, batch=None)
    answer = tf.function(
        lambda numbers: {"logits": core(numbers, training=False)}, input_signature=[spec], autograph=False
    )
    target = folder / "core.onnx"
    tf2onnx.convert.from_function(answer, [spec], opset=17, output_path=str(target))
    write_preprocessing(artefact, folder)
    session = runtime.InferenceSession(str(target), providers=["CPUExecutionProvider"])
    numbers, wanted = sample_numbers(artefact)
    answers = np.concatenate([session.run(None, {spec.name: row})[0] for row in numbers])
    compare({"logits": wanted}, {"logits": answers}, "ONNX core", artefact.tolerances)
