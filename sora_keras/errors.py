"""Every error that Sora Keras raises on purpose: one tree, so that `except SoraError` is enough."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable
from types import ModuleType


class SoraError(Exception):
    """A mistake that the user can mend; the message says what, where and how."""


class DataError(SoraError, ValueError):
    """The data cannot be used as it is."""


class ParameterError(SoraError, ValueError):
    """A parameter has a value outside its range."""


class ArgumentTypeError(SoraError, TypeError):
    """An argument has a type that is not taken there."""


class NotFoundError(SoraError, FileNotFoundError):
    """A file or folder is not there."""


class NotFittedError(SoraError, ValueError, AttributeError):
    """The recipe was asked for what only `fit` gives."""


class MissingExtraError(SoraError, ImportError):
    """An optional package is not installed."""


class SaveError(SoraError, OSError):
    """Saving, loading or writing failed; nothing half-written is left."""


class ExportError(SoraError, RuntimeError):
    """An exported artefact does not answer as the recipe does."""


def nearest(name: str, options: Iterable[str]) -> str:
    """A sentence naming the closest of `options`, or nothing when none is close."""
    close = difflib.get_close_matches(str(name), [str(option) for option in options], n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def require(module: str, extra: str) -> ModuleType:
    """Import an optional `module`.

    Raises:
        MissingExtraError: the module is not installed; names the extra to install.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise MissingExtraError(
            f"This needs the package {package!r}, which is not installed. "
            f'Install it with: pip install "sora-keras[{extra}]"'
        ) from error
