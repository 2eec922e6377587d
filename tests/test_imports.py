"""The rooms import one way, the map names them all, and importing the package is quick."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import sora_keras as sora

PACKAGE = Path(sora.__file__).parent

# From the bottom: a room may import those before it, and itself.
ORDER = (
    "errors", "files", "quiet", "registry", "parameters", "pages", "prediction", "data", "detections", "layers",
    "encoders", "training", "evaluation", "explanation", "export", "task", "recipe", "fitting", "answering",
    "saving", "exporting", "tasks", "applications", "showing", "cli", "__main__",
)  # fmt: skip
# Recipe's verbs call these, which serve it; the import happens inside the verb.
SERVANTS = {"recipe": {"fitting", "answering", "saving", "exporting"}, "task": {"answering"}}


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(file: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        rooms |= {name.split(".")[1] for name in names if name.startswith("sora_keras.")}
    return rooms & set(ORDER)


FILES = [f for f in sorted(PACKAGE.rglob("*.py")) if f.name != "__init__.py" or f.parent != PACKAGE]


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_imports_run_one_way(file: Path) -> None:
    room = room_of(file)
    if room == "recipes":
        pytest.skip("applications may use everything")
    allowed = set(ORDER[: ORDER.index(room) + 1]) | SERVANTS.get(room, set())
    assert imported_rooms(file) <= allowed


def test_evaluation_explanation_and_export_do_not_know_each_other_or_recipes() -> None:
    for room in ("evaluation", "explanation", "export"):
        for file in (PACKAGE / room).rglob("*.py"):
            others = {"evaluation", "explanation", "export", "task", "recipe", "tasks"} - {room}
            assert not imported_rooms(file) & others, file


def test_the_map_names_every_room() -> None:
    text = (PACKAGE / "README.md").read_text(encoding="utf-8")
    rooms = {f.name + ("/" if f.is_dir() else "") for f in PACKAGE.iterdir()}
    rooms = {r for r in rooms if r.endswith((".py", "/")) and not r.startswith(("_", "."))}
    named = {line.split("`")[1] for line in text.splitlines() if line.startswith("| `")}
    assert named == rooms - {"recipes/"}


def test_no_file_is_longer_than_400_lines() -> None:
    assert [f for f in FILES if len(f.read_text(encoding="utf-8").splitlines()) > 400] == []


def test_importing_the_package_loads_no_heavy_library() -> None:
    heavy = ("tensorflow", "keras", "numpy", "sklearn", "pyarrow")
    code = f"import sys, sora_keras; print(*[m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_public_names_are_these() -> None:
    assert sorted(sora.__all__) == [
        "Explanation", "ImageClassifier", "ObjectDetector", "Prediction", "Recipe", "Recommender", "Report",
        "SoraError", "TextClassifier", "list_encoders", "list_recipes", "load", "load_sample", "read",
        "register_encoder", "register_recipe", "samples", "train_test_split",
    ]  # fmt: skip
    for name in sora.__all__:
        assert getattr(sora, name) is not None
    assert set(sora.__all__) <= set(dir(sora))


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = sora.Nothing
