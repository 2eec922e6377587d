"""Filling in templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def render(
    room: str, template: str, *, filters: Mapping[str, Callable[..., Any]] | None = None, **values: Any
) -> str:  # fmt: skip
    """Fill in a template of `sora_keras.<room>`; HTML may extend `base.html`, which has the head of every page.

    Args:
        filters: further filters that the template uses.
        values: what the template names. HTML escapes them but for `markupsafe.Markup`.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, select_autoescape

    loader = ChoiceLoader([PackageLoader(f"sora_keras.{room}"), PackageLoader("sora_keras.pages")])
    environment = Environment(
        loader=loader, autoescape=select_autoescape(["html"]), trim_blocks=True, lstrip_blocks=True
    )  # fmt: skip
    environment.filters.update(filters or {})
    return environment.get_template(template).render(values)
