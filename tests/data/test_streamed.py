from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sora_keras.data import Examples, StreamedExamples, read_examples
from sora_keras.errors import DataError

ROWS = 3000


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "rows.csv"
    rows = (f"text {n},{'' if n % 7 == 0 else n},{n / 3}\n" for n in range(ROWS))
    path.write_text("text,label,number\n" + "".join(rows))
    return path


@pytest.fixture(scope="module")
def disk(path: Path) -> StreamedExamples:
    examples = read_examples(path, memory=1)
    assert isinstance(examples, StreamedExamples)
    return examples


@pytest.fixture(scope="module")
def memory(path: Path) -> Examples:
    examples = read_examples(path)
    assert isinstance(examples, Examples)
    return examples


def same(one: Any, other: Any) -> bool:
    return one.names == other.names and all(
        one.column(name).dtype == other.column(name).dtype and one.column(name).tolist() == other.column(name).tolist()
        for name in one.names
    )


def test_disk_and_memory_hold_the_same(disk: StreamedExamples, memory: Examples) -> None:
    assert len(disk) == len(memory) == ROWS
    assert same(disk, memory)
    assert disk.fingerprint() == memory.fingerprint()
    assert (disk.answer, disk.source, disk.nbytes > 0) == ("label", "rows.csv", True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.lists(st.integers(-ROWS, ROWS - 1), max_size=40), st.integers(1, 2000))
def test_views_hold_the_rows_asked_for_in_their_order(
    disk: StreamedExamples, memory: Examples, rows: list[int], size: int
) -> None:
    view, taken = disk.take(rows), memory.take(rows)
    assert view.column("text").tolist() == taken.column("text").tolist()
    in_batches = [text for part in view.batches(size) for text in part.column("text")]
    assert in_batches == taken.column("text").tolist()
    assert view.fingerprint() == taken.fingerprint()


def test_views_of_views_and_masks_are_views(disk: StreamedExamples, memory: Examples) -> None:
    mask = np.arange(ROWS) % 3 == 0
    assert same(disk.take(mask).take([5, 1]), memory.take(mask).take([5, 1]))
    with pytest.raises(IndexError, match="below 3,000"):
        disk.take([ROWS])


def test_batches_are_in_memory_and_of_the_size_asked_for(disk: StreamedExamples) -> None:
    parts = list(disk.batches(1000))
    assert [len(part) for part in parts] == [1000] * 3
    assert all(isinstance(part, Examples) and part.answer == "label" for part in parts)


def test_columns_are_added_replaced_renamed_and_left_out(disk: StreamedExamples, memory: Examples) -> None:
    def changed(examples: Any) -> Any:
        more = examples.with_columns({"label": np.arange(ROWS) % 2, "more": ["x"] * ROWS})
        renamed = more.rename({"label": "target", "text": "review", "more": "extra"})
        return renamed.without_columns("number").take([2000, 3])

    assert changed(disk).answer == "target"
    assert same(changed(disk), changed(memory))
    assert changed(disk).fingerprint() == changed(memory).fingerprint()
    assert [part.names for part in changed(disk).batches(9)] == [("review", "target", "extra")]
    assert disk.without_columns("label").answer is None


def test_wrong_columns_are_named(disk: StreamedExamples) -> None:
    with pytest.raises(DataError, match="Did you mean 'label'"):
        disk.column("lable")
    with pytest.raises(DataError, match=r"one value a row.*3,000. Received: 2"):
        disk.with_columns({"more": [1, 2]})
    with pytest.raises(DataError, match="no column 'y'"):
        disk.with_answer("y")


def test_the_folder_goes_with_the_last_view(path: Path) -> None:
    examples = read_examples(path, memory=1)
    folder = examples.store.path.parent
    view = examples.take([1])
    del examples
    gc.collect()
    assert view.column("text").tolist() == ["text 1"]
    del view
    gc.collect()
    assert not folder.exists()


def test_the_folder_goes_when_the_interpreter_ends(path: Path) -> None:
    code = (
        "import sys; from sora_keras.data import read_examples\n"
        "kept = read_examples(sys.argv[1], memory=1); print(kept.store.path.parent)"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert done.stdout.strip()
    assert not Path(done.stdout.strip()).exists()


def test_a_full_disk_is_explained(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow as pa

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pa.ipc, "new_file", full)
    with pytest.raises(DataError, match=r"No space left on device.*TMPDIR"):
        read_examples(path, memory=1)


MEASURE = """
import resource, sys
import numpy, pyarrow.csv
from sora_keras.data import check, read_examples, usable_rows
examples = read_examples(sys.argv[1], memory=1)
check(examples, item="text")
assert len(usable_rows(examples, "text", "label")) == len(examples)
examples.fingerprint()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is counted as on Linux")
def test_peak_memory_hardly_grows_with_the_file(tmp_path: Path) -> None:
    peaks = []
    for copies in (1, 10):
        path = tmp_path / f"{copies}.csv"
        with path.open("w") as file:
            file.write("text,label\n")
            file.writelines(f"{'word ' * 400}{n},{n % 2}\n" for n in range(4000 * copies))
        done = subprocess.run([sys.executable, "-c", MEASURE, path], capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
    assert peaks[1] < 1.3 * peaks[0]
