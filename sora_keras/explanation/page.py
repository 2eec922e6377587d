"""HTML from templates."""

from __future__ import annotations

from typing import Any


def render(name: str, **values: Any) -> str:
    """Fill in a template of this room; what is passed as `body` is HTML already."""
    from jinja2 import Environment, PackageLoader
    from markupsafe import Markup

    environment = Environment(loader=PackageLoader("sora_keras.explanation"), autoescape=True)
    values["body"] = Markup(values["body"])
    return environment.get_template(name).render(values)
