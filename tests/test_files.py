"""Writing that is whole or leaves no trace."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_keras.errors import ExportError, SaveError
from sora_keras.files import digest, new_file, new_folder


def everything(folder: Path) -> dict[str, str | None]:
    """Each path under `folder`, with the text of the files."""
    return {
        str(path.relative_to(folder)): path.read_text() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def test_folder_appears_filled_when_the_block_ends(tmp_path: Path) -> None:
    with new_folder(tmp_path / "model") as folder:
        (folder / "inner").mkdir()
        (folder / "inner" / "weights").write_text("1 2 3")
        assert not (tmp_path / "model").exists()
    assert everything(tmp_path) == {"model": None, "model/inner": None, "model/inner/weights": "1 2 3"}


def test_file_appears_filled_and_missing_parents_are_made(tmp_path: Path) -> None:
    with new_file(tmp_path / "reports" / "may" / "report.html") as file:
        file.write_text("<p>")
        assert file.suffix == ".html"
    assert everything(tmp_path) == {"reports": None, "reports/may": None, "reports/may/report.html": "<p>"}


def test_made_folder_can_be_read_by_whom_the_umask_allows(tmp_path: Path) -> None:
    with new_folder(tmp_path / "model"):
        pass
    (tmp_path / "plain").mkdir()
    assert (tmp_path / "model").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("error", [RuntimeError("bug"), ExportError("differs"), KeyboardInterrupt()])
def test_failure_inside_leaves_no_trace_and_is_raised_as_it_is(tmp_path: Path, error: BaseException) -> None:
    def fail() -> None:
        with new_folder(tmp_path / "deep" / "er" / "model") as folder:
            (folder / "half").write_text("written")
            raise error

    with pytest.raises(type(error)) as raised:
        fail()
    assert raised.value is error
    assert everything(tmp_path) == {}


def test_parents_that_another_program_filled_meanwhile_stay(tmp_path: Path) -> None:
    def fail() -> None:
        with new_file(tmp_path / "shared" / "mine"):
            (tmp_path / "shared" / "theirs").write_text("keep")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert everything(tmp_path) == {"shared": None, "shared/theirs": "keep"}


def test_what_is_there_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine").write_text("keep")
    with pytest.raises(SaveError, match="overwrite=True"), new_folder(tmp_path / "model"):
        pytest.fail("the block must not run")
    with pytest.raises(SaveError, match="overwrite=True"), new_file(tmp_path / "model" / "mine"):
        pytest.fail("the block must not run")
    assert everything(tmp_path) == {"model": None, "model/mine": "keep"}


def test_overwriting_replaces_the_whole(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "old").write_text("old")
    with new_folder(tmp_path / "model", overwrite=True) as folder:
        (folder / "new").write_text("new")
        assert (tmp_path / "model" / "old").read_text() == "old"
    (tmp_path / "report").write_text("old")
    with new_file(tmp_path / "report", overwrite=True) as file:
        file.write_text("new")
    assert everything(tmp_path) == {"model": None, "model/new": "new", "report": "new"}


def test_failure_while_overwriting_keeps_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine").write_text("keep")

    def fail() -> None:
        with new_folder(tmp_path / "model", overwrite=True) as folder:
            (folder / "half").write_text("written")
            raise OSError(5, "Input/output error")

    with pytest.raises(SaveError, match="Input/output error"):
        fail()
    assert everything(tmp_path) == {"model": None, "model/mine": "keep"}


def test_failure_of_the_last_move_puts_the_old_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "report").write_text("keep")
    move = os.replace

    def refuse(source: Path, target: Path) -> None:
        if source.name == "report" and target == tmp_path / "report":
            raise OSError(18, "Invalid cross-device link")
        move(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(SaveError, match="cross-device"), new_file(tmp_path / "report", overwrite=True) as file:
        file.write_text("new")
    assert everything(tmp_path) == {"report": "keep"}


def test_file_that_was_never_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SaveError, match="No such file"), new_file(tmp_path / "report"):
        pass
    assert everything(tmp_path) == {}


def test_parent_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("keep")
    with pytest.raises(SaveError, match="model"), new_folder(tmp_path / "notes" / "deep" / "model"):
        pytest.fail("the block must not run")
    assert everything(tmp_path) == {"notes": "keep"}


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder that this process may not write to, though it may look inside."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = Path(name)
        (folder / "inside").mkdir()
        (folder / "inside" / "mine").write_text("keep")
        (folder / "inside").chmod(0o555)
        folder.chmod(0o555)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            os.seteuid(user)
            (folder / "inside").chmod(0o755)
            folder.chmod(0o755)


def test_permission_denied_is_named_and_nothing_changes(closed_folder: Path) -> None:
    before = everything(closed_folder)
    with pytest.raises(SaveError, match=r"Permission denied.*permissions"), new_folder(closed_folder / "model"):
        pytest.fail("the block must not run")
    with pytest.raises(SaveError, match="Permission"), new_file(closed_folder / "inside" / "mine", overwrite=True):
        pytest.fail("the block must not run")
    assert everything(closed_folder) == before


def test_folder_that_may_not_be_looked_into_is_a_save_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(self: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", denied)
    with pytest.raises(SaveError, match="Permission denied"), new_folder(tmp_path / "closed" / "model"):
        pytest.fail("the block must not run")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    try:
        done = subprocess.run(command, capture_output=True)
    except FileNotFoundError:
        pytest.skip("this machine has no mount command")
    if done.returncode:
        pytest.skip("this machine lets no disk be mounted")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_full_disk_is_named_and_keeps_what_was_there(small_disk: Path) -> None:
    (small_disk / "report").write_text("keep")
    with pytest.raises(SaveError, match="No space left"), new_file(small_disk / "report", overwrite=True) as file:
        file.write_bytes(bytes(200_000))
    with pytest.raises(SaveError, match="No space left"), new_folder(small_disk / "a" / "model") as folder:
        (folder / "weights").write_bytes(bytes(200_000))
    assert everything(small_disk) == {"report": "keep"}
    with new_file(small_disk / "whole") as file:
        file.write_bytes(bytes(40_000))
    assert (small_disk / "whole").stat().st_size == 40_000


def test_full_disk_without_a_small_one_at_hand(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine").write_text("keep")

    def fill() -> None:
        with new_folder(tmp_path / "model", overwrite=True) as folder:
            (folder / "half").write_text("written")
            raise OSError(28, "No space left on device", str(folder / "weights"))

    with pytest.raises(SaveError, match=r"No space left on device. Nothing was changed") as raised:
        fill()
    assert isinstance(raised.value.__cause__, OSError)
    assert everything(tmp_path) == {"model": None, "model/mine": "keep"}


@given(content=st.binary(max_size=300), place=st.integers(0, 299))
def test_digest_changes_with_any_byte(content: bytes, place: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "weights"
        file.write_bytes(content)
        before = digest(file)
        assert digest(file) == before
        changed = bytearray(content or b"\0")
        changed[place % len(changed)] ^= 1
        file.write_bytes(bytes(changed))
        assert digest(file) != before
