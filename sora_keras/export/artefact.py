"""What is exported, and the one way it is written."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
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
        preprocessing_config: what another program needs to make the core's numbers, JSON-able.
    """

    pipeline: keras.Model
    core: keras.Model
    preprocessing: Any
    input_name: str
    classes: tuple[str, ...]
    samples: np.ndarray
    card: dict[str, Any]
    preprocessing_config: dict[str, Any] = field(default_factory=dict)


def write_artefact(artefact: Artefact, path: str | os.PathLike[str], *, format: str, overwrite: bool = False) -> Path:
    """Write, prove and move into place; a failure leaves nothing behind.

    Args:
        format: `"saved_model"`, `"litert"` or `"onnx"`.

    Returns:
        The folder. A SavedModel lies in its sub-folder `1`, as TensorFlow Serving wants it.

    Raises:
        ParameterError: an unknown format. ExportError: the artefact answers otherwise than the recipe.
        SaveError: it could not be written. MissingExtraError: the format needs an extra.
    """
    from sora_keras.export.card import model_card
    from sora_keras.export.litert import write_litert
    from sora_keras.export.onnx import write_onnx
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
    with new_folder(path, overwrite=overwrite, mark=_MARK) as folder:
        writers[format](artefact, folder)
        (folder / _MARK).write_text(json.dumps(list(artefact.classes), ensure_ascii=False, indent=1), encoding="utf-8")
        (folder / "README.md").write_text(model_card(artefact.card, format), encoding="utf-8")
    return Path(path)
