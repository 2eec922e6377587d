"""A process that has imported TensorFlow alone and waits: what would begin with that import is its child."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

_SERVER = """
import json, os, sys, traceback
import tensorflow
for line in sys.stdin:
    code, arguments, folder = json.loads(line)
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.dup2(write, 1)
        os.dup2(write, 2)
        os.chdir(folder)
        sys.argv = ["-c", *arguments]
        status = 1
        try:
            exec(code, {"__name__": "__main__"})
            status = 0
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    os.close(write)
    with open(read) as pipe:
        said = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(json.dumps([status, said]), flush=True)
"""


class TensorFlowAlone:
    """Stands for `subprocess` where it is asked to run Python code: `run` saves the four seconds of the import."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[str] | None = None

    def run(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        """As `subprocess.run` of `[sys.executable, "-I", "-c", code, …]`, with its output in `stderr`."""
        assert command[:3] == [sys.executable, "-I", "-c"]
        assert options == {"capture_output": True, "text": True}
        if self._server is None:
            beginning = [sys.executable, "-I", "-c", _SERVER]
            self._server = subprocess.Popen(beginning, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.write(json.dumps([command[3], command[4:], os.getcwd()]) + "\n")
        self._server.stdin.flush()
        status, said = json.loads(self._server.stdout.readline())
        return subprocess.CompletedProcess(command, status, "", said)

    def end(self) -> None:
        if self._server is not None:
            self._server.communicate()
