"""The model card: a template filled in with what is known."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any


def model_card(facts: dict[str, Any], format: str) -> str:
    """Markdown after Mitchell et al. (2019), "Model Cards for Model Reporting".

    Args:
        facts: `recipe`, `encoder`, `classes`, `rows` (training, validation), `fingerprint`, `training`, `findings`
            (messages), `scores` (of the last `evaluate`, may be empty), `licence`, `input_name`,
            `numbers` (the name of the second signature, or None); `quantized` where it is.
        format: what was exported.
    """
    from sora_keras.pages import render

    versions = {name: version(name) for name in ("tensorflow", "keras", "scikit-learn", "numpy")}
    versions["python"] = platform.python_version()
    return render("export", "card.md", **facts, format=format, versions=versions)
