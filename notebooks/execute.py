"""Executes notebooks in their place, as `make notebook` does: `python notebooks/execute.py notebooks/*.ipynb`."""

import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

# What TensorFlow's C++ says of the machine before its level of logging is read.
_LOGGED = re.compile(r"^(WARNING: All log messages before absl|[IW]\d{4} )")


def main() -> None:
    """Executes each notebook that is named, and stores its outputs without times and TensorFlow's log."""
    for name in sys.argv[1:]:
        path = Path(name)
        notebook = nbformat.read(path, as_version=4)
        place = {"metadata": {"path": str(path.parent)}}
        NotebookClient(notebook, timeout=1800, kernel_name="python3", record_timing=False, resources=place).execute()
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.metadata.pop("execution", None)
                cell.outputs = [output for output in cell.outputs if not _is_log(output)]
        nbformat.write(notebook, path)


def _is_log(output: nbformat.NotebookNode) -> bool:
    if output.get("name") != "stderr":
        return False
    return all(_LOGGED.match(line) for line in output.text.splitlines() if line)


if __name__ == "__main__":
    main()
