"""The command line, as a user calls it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sora_keras import cli
from tests.pictures import class_folder


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
