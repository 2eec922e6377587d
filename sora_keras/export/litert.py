"""LiteRT (formerly TensorFlow Lite) of the numeric core."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.errors import require
from sora_keras.export.artefact import Artefact
from sora_keras.export.proof import compare
from sora_keras.quiet import quiet_tensorflow

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


def write_litert(artefact: Artefact, folder: Path) -> None:
    """Write `core.tflite` and `preprocessing.json`, and compare the core's logits with Keras'.

    The core reads one item's numbers as the preprocessing makes them, (1, …), and gives (1, outputs) float32.
    LiteRT reads no strings, so the preprocessing is described beside it.
    """
    content = convert(artefact.core)
    (folder / "core.tflite").write_bytes(content)
    write_preprocessing(artefact, folder)
    numbers, wanted = sample_numbers(artefact)
    compare({"logits": wanted}, {"logits": run_litert(content, numbers)}, "LiteRT core", artefact.tolerances)


def convert(core: keras.Model, adjust: Callable[[Any], None] = lambda converter: None) -> bytes:
    """The core as a LiteRT file; `adjust` is given the `tf.lite.TFLiteConverter` before it runs."""
    import tensorflow as tf

    copy = inference_copy(core)
    spec = core_input(core, batch=1)
    traced = tf.function(lambda numbers: copy(numbers, training=False), input_signature=[spec], autograph=False)
    # Named with its model, as TensorFlow recommends, the converter leaves the weights out.
    with quiet_tensorflow(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Statistics for quantized inputs", category=UserWarning)
        converter = tf.lite.TFLiteConverter.from_concrete_functions([traced.get_concrete_function()])
        adjust(converter)
        return bytes(converter.convert())


def run_litert(content: bytes, numbers: list[np.ndarray]) -> np.ndarray:
    """The logits (items, outputs) of a LiteRT file for each item's numbers, (1, …)."""
    interpreter = require("ai_edge_litert.interpreter", "litert").Interpreter(model_content=content)
    place = interpreter.get_input_details()[0]["index"]
    answers = []
    for row in numbers:
        interpreter.resize_tensor_input(place, row.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(place, row)
        interpreter.invoke()
        answers.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
    return np.concatenate(answers)


def core_input(core: keras.Model, *, batch: int | None) -> tf.TensorSpec:
    """The shape and type of what the core reads, and its name."""
    import tensorflow as tf

    numbers = core.inputs[0]
    return tf.TensorSpec([batch, *numbers.shape[1:]], numbers.dtype, name=numbers.name)


def inference_copy(core: keras.Model) -> keras.Model:
    """The core with every dropout at 0: Keras keeps the random state of some in the graph even where it is idle."""
    copy = type(core).from_config(_without_dropout(core.get_config()))
    copy.set_weights(core.get_weights())
    return copy


def _without_dropout(config: Any) -> Any:
    if isinstance(config, dict):
        return {
            key: 0.0
            if key in ("dropout", "recurrent_dropout") and isinstance(value, float)
            else _without_dropout(value)
            for key, value in config.items()
        }
    return [_without_dropout(item) for item in config] if isinstance(config, list) else config


def sample_numbers(artefact: Artefact) -> tuple[list[np.ndarray], np.ndarray]:
    """The core's input for each sample, (1, …), and what it answers (samples, outputs)."""
    import tensorflow as tf

    core = artefact.core
    spec = core_input(core, batch=None)
    traced = tf.function(lambda numbers: core(numbers, training=False), input_signature=[spec], autograph=False)
    made = (artefact.preprocessing(tf.constant([item], tf.string)) for item in artefact.samples)
    numbers = [tf.cast(one, spec.dtype).numpy() for one in made]
    return numbers, np.concatenate([traced(row).numpy() for row in numbers])


def write_preprocessing(artefact: Artefact, folder: Path) -> None:
    """Describe, beside a format without strings, how the numbers are made."""
    text = json.dumps(artefact.preprocessing_config, ensure_ascii=False)
    (folder / "preprocessing.json").write_text(text, encoding="utf-8")
