"""The applications of recipes/ are found, short, and run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sora_keras as sora
from sora_keras.applications import applications_folder, find_application, list_applications
from sora_keras.errors import DataError, ParameterError
from tests.boxes import scenes, write_coco, write_yolo
from tests.pictures import encoded, shapes
from tests.recommending import ratings


@pytest.fixture(autouse=True)
def trained_once(monkeypatch) -> None:
    """What is tested is that applications run: nothing is trained again on all examples."""
    for recipe in (sora.TextClassifier, sora.ImageClassifier, sora.Recommender):
        monkeypatch.setitem(recipe.__init__.__kwdefaults__, "refit", False)


def test_applications_are_listed_with_what_they_do() -> None:
    known = list_applications()
    assert set(known) == {"digits", "medical_images", "movies", "news_topics", "sentiment", "street", "trees"}
    assert all(line.endswith(".") for line in known.values())


def test_applications_are_under_60_lines() -> None:
    for file in applications_folder().glob("[a-z]*.py"):
        assert len(file.read_text(encoding="utf-8").splitlines()) < 60


def test_unknown_application_names_the_nearest() -> None:
    with pytest.raises(ParameterError, match="Did you mean 'news_topics'"):
        find_application("news-topic")


def test_sentiment_runs_on_ones_own_data(review_csv, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    report = find_application("sentiment")(str(review_csv))
    assert report["accuracy"] > 0.8
    said = capsys.readouterr().out
    assert "A wonderful film" in said
    assert (tmp_path / "exports" / "sentiment" / "1" / "saved_model.pb").exists()
    assert (tmp_path / "exports" / "sentiment.html").exists()


def test_news_topics_runs_on_the_chinese_sample(capsys) -> None:
    pytest.importorskip("yaml")
    report = find_application("news_topics")(None)
    assert report["accuracy"] > 0.4
    assert "谁是美国总统" in capsys.readouterr().out


def test_digits_are_read_and_answered_from_the_export(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    sample = sora.load_sample("digits").take(np.arange(400))
    for place, (picture, label) in enumerate(zip(sample.column("image"), sample.column("label"), strict=True)):
        file = tmp_path / "digits" / str(label) / f"{place}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture.read())
    report = find_application("digits")("digits")
    assert report["accuracy"] > 0.8
    assert "From the exported model" in capsys.readouterr().out
    assert (tmp_path / "exports" / "digits" / "1" / "saved_model.pb").exists()


def test_medical_images_keep_patients_together(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    rows = ["image,label,patient"]
    for place, (picture, label) in enumerate(zip(*shapes(90), strict=True)):
        (tmp_path / f"{place}.png").write_bytes(encoded(picture))
        rows.append(f"{place}.png,{label},p{place // 6}")
    (tmp_path / "table.csv").write_text("\n".join(rows), encoding="utf-8")
    report = find_application("medical_images")(str(tmp_path / "table.csv"))
    assert report["sensitivity"] > 0.5
    said = capsys.readouterr().out
    assert "no patient is in both" in said
    card = (tmp_path / "exports" / "medical_images" / "README.md").read_text(encoding="utf-8")
    assert "No diagnosis" in card


def test_movies_run_on_ones_own_log(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    rows, _ = ratings()
    lines = ["user,film,time", *(f"{user},{item},{place}" for place, (user, item) in enumerate(rows))]
    (tmp_path / "log.csv").write_text("\n".join(lines), encoding="utf-8")
    report = find_application("movies")(str(tmp_path / "log.csv"))
    # Whoever had four of a group of six wants one of the other two.
    assert report["hit_rate@5"] > 0.9
    said = capsys.readouterr().out
    for expected in ("For user u0: i", "Why? i", "From the exported model, for user u0: i", "somebody new with i"):
        assert expected in said
    assert (tmp_path / "exports" / "movies" / "1" / "saved_model.pb").exists()
    assert (tmp_path / "exports" / "movies.html").exists()


def test_street_asks_for_data_and_names_the_layouts() -> None:
    with pytest.raises(ParameterError, match=r"sora run street DATA[\s\S]*COCO[\s\S]*VOC[\s\S]*YOLO[\s\S]*CSV"):
        find_application("street")(None)


@pytest.fixture
def parts():
    find_application("street")
    return sys.modules["sora_keras.recipes.street"].parts


@pytest.mark.parametrize("part", ["test", "valid"])
def test_street_tests_on_the_part_that_the_data_has(parts, part: str, tmp_path) -> None:
    write_coco(tmp_path / "coco" / "train", *scenes(6))
    write_coco(tmp_path / "coco" / part, *scenes(3, seed=1))
    train, test = parts(str(tmp_path / "coco"))
    assert [Path(str(one.column("image")[0])).parent.name for one in (train, test)] == ["train", part]


def test_street_tests_on_a_fifth_where_the_data_has_no_part_for_it(parts, tmp_path) -> None:
    pytest.importorskip("yaml")
    for data in (write_coco(tmp_path / "one", *scenes(10)), write_yolo(tmp_path / "yolo", *scenes(10))):
        train, test = parts(str(data))
        assert (len(train), len(test)) == (8, 2)
        assert not set(train.column("image")) & set(test.column("image"))


def test_street_says_what_is_wrong_with_the_part_for_testing(parts, tmp_path) -> None:
    write_coco(tmp_path / "coco" / "train", *scenes(6))
    write_coco(tmp_path / "coco" / "test", *scenes(3), categories=[])
    with pytest.raises(DataError, match=r"test.*classes without a name"):
        parts(str(tmp_path / "coco"))


def test_a_wheel_carries_the_applications(tmp_path: Path) -> None:
    root = Path(__file__).parent.parent
    shutil.copytree(root / "sora_keras", tmp_path / "source" / "sora_keras")
    shutil.copytree(root / "recipes", tmp_path / "source" / "recipes")
    for name in ("pyproject.toml", "setup.cfg", "README.md", "LICENSE"):
        shutil.copy(root / name, tmp_path / "source" / name)
    wheel = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--quiet",
        "-w",
        str(tmp_path),
        str(tmp_path / "source"),
    ]
    subprocess.run(wheel, check=True, capture_output=True)
    target = tmp_path / "installed"
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--quiet", "--target", str(target)]
    subprocess.run([*install, str(next(tmp_path.glob("*.whl")))], check=True, capture_output=True)
    code = "from sora_keras.applications import list_applications; print(*list_applications())"
    done = subprocess.run([sys.executable, "-c", code], cwd=target, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["digits", "medical_images", "movies", "news_topics", "sentiment", "street", "trees"]
    templates = {file.name for file in target.rglob("templates/*")}
    assert {"card.md", "explanation.html", "page.html"} <= templates
