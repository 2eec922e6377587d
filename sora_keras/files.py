"""Writing so that nothing is lost: beside the place first, then moved in."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sora_keras.errors import ParameterError, SaveError, SoraError


@contextmanager
def new_folder(path: str | os.PathLike[str], *, overwrite: bool = False, mark: str | None = None) -> Iterator[Path]:
    """A folder to fill; it becomes `path` when the block ends well, and leaves no trace otherwise.

    Args:
        overwrite: replace a folder that is there.
        mark: a file that every folder of the kind holds; one with other things is not replaced all the same.

    Raises:
        SaveError: `path` exists and must not be replaced, or the disk refused (full, no permission).
    """
    target = Path(path)
    if overwrite and target.exists():
        _check_replaceable(target, mark)
    with _replacing(target, overwrite) as working:
        working.mkdir()
        yield working


@contextmanager
def new_file(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """As `new_folder`, for one file: write to the path that is given."""
    if Path(path).is_dir():
        raise SaveError(f"{path} is a folder. Choose the path of a file.")
    with _replacing(Path(path), overwrite) as working:
        yield working


def write_as(
    path: str | os.PathLike[str], makers: Mapping[str, Callable[[], str | bytes]], *, overwrite: bool = False
) -> Path:  # fmt: skip
    """Write what the path's ending asks for.

    Args:
        makers: by ending, such as `".html"`, what gives the content.

    Raises:
        ParameterError: another ending. SaveError: the path exists and `overwrite` is false, or the disk refused.
    """
    suffix = Path(path).suffix.lower()
    make = makers.get(".html" if suffix == ".htm" else suffix)
    if make is None:
        raise ParameterError(f"path must end in {' or '.join(makers)}. Received: {str(path)!r}")
    content = make()
    with new_file(path, overwrite=overwrite) as file:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return Path(path)


def _check_replaceable(target: Path, mark: str | None) -> None:
    if not target.is_dir():
        raise SaveError(f"{target} is a file. Choose the path of a folder.")
    if mark is not None and any(target.iterdir()) and not (target / mark).exists():
        raise SaveError(
            f"{target} holds other things: it has no {mark}, so it was not made here and is not replaced, "
            "overwrite=True or not. Choose another folder, or delete it yourself."
        )


@contextmanager
def _replacing(target: Path, overwrite: bool) -> Iterator[Path]:
    staging: Path | None = None
    made: list[Path] = []
    try:
        if target.exists() and not overwrite:
            raise SaveError(f"{target} exists. Choose another path, or pass overwrite=True.")
        made = [folder for folder in target.parents if not folder.exists()]
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        working = staging / target.name
        yield working
        _move_in(working, target, staging)
    except SoraError:
        raise
    except OSError as error:
        raise SaveError(
            f"Could not write {target}: {error.strerror or error}. Nothing was changed there; "
            "check free space and permissions, or choose another path."
        ) from error
    finally:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
        _remove_empty(made)


def _move_in(working: Path, target: Path, staging: Path) -> None:
    old = staging / "replaced"
    if target.exists():
        os.replace(target, old)
    try:
        os.replace(working, target)
    except OSError:
        if old.exists():
            os.replace(old, target)
        raise


def _remove_empty(folders: list[Path]) -> None:
    """Take back folders, innermost first, in which nothing has come to lie."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return


def digest(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def package_folder(module: str) -> Path | None:
    """Where an installed package lies, for the data files in it; it is not imported."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))
