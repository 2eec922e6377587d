"""Virtual environments for contenders that cannot share ours."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path


def environment_python(requirements: tuple[str, ...], cache: Path) -> Path:
    """Returns the Python of an environment that holds `requirements`, made if need be.

    Args:
        requirements: what `pip install` is given; empty means the running environment.
        cache: folder under which environments are kept between runs.

    Raises:
        subprocess.CalledProcessError: if the environment cannot be made; its `stderr` says why.
    """
    if not requirements:
        return Path(sys.executable)
    key = hashlib.sha256("\n".join((sys.version, *requirements)).encode()).hexdigest()[:12]
    folder = cache / "environments" / key
    python = folder / "bin" / "python"
    finished = folder / "finished"
    if not finished.exists():
        # A half-made environment of an interrupted run must never be used.
        shutil.rmtree(folder, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(folder)])
        _run([str(python), "-m", "pip", "install", "--quiet", *requirements])
        finished.touch()
    return python


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
