"""LiteRT with weights of 16 bits, or with integers throughout."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sora_keras.errors import DataError, ExportError
from sora_keras.export.artefact import Artefact, HeldOut
from sora_keras.export.litert import convert, core_input, run_litert, write_preprocessing

KINDS = ("float16", "int8")
_REPRESENTATIVE = 300
_MOST_LOST = 0.05


def write_quantised(artefact: Artefact, folder: Path, kind: str) -> dict[str, Any]:
    """Write `core.tflite`, and measure it beside the float core on examples that were held out.

    `"float16"` keeps the weights in 16 bits. `"int8"` makes weights, activations and kernels whole numbers of 8 bits,
    with scales found on some of the examples (Jacob et al., 2018); the ends stay float32, so that a program calls both
    alike.

    Returns:
        What is also written to `quantized.json`: `quantize`, `rows`, `accuracy`, `float_accuracy`, `agreement` (the
        share of answers that is the same), `figure` (what `accuracy` is), `bytes` and `float_bytes`.

    Raises:
        DataError: there are no examples to measure on. ExportError: it cannot be quantised, or loses more than a
        twentieth of the answers.
    """
    check = artefact.check
    if check is None or not check.numbers:
        raise DataError(
            "quantize= needs examples with answers to measure what is lost, and a loaded recipe keeps none. "
            "Pass them: export(…, data=…), or --data on the command line."
        )
    plain = convert(artefact.core)
    try:
        content = convert(artefact.core, lambda converter: _adjust(converter, kind, artefact.core, check))
    except (ValueError, RuntimeError) as error:
        said = str(error).strip().splitlines() or [repr(error)]
        raise ExportError(f"LiteRT cannot make {kind} of this core: {said[0][:300]}. Nothing was exported.") from error
    (folder / "core.tflite").write_bytes(content)
    write_preprocessing(artefact, folder)
    facts = {"quantize": kind, **_measured(plain, content, check)}
    if facts["float_accuracy"] - facts["accuracy"] > _MOST_LOST:
        raise ExportError(
            f"The {kind} core has the {facts['figure']} {facts['accuracy']:.3f} on {facts['rows']:,} examples, the "
            f"float core {facts['float_accuracy']:.3f}. Nothing was exported."
        )
    (folder / "quantized.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
    return facts


def _adjust(converter: Any, kind: str, core: Any, check: HeldOut) -> None:
    import tensorflow as tf

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
        return
    spec = core_input(core, batch=1)
    step = max(1, len(check.numbers) // _REPRESENTATIVE)

    def some() -> Iterator[list[np.ndarray]]:
        for numbers in check.numbers[::step]:
            yield [numbers.astype(spec.dtype.as_numpy_dtype)]

    converter.representative_dataset = some
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]


def _measured(plain: bytes, content: bytes, check: HeldOut) -> dict[str, Any]:
    expected, found = (run_litert(one, check.numbers) for one in (plain, content))
    return {
        "rows": len(check.numbers),
        "accuracy": check.accuracy(found),
        "float_accuracy": check.accuracy(expected),
        "agreement": check.agreement(found, expected),
        "figure": check.figure,
        "bytes": len(content),
        "float_bytes": len(plain),
    }
