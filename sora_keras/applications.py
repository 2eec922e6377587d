"""Finds the applications of `recipes/`, in a checkout, an editable install and a wheel alike."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sora_keras.errors import NotFoundError, ParameterError, nearest


def applications_folder() -> Path:
    """Where the applications lie.

    Raises:
        NotFoundError: the installation lacks them.
    """
    here = Path(__file__).parent
    # A wheel carries them inside the package; in a checkout they stand beside it.
    for folder in (here / "recipes", here.parent / "recipes"):
        if folder.is_dir():
            return folder
    raise NotFoundError("This installation has no recipes/ folder; install sora-keras again.")


def list_applications() -> dict[str, str]:
    """The applications by name, with the first line of what each says of itself."""
    files = sorted(applications_folder().glob("[a-z]*.py"))
    return {f.stem: f.read_text(encoding="utf-8").split('"""')[1].splitlines()[0] for f in files}


def find_application(name: str) -> Callable[[Any], Any]:
    """The `main(data)` of an application; `data` None means its sample.

    Raises:
        ParameterError: there is none of that name; names the nearest and lists all.
    """
    name = name.replace("-", "_")
    known = list_applications()
    if name not in known:
        raise ParameterError(f"There is no application {name!r}.{nearest(name, known)} Known: {', '.join(known)}.")
    spec = importlib.util.spec_from_file_location(f"sora_keras.recipes.{name}", applications_folder() / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.main
