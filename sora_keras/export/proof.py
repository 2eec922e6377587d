"""The proof that an artefact answers as the recipe does."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from sora_keras.errors import ExportError
from sora_keras.export.artefact import Artefact

TOLERANCE = 1e-4

# Runs by itself, in a process that knows TensorFlow alone.
_ANSWER = """
import base64, json, sys
import numpy as np
import tensorflow as tf
loaded = tf.saved_model.load(sys.argv[1])
given = json.load(open(sys.argv[2], encoding="utf-8"))
plain = {}
for signature, (name, kind, items) in given.items():
    if kind == "bytes":
        items = tf.constant([base64.b64decode(item) for item in items], tf.string)
    elif kind == "text":
        items = tf.constant(items, tf.string)
    else:
        items = tf.constant(np.load(items))
    outputs = loaded.signatures[signature](**{name: items})
    plain[signature] = {}
    for output, value in outputs.items():
        value = value.numpy()
        text = value.dtype == object
        plain[signature][output] = np.char.decode(value.astype(bytes), "utf-8").tolist() if text else value.tolist()
assert not any(name.partition(".")[0] in ("sora_keras", "keras_hub", "tensorflow_text") for name in sys.modules)
json.dump(plain, open(sys.argv[3], "w", encoding="utf-8"))
"""


def prove_saved_model(artefact: Artefact, version: Path) -> None:
    """Load the SavedModel in a fresh process that imports TensorFlow alone, and compare its answers.

    Raises:
        ExportError: it does not load there, or answers otherwise.
    """
    import tensorflow as tf

    items = artefact.samples.tolist()
    kept = version.parent / "numbers.npy"
    expected = {"serving_default": artefact.pipeline(tf.constant(items, tf.string), training=False)}
    asked: dict[str, tuple[str, str, Any]] = {
        "serving_default": (artefact.input_name, "bytes", [base64.b64encode(item).decode() for item in items])
    }
    if artefact.numbers_name:
        numbers = artefact.preprocessing(tf.constant(items, tf.string)).numpy().astype(np.float32)
        np.save(kept, numbers)
        expected[artefact.numbers_name] = artefact.answer_numbers(tf.constant(numbers))
        asked[artefact.numbers_name] = (artefact.numbers_name, "numbers", str(kept))
    answers = answers_alone(version, asked)
    kept.unlink(missing_ok=True)
    for signature, answer in answers.items():
        wanted = {name: value.numpy() for name, value in expected[signature].items()}
        compare(wanted, answer, f"SavedModel (signature {signature})", artefact.tolerances)


def answers_alone(version: Path, asked: dict[str, tuple[str, str, Any]]) -> dict[str, dict[str, Any]]:
    """What a SavedModel answers in a fresh process that imports TensorFlow alone, by signature and output.

    Args:
        asked: for each signature the name of its input, `"bytes"` (a list in base64), `"text"` (strings in lists) or
            `"numbers"` (the path of a .npy file), and the items.

    Raises:
        ExportError: it does not run there.
    """
    given, answered = (version.parent / name for name in ("items.json", "answers.json"))
    given.write_text(json.dumps(asked), encoding="utf-8")
    command = [sys.executable, "-I", "-c", _ANSWER, str(version), str(given), str(answered)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise ExportError(
            "The exported SavedModel does not run in a process with TensorFlow alone, so nothing was "
            f"exported. It said: {_last_line(done.stderr)}"
        )
    answers: dict[str, dict[str, Any]] = json.loads(answered.read_text(encoding="utf-8"))
    for file in (given, answered):
        file.unlink()
    return answers


def compare(
    expected: dict[str, np.ndarray], answers: dict[str, Any], what: str, tolerances: dict[str, float] | None = None
) -> None:  # fmt: skip
    """Raise `ExportError` unless every output agrees: strings exactly, numbers within `TOLERANCE` or its own."""
    for name, wanted in expected.items():
        if name not in answers:
            raise ExportError(f"The exported {what} has no output {name!r}; nothing was exported.")
        allowed = (tolerances or {}).get(name, TOLERANCE)
        if wanted.dtype == object:
            agrees = np.char.decode(wanted.astype(bytes), "utf-8").tolist() == answers[name]
            worst = "a text differs"
        else:
            answered = np.asarray(answers[name], np.float64).reshape(wanted.shape)
            differs = answered != wanted  # two infinities do not
            difference = np.abs(answered[differs] - wanted[differs])
            agrees = bool((difference <= allowed).all())
            worst = f"the largest difference is {difference.max(initial=0):.2g}"
        if not agrees:
            raise ExportError(
                f"The exported {what} answers otherwise than predict: output {name!r}, {worst}, "
                f"allowed is {allowed}. Nothing was exported."
            )


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "nothing"
