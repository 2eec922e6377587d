"""ONNX of the numeric core."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sora_keras.errors import require
from sora_keras.export.artefact import Artefact
from sora_keras.export.litert import inference_copy, sample_numbers, write_preprocessing
from sora_keras.export.proof import compare


def write_onnx(artefact: Artefact, folder: Path) -> None:
    """Write `core.onnx` and `preprocessing.json`, and compare the core's logits, run by ONNX Runtime.

    The core reads `ids` (batch, length) int32 and gives `logits` (batch, outputs) float32. A graph with
    strings makes an invalid ONNX file, so the preprocessing is described beside it.
    """
    import tensorflow as tf

    tf2onnx, runtime = require("tf2onnx", "onnx"), require("onnxruntime", "onnx")
    core = inference_copy(artefact.core)
    spec = tf.TensorSpec([None, None], tf.int32, name="ids")
    traced = tf.function(lambda ids: {"logits": core(ids, training=False)}, input_signature=[spec], autograph=False)
    target = folder / "core.onnx"
    tf2onnx.convert.from_function(traced, [spec], opset=17, output_path=str(target))
    write_preprocessing(artefact, folder)
    session = runtime.InferenceSession(str(target), providers=["CPUExecutionProvider"])
    numbers, wanted = sample_numbers(artefact)
    answers = np.concatenate([session.run(None, {"ids": row})[0] for row in numbers])
    compare({"logits": wanted}, {"logits": answers}, "ONNX core")
