"""What is exported, and the one way it is written."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.errors import ParameterError, nearest
from sora_keras.files import new_folder

if TYPE_CHECKING:
    import keras


_MARK = "labels.json"


@dataclass(frozen=True, eq=False)
class Artefact:
    """The parts of a fitted recipe that an export is made of; no recipe is needed.

    Args:
        pipeline: from raw input to named outputs. core: from numbers to logits.
        preprocessing: the layer between them. input_name: what the raw input is called.
        classes: the labels in the order of the probabilities.
        samples: some raw items, (items,) bytes, on which the artefact is proved.
        card: facts for the model card, see `sora_keras.export.card`.
        numbers_name: what the numbers are called that the core reads, where another program may well hold them; the
            preprocessing's `from_pixels` then brings them to the core's shape.
        check: examples that were held out, on which a quantised core is measured; None where there are none.
        preprocessing_config: what another program needs to make the core's numbers, JSON-able.
        decide: from the core's output and the items, raw or as those numbers, to the pipeline's outputs.
        tolerances: how much of which output may differ, where `sora_keras.export.proof.TOLERANCE` asks too much.
    """

    pipeline: keras.Model
    core: keras.Model
    preprocessing: Any
    input_name: str
    classes: tuple[str, ...]
    samples: np.ndarray
    card: dict[str, Any]
    preprocessing_config: dict[str, Any] = field(default_factory=dict)
    numbers_name: str | None = None
    check: HeldOut | None = None
    decide: Callable[[Any, Any], dict[str, Any]] | None = None
    tolerances: dict[str, float] = field(default_factory=dict)

    def answer_numbers(self, numbers: Any) -> dict[str, Any]:
        """What the pipeline answers, from such numbers as `numbers_name` names."""
        assert self.decide is not None
        return dict(self.decide(self.core(self.preprocessing.from_pixels(numbers), training=False), numbers))


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Examples as numbers, (1, …) each, and how a core that answers logits (examples, …) is measured on them.

    accuracy: how good the logits are, 0 to 1; agreement: how many answers from some logits and from others are the
    same, as a share; figure: what `accuracy` is called.
    """

    numbers: list[np.ndarray]
    accuracy: Callable[[np.ndarray], float]
    agreement: Callable[[np.ndarray, np.ndarray], float]
    figure: str = "accuracy"


def write_artefact(
    artefact: Artefact, path: str | os.PathLike[str], *, format: str, quantize: str | None = None,
    overwrite: bool = False,
) -> Path:  # fmt: skip
    """Write, prove and move into place; a failure leaves nothing behind.

    Args:
        format: `"saved_model"`, `"litert"` or `"onnx"`.
        quantize: of LiteRT, `"float16"` or `"int8"`.

    Returns:
        The folder. A SavedModel lies in its sub-folder `1`, as TensorFlow Serving wants it.

    Raises:
        ParameterError: an unknown format or quantisation, or one that does not go with the other.
        ExportError: the artefact answers otherwise than the recipe.
        SaveError: it could not be written. MissingExtraError: the format needs an extra.
    """
    from sora_keras.export.card import model_card
    from sora_keras.export.litert import write_litert
    from sora_keras.export.onnx import write_onnx
    from sora_keras.export.quantised import KINDS, write_quantised
    from sora_keras.export.saved_model import write_saved_model

    writers: dict[str, Callable[[Artefact, Path], None]] = {
        "saved_model": write_saved_model,
        "litert": write_litert,
        "onnx": write_onnx,
    }
    if format not in writers:
        raise ParameterError(
            f"format must be one of {', '.join(writers)}.{nearest(format, writers)} Received: {format!r}"
        )
    if quantize is not None and (format != "litert" or quantize not in KINDS):
        raise ParameterError(
            f"quantize must be None, or {' or '.join(KINDS)} with format='litert'. "
            f"Received: quantize={quantize!r}, format={format!r}"
        )
    with new_folder(path, overwrite=overwrite, mark=_MARK) as folder:
        if quantize is None:
            writers[format](artefact, folder)
        else:
            artefact = replace(
                artefact, card={**artefact.card, "quantized": write_quantised(artefact, folder, quantize)}
            )
        (folder / _MARK).write_text(json.dumps(list(artefact.classes), ensure_ascii=False, indent=1), encoding="utf-8")
        (folder / "README.md").write_text(model_card(artefact.card, format), encoding="utf-8")
    return Path(path)
