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

    return render("export", "card.md", **facts, format=format, versions=_versions())


def recommender_card(facts: dict[str, Any]) -> str:
    """The same for a recommender.

    Args:
        facts: `encoder`, `items`, `users`, `k`, `rows` (interactions to train and to choose by), `protocol`, `unknown`,
            `similar` (whether it has that signature), and `fingerprint`, `training`, `findings`, `scores`, `licence`,
            `intended_use` as in `model_card`.
    """
    from sora_keras.pages import render

    return render("export", "recommender_card.md", **facts, versions=_versions())


def _versions() -> dict[str, str]:
    versions = {name: version(name) for name in ("tensorflow", "keras", "scikit-learn", "numpy")}
    return {**versions, "python": platform.python_version()}
