"""The command line, as a user calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sora_keras import cli
from tests.boxes import TINY, scenes, write_coco
from tests.pictures import class_folder
from tests.recommending import ratings


def sora(monkeypatch, capsys, *arguments: str) -> tuple[int, str, str]:
    """Run `sora` in this process: its status, output and errors."""
    monkeypatch.setattr(sys, "argv", ["sora", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


@pytest.fixture(scope="module")
def model(fitted, tmp_path_factory) -> Path:
    return fitted.save(tmp_path_factory.mktemp("cli") / "model")


def test_help_answers_at_once_and_lists_every_verb() -> None:
    command = [sys.executable, "-m", "sora_keras", "--help"]
    subprocess.run(command, capture_output=True, check=True)
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert time.perf_counter() - began < 1.5  # 0.5 s on an idle machine
    for verb in ("train", "evaluate", "predict", "explain", "export", "run", "samples", "doctor"):
        assert verb in done.stdout


def test_help_loads_no_tensorflow() -> None:
    code = (
        "import sys; sys.argv = ['sora', 'train', 'text-classifier', '--help']\nfrom sora_keras import cli\n"
        "try: cli.main()\nexcept SystemExit: pass\nprint('LOADED', 'tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "LOADED False" in done.stdout
    assert "--validation-fraction" in done.stdout


@pytest.mark.parametrize(("own", "then"), [({}, "3"), ({"TF_CPP_MIN_LOG_LEVEL": "0"}, "0")])
def test_tensorflow_says_only_what_a_user_asked_for(monkeypatch, capsys, own: dict[str, str], then: str) -> None:
    others = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    monkeypatch.setattr(os, "environ", {**others, **own})
    assert sora(monkeypatch, capsys, "samples")[0] == 0
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == then


def test_trains_evaluates_predicts_explains_and_exports(monkeypatch, capsys, review_csv, tmp_path) -> None:
    out = tmp_path / "model"
    arguments = ("train", "text-classifier", review_csv, "--y", "sentiment", "--out", out, "--epochs", "2")
    status, said, _ = sora(monkeypatch, capsys, *arguments)
    assert status == 0
    assert "sora evaluate" in said
    status, said, _ = sora(monkeypatch, capsys, "evaluate", out, review_csv, "--out", tmp_path / "report.json")
    assert status == 0
    assert "accuracy" in said
    assert json.loads((tmp_path / "report.json").read_text())["rows"] == 120
    status, said, _ = sora(monkeypatch, capsys, "predict", out, review_csv, "--out", tmp_path / "answers.jsonl")
    assert status == 0
    answers = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert len(answers) == 120
    assert set(answers[0]) == {"label", "score", "probabilities"}
    page = tmp_path / "why.html"
    status, said, _ = sora(monkeypatch, capsys, "explain", out, "a wonderful film", "--out", page)
    assert status == 0
    assert "wonderful" in said
    assert "wonderful" in page.read_text(encoding="utf-8")
    status, said, _ = sora(monkeypatch, capsys, "export", out, tmp_path / "exported")
    assert status == 0
    assert (tmp_path / "exported" / "1" / "saved_model.pb").exists()


def test_a_folder_of_pictures_goes_the_same_way(monkeypatch, capsys, tmp_path) -> None:
    photos, out = class_folder(tmp_path / "photos"), tmp_path / "model"
    arguments = ("train", "image-classifier", photos, "--out", out, "--epochs", "2", "--encoder", "cnn")
    assert sora(monkeypatch, capsys, *arguments)[0] == 0
    status, said, _ = sora(monkeypatch, capsys, "evaluate", out, photos, "--out", tmp_path / "report.html")
    assert status == 0
    assert "accuracy" in said
    assert "data:image/png;base64," in (tmp_path / "report.html").read_text("utf-8")
    status, said, _ = sora(monkeypatch, capsys, "predict", out, photos / "across")
    assert {json.loads(line)["label"] for line in said.splitlines()} <= {"across", "upright"}
    assert len(said.splitlines()) == 30
    status, said, _ = sora(
        monkeypatch, capsys, "explain", out, photos / "across" / "001.png", "--out", tmp_path / "why.png"
    )
    assert status == 0
    assert "most around" in said
    assert (tmp_path / "why.png").read_bytes().startswith(b"\x89PNG")
    status, _, err = sora(monkeypatch, capsys, "predict", out, photos / "across" / "no.png")
    assert status == 2
    assert "no.png" in err


def test_annotated_pictures_go_the_same_way(monkeypatch, capsys, tmp_path) -> None:
    file, out = write_coco(tmp_path / "scenes", *scenes(12)), tmp_path / "model"
    arguments = ("train", "detector", file, "--out", out, "--epochs", "1", "--size", "64", "--encoder", TINY)
    assert sora(monkeypatch, capsys, *arguments, "--flips", "horizontal,vertical")[0] == 0
    assert cli.tasks.load(out).flips == ("horizontal", "vertical")
    status, said, _ = sora(monkeypatch, capsys, "evaluate", out, file, "--out", tmp_path / "report.html")
    assert status == 0
    assert "mAP" in said
    found = tmp_path / "found.jsonl"
    status, said, _ = sora(
        monkeypatch, capsys, "predict", out, file.parent, "--out", found, "--copies", tmp_path / "copies"
    )
    assert status == 0
    assert len(found.read_text("utf-8").splitlines()) == len(list((tmp_path / "copies").glob("*.png"))) == 12
    status, _, err = sora(monkeypatch, capsys, *arguments, "--overwrite", "--flips", "sideways")
    assert status == 2
    assert "flips" in err


def test_a_log_goes_the_same_way(monkeypatch, capsys, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    rows, stars = ratings()
    log = ["user,film,stars", *(f"{user},{item},{star}" for (user, item), star in zip(rows, stars, strict=True))]
    Path("log.csv").write_text("\n".join(log), encoding="utf-8")
    Path("films.csv").write_text("\n".join(["film,title", *(f"i{n},Film {n}" for n in range(12))]), encoding="utf-8")
    Path("test.csv").write_text("user,film\nu0,i5\nu1,i11\n", encoding="utf-8")
    train = ("train", "recommender", "log.csv", "--items", "films.csv", "--out", "rec")
    status, said, _ = sora(monkeypatch, capsys, *train, "--encoder", "linear", "--y", "stars")
    assert status == 0
    assert "Saved to rec" in said
    status, said, _ = sora(monkeypatch, capsys, "evaluate", "rec", "test.csv", "--out", "report.json")
    assert status == 0
    assert "popularity" in said
    assert json.loads(Path("report.json").read_text())["users"] == 2
    status, said, _ = sora(monkeypatch, capsys, "evaluate", "rec")
    assert status == 0
    assert "24 items to find" in said
    Path("users.csv").write_text("user\nu0\nu3\nu0\n", encoding="utf-8")
    status, said, _ = sora(monkeypatch, capsys, "predict", "rec", "users.csv", "--k", "2")
    assert status == 0
    answers = [json.loads(line) for line in said.splitlines()]
    assert [(answer["user"], len(answer["items"])) for answer in answers] == [("u0", 2), ("u3", 2)]
    best = answers[0]["items"][0]
    status, said, _ = sora(monkeypatch, capsys, "explain", "rec", "u0", "--target", best, "--out", "why.html")
    assert status == 0
    assert said.startswith(f"Film {best[1:]} (")
    assert "Film" in Path("why.html").read_text(encoding="utf-8")
    status, said, _ = sora(monkeypatch, capsys, "export", "rec", "exported", "--k", "3")
    assert status == 0
    assert (tmp_path / "exported" / "1" / "saved_model.pb").exists()
    for mistake, expected in {
        ("predict", "rec", "no.csv"): "no.csv",
        ("predict", "rec", "users.csv", "--k", "13"): "k must be at most 12",
        ("explain", "rec", "u99"): "no user 'u99'",
        ("explain", "rec", "u0", "--target", "i99"): "no item 'i99'",
        ("export", "rec", "other", "--format", "onnx"): "saved_model",
        ("evaluate", "rec", "films.csv"): "Which column of films.csv holds the users",
        (*train[:-1], "other", "--items", "users.csv"): "users.csv",
    }.items():
        status, _, err = sora(monkeypatch, capsys, *mistake)
        assert status == 2
        assert expected in err
        assert err.count("\n") == 1
    assert not Path("other").exists()


def test_help_knows_of_users_items_and_applications(monkeypatch, capsys) -> None:
    said = " ".join(sora(monkeypatch, capsys, "train", "recommender", "--help")[1].split())
    assert "--items <str> A table of the items" in said
    assert "--user <str> the columns' names, where they don't say it themselves" in said
    assert "--items" not in sora(monkeypatch, capsys, "train", "text-classifier", "--help")[1]
    assert "the id of a user" in " ".join(sora(monkeypatch, capsys, "explain", "--help")[1].split())
    assert "movies          Films to watch: train, report," in sora(monkeypatch, capsys, "run", "--help")[1]


def test_options_that_say_nothing_to_a_classifier_are_named(monkeypatch, capsys, model, review_csv) -> None:
    status, _, err = sora(monkeypatch, capsys, "predict", model, review_csv, "--k", "3")
    assert status == 2
    assert "--k says nothing to a TextClassifier" in err
    status, _, err = sora(monkeypatch, capsys, "evaluate", model)
    assert status == 2
    assert "Give data with answers" in err


def test_predict_reads_lines(monkeypatch, capsys, model) -> None:
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO("a wonderful film\na terrible film\n"))
    status, said, _ = sora(monkeypatch, capsys, "predict", model, "-")
    assert status == 0
    assert [json.loads(line)["label"] for line in said.splitlines()] == ["good", "bad"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("evaluate", "no-such-model", "x.csv"), "no saved recipe at no-such-model"),
        (("train", "text-clasifier", "x.csv", "--out", "m"), "text-clasifier"),
        (("train", "text-classifier", "no.csv", "--out", "m"), "no.csv"),
        (("train", "text-classifier", "no.csv", "--out", "m", "--epochs", "many"), "epochs"),
        (("run", "sentimnt"), "Did you mean 'sentiment'"),
        (("samples", "imbd"), "Did you mean 'imdb'"),
    ],
)
def test_mistakes_are_one_line_and_status_two(monkeypatch, capsys, tmp_path, arguments, expected) -> None:
    monkeypatch.chdir(tmp_path)
    status, _, err = sora(monkeypatch, capsys, *arguments)
    assert status == 2
    assert expected in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_train_refuses_an_existing_folder_before_it_trains(monkeypatch, capsys, review_csv, tmp_path) -> None:
    (tmp_path / "m").mkdir()
    status, _, err = sora(monkeypatch, capsys, "train", "text-classifier", review_csv, "--out", tmp_path / "m")
    assert status == 2
    assert "--overwrite" in err


def test_samples_are_listed_shown_and_written(monkeypatch, capsys, tmp_path) -> None:
    assert "breast_cancer" in sora(monkeypatch, capsys, "samples")[1]
    assert "rows" in sora(monkeypatch, capsys, "samples", "iris")[1]
    sora(monkeypatch, capsys, "samples", "iris", "--out", tmp_path / "iris.csv")
    assert len((tmp_path / "iris.csv").read_text().splitlines()) == 151


def test_doctor_shows_versions_and_extras(monkeypatch, capsys) -> None:
    status, said, _ = sora(monkeypatch, capsys, "doctor")
    assert status == 0
    for expected in ("tensorflow", "keras", "extra onnx", "devices"):
        assert expected in said
