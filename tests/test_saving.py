"""Saved recipes: whole or refused, and never executed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

import sora_keras as sora
from sora_keras.errors import DataError, NotFoundError, SaveError
from sora_keras.files import digest


@pytest.fixture
def saved(fitted, tmp_path: Path) -> Path:
    return fitted.save(tmp_path / "model")


def test_loaded_recipe_explains_and_knows_its_scores(fitted, saved, review_data) -> None:
    loaded = sora.load(saved)
    assert loaded.fitted.fingerprint == fitted.fitted.fingerprint
    assert loaded.training_ == fitted.training_
    assert loaded.explain("a wonderful film").top(1)[0][0] == fitted.explain("a wonderful film").top(1)[0][0]


def test_a_fresh_process_loads_and_answers(saved) -> None:
    code = "import sys, sora_keras as sora; print(sora.load(sys.argv[1])('a wonderful film').label)"
    done = subprocess.run([sys.executable, "-c", code, str(saved)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "good"


def test_layers_and_own_encoder_come_back(review_data, tmp_path) -> None:
    encoder = keras.Sequential([keras.layers.GRU(4)])
    recipe = sora.TextClassifier(encoder=encoder, epochs=1, refit=False, verbose=False)
    recipe.extend(keras.layers.Dense(3, "relu")).fit(*review_data)
    loaded = sora.load(recipe.save(tmp_path / "m"))
    assert [type(layer).__name__ for layer in loaded.layers] == ["Dense"]
    assert np.array_equal(loaded.predict_proba(review_data[0]), recipe.predict_proba(review_data[0]))
    loaded.fit(*review_data)


def test_saved_folder_holds_no_pickle_and_no_training_text(saved) -> None:
    names = {file.name for file in saved.iterdir()}
    assert names == {"recipe.json", "core.keras", "preprocessing.keras"}
    assert "wonderful" not in (saved / "recipe.json").read_text(encoding="utf-8")


def test_missing_folder_is_named(tmp_path) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        sora.load(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["core.keras", "preprocessing.keras"])
def test_truncated_or_missing_file_is_refused(saved, name) -> None:
    file = saved / name
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=name):
        sora.load(saved)
    file.unlink()
    with pytest.raises(DataError, match=f"{name} is missing"):
        sora.load(saved)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"digests": {}, "format": 99}'])
def test_damaged_description_is_refused(saved, text) -> None:
    (saved / "recipe.json").write_text(text)
    with pytest.raises(DataError):
        sora.load(saved)


def _change_core(saved: Path, change) -> None:
    """Put a changed configuration into core.keras, with its digest made right, as an attacker would."""
    core, fresh = saved / "core.keras", saved / "fresh"
    with zipfile.ZipFile(core) as old, zipfile.ZipFile(fresh, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content.decode()) if name == "config.json" else content)
    shutil.move(fresh, core)
    description = json.loads((saved / "recipe.json").read_text(encoding="utf-8"))
    description["digests"]["core.keras"] = digest(core)
    (saved / "recipe.json").write_text(json.dumps(description), encoding="utf-8")


def test_what_a_file_contains_is_never_executed(saved, tmp_path) -> None:
    proof = tmp_path / "executed"

    def change(config: str) -> str:
        plain = json.loads(config)
        plain["config"]["layers"][-1].update(module="os", class_name="system", registered_name=None)
        plain["config"]["layers"][-1]["config"] = {"command": f"touch {proof}"}
        return json.dumps(plain)

    _change_core(saved, change)
    with pytest.raises(DataError, match="cannot be loaded"):
        sora.load(saved)
    assert not proof.exists()


def test_a_lambda_is_refused(saved) -> None:
    model = keras.Sequential([keras.Input((None,)), keras.layers.Lambda(lambda x: x[:, :1])])
    model.save(saved / "core.keras")
    description = json.loads((saved / "recipe.json").read_text(encoding="utf-8"))
    description["digests"]["core.keras"] = digest(saved / "core.keras")
    (saved / "recipe.json").write_text(json.dumps(description), encoding="utf-8")
    with pytest.raises(DataError, match="cannot be loaded"):
        sora.load(saved)


def test_full_disk_leaves_nothing(fitted, tmp_path, monkeypatch) -> None:
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(fitted.model), "save", full)
    with pytest.raises(SaveError, match="No space left"):
        fitted.save(tmp_path / "m")
    assert list(tmp_path.iterdir()) == []
