"""One registry: every name once, and installed packages add their own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sora_keras.errors import ParameterError
from sora_keras.registry import Registry


@pytest.fixture
def colours() -> Registry[str]:
    registry: Registry[str] = Registry("colour", "sora_keras.test_colours")
    registry.add("red", "#f00")
    registry.add("green", "#0f0")
    return registry


def test_entries_are_found_by_name_in_the_order_they_came(colours: Registry[str]) -> None:
    assert colours.add("blue", "#00f") == "#00f"
    assert colours.find("blue") == "#00f"
    assert list(colours.all()) == ["red", "green", "blue"]


def test_taken_name_is_refused_and_the_first_entry_stays(colours: Registry[str]) -> None:
    with pytest.raises(ParameterError, match="The colour 'red' is registered already"):
        colours.add("red", "#e00")
    assert colours.find("red") == "#f00"


def test_unknown_name_gives_the_nearest_and_lists_all(colours: Registry[str]) -> None:
    with pytest.raises(ParameterError, match=r"no colour 'gren'\. Did you mean 'green'\? Known: green, red\."):
        colours.find("gren")
    with pytest.raises(ParameterError, match=r"no colour 'xyz'\. Known: green, red\."):
        colours.find("xyz")


def test_changing_what_all_gave_changes_nothing(colours: Registry[str]) -> None:
    colours.all().clear()
    assert list(colours.all()) == ["red", "green"]


@pytest.fixture
def installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package, as pip leaves it, that adds a colour through its entry point."""
    (tmp_path / "more_colours.py").write_text(
        "registry = None\ncalls = []\ndef add():\n    calls.append(1)\n    registry.add('violet', '#80f')\n"
    )
    facts = tmp_path / "more_colours-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: more-colours\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[sora_keras.test_colours]\nviolet = more_colours:add\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "more_colours", raising=False)
    return tmp_path


def test_installed_package_adds_its_own_once(colours: Registry[str], installed_package: Path) -> None:
    import more_colours

    more_colours.registry = colours
    assert colours.find("violet") == "#80f"
    assert list(colours.all()) == ["red", "green", "violet"]
    assert more_colours.calls == [1]


def test_installed_package_with_a_taken_name_is_an_error_each_time(
    colours: Registry[str], installed_package: Path
) -> None:
    import more_colours

    more_colours.registry = colours
    colours.add("violet", "#90f")
    for _ in range(2):
        with pytest.raises(ParameterError, match="'violet' is registered already"):
            colours.find("red")
