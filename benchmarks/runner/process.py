"""Runs one script in a process of its own and reads the JSON line that it prints."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from runner.machine import REPOSITORY

# What the scripts share.
MEASURING = REPOSITORY / "benchmarks" / "measuring"
ERROR_LINES = 8
# Printed at every start whatever the log level, and no error.
TENSORFLOW_NOTICE = re.compile(r"I0000 |WARNING: All log messages before absl")


def run_script(python: Path, script: Path, arguments: list[str], *, timeout: float, log: Path) -> dict[str, Any]:
    """Runs `script` and returns its last JSON line, or a failure (see `failure`).

    Args:
        python: the interpreter to use.
        script: the file to run.
        arguments: its command line.
        timeout: seconds after which the process and all that it started are ended.
        log: where its whole output is kept.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as output:
        # A session of its own, so that a time-out also ends what the script started.
        process = subprocess.Popen(
            [str(python), str(script), *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(python),
            start_new_session=True,
        )
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    output_text = log.read_text("utf-8", "replace")
    if status is None:
        return failure(f"stopped after {timeout:.0f} s", output_text)
    result = _last_json_line(output_text)
    if status != 0 or result is None:
        return failure(f"ended with status {status}", output_text)
    return result


def failure(reason: str, output: str) -> dict[str, Any]:
    """Returns what the results file says of a script that failed."""
    lines = [shorten_paths(line.rstrip())[:400] for line in output.splitlines()]
    told = [line for line in lines if line and not TENSORFLOW_NOTICE.match(line)]
    return {"failed": reason, "error": told[-ERROR_LINES:]}


def shorten_paths(text: str) -> str:
    """Returns `text` with every absolute path cut to its last name."""
    return re.sub(r"(?<![\w.:/<])~?/(?:[^\s/\"':,]+/)+", "", text)


def _environment(python: Path) -> dict[str, str]:
    environment = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="2", KERAS_BACKEND="tensorflow")
    paths = [str(MEASURING), environment.get("PYTHONPATH")]
    if python == Path(sys.executable):
        # Lets the benchmark run in a checkout whose package is not installed.
        paths.insert(0, str(REPOSITORY))
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    return environment


def _last_json_line(output: str) -> dict[str, Any] | None:
    for line in reversed(output.splitlines()):
        if line.startswith("{"):
            try:
                return json.loads(line)
            except ValueError:
                continue
    return None
