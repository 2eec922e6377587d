"""The documents hold what they promise: code that runs, links that lead somewhere, two READMEs alike."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import sora_keras as sora
from sora_keras.encoders import registry
from sora_keras.encoders.registry import find_encoder
from tests.boxes import TINY

ROOT = Path(__file__).resolve().parent.parent
WITH_CODE = (
    "README.md", "README.zh-CN.md", "docs/text.md", "docs/images.md", "docs/detection.md", "docs/recommendations.md",
)  # fmt: skip
WITH_LINKS = (
    *WITH_CODE,
    "docs/dependencies.md",
    "CONTRIBUTING.md",
    "benchmarks/README.md",
    "sora_keras/README.md",
)
MARK = "<!-- runs -->"


class Block(NamedTuple):
    """A fenced block; `runs` says whether it is marked to be run."""

    language: str
    code: str
    runs: bool


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str) -> list[Block]:
    found = re.finditer(rf"({re.escape(MARK)}\n)?^```(\w*)\n(.*?)^```$", read(name), re.MULTILINE | re.DOTALL)
    return [Block(match[2], match[3], match[1] is not None) for match in found]


def run_marked(name: str) -> dict[str, Any]:
    """What the marked blocks of a document leave behind, run one after the other."""
    marked = [block for block in blocks(name) if block.runs]
    assert len(marked) > 5
    names: dict[str, Any] = {}
    for number, block in enumerate(marked):
        exec(compile(block.code, f"{name}, marked block {number}", "exec"), names)
    return names


def without_comments(code: str) -> list[str]:
    return [re.sub(r"\s*#.*$", "", line) for line in code.splitlines()]


def anchors(name: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```$", "", read(name), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", WITH_CODE)
def test_python_blocks_compile(name: str) -> None:
    python = [block for block in blocks(name) if block.language == "python"]
    assert python
    for number, block in enumerate(python):
        compile(block.code, f"{name}, block {number}", "exec")


@pytest.mark.parametrize("name", ["README.md", "docs/text.md"])
def test_marked_blocks_run_in_their_order(name: str, review_csv, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    # What is tested is that the code runs, not how well it learns.
    for parameter, value in {"epochs": 2, "refit": False, "verbose": False}.items():
        monkeypatch.setitem(sora.TextClassifier.__init__.__kwdefaults__, parameter, value)
    table = review_csv.read_text(encoding="utf-8").replace("review,sentiment", "text,label")
    for file in ("reviews.csv", "test.csv"):
        (tmp_path / file).write_text(table, encoding="utf-8")
    names = run_marked(name)
    assert "accuracy" in str(names["report"])
    assert (tmp_path / "report.html").is_file()


def test_marked_blocks_of_the_recommender_run_in_their_order(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sora.Recommender.__init__.__kwdefaults__, "refit", False)
    names = run_marked("docs/recommendations.md")
    assert "NDCG@10" in str(names["report"])
    assert names["answer"].user == "user 2"
    assert (tmp_path / "report.html").is_file()
    assert len((tmp_path / "answers.jsonl").read_text(encoding="utf-8").splitlines()) == 60


def test_marked_blocks_of_the_detector_run_in_their_order(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    # What is tested is that the code runs, not how well it learns.
    small = replace(find_encoder(TINY, "detection"), name="compact")
    monkeypatch.setitem(registry._REGISTRY._entries, "detection/compact", small)
    names = run_marked("docs/detection.md")
    assert names["found"].size == (64, 64)
    assert "ap50" in {score.name for score in names["report"].scores}
    assert (tmp_path / "report.html").is_file()
    assert (tmp_path / "exports" / "shapes" / "1").is_dir()


@pytest.mark.parametrize("name", WITH_LINKS)
def test_local_links_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", read(name)):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / name).parent / path if path else ROOT / name
        assert file.exists(), f"{name} links to {target}"
        if anchor:
            assert anchor in anchors(str(file.relative_to(ROOT))), f"{name} links to {target}"


def test_both_readmes_have_the_same_blocks() -> None:
    english, chinese = (
        [(block.language, without_comments(block.code), block.runs) for block in blocks(name)]
        for name in ("README.md", "README.zh-CN.md")
    )
    assert english == chinese


def test_both_readmes_name_the_same_commands_tables_and_links() -> None:
    english, chinese = read("README.md"), read("README.zh-CN.md")
    for pattern in (
        r"`((?:sora|make|python|pip) [^`\n]+)`",
        r"^\| (`[^`]+`)",
        r"\]\(((?!README)[^)]+)\)",
        r"^(#+) ",
    ):
        found = [sorted(re.findall(pattern, text, re.MULTILINE)) for text in (english, chinese)]
        assert found[0] == found[1]
    assert "](README.zh-CN.md)" in english
    assert "](README.md)" in chinese


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_readme_begins_with_demo_and_test_and_has_a_place_for_the_benchmark(name: str) -> None:
    first = without_comments(blocks(name)[0].code)
    assert first == ["make demo", "make test"]
    text = read(name)
    assert text.count("<!-- benchmark -->") == text.count("<!-- /benchmark -->") == 1
    assert text.index("<!-- benchmark -->") < text.index("<!-- /benchmark -->")
