"""Detections written as they are found, and copies with them drawn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sora_keras.data import Picture, read_pictures, to_picture
from sora_keras.data.frames import is_video, read_frames
from sora_keras.data.thumbnails import shown
from sora_keras.detections import Detection, Detections
from sora_keras.errors import DataError, MissingExtraError, ParameterError, SaveError
from sora_keras.pages.drawing import COLOURS
from sora_keras.tasks.detector_streaming import stream_to
from tests.pictures import encoded
from tests.videos import HEIGHT, WIDTH, moving_square, write_gif, write_video


class Brightest:
    """A detector that boxes what is brighter than half."""

    def __init__(self, verbose: bool = True) -> None:
        self.verbose = verbose
        self.asked: dict[str, Any] = {}

    def stream(self, X: Any, *, every: int = 1, **asked: Any) -> Iterator[Detections]:
        self.asked = {"every": every, **asked}
        if is_video(X):
            for frame in read_frames(X, every=every):
                yield self.answer(frame.picture, str(X), frame=frame.number, seconds=frame.seconds)
            return
        some = isinstance(X, str | Path)
        held = read_pictures(X, answer_required=False, by_class=False).column("image") if some else X
        for place, picture in enumerate(map(to_picture, held)):
            yield self.answer(picture, picture.path or f"picture {place}")

    def answer(self, picture: Picture, source: str, **when: Any) -> Detections:
        try:
            pixels = np.asarray(shown(picture.read()).convert("L"))
        except DataError as error:
            return Detections((), picture, source=source, error=str(error), **when)
        rows, columns = np.nonzero(pixels > 128)
        corners = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        found = (Detection("bright", 0.9, *map(float, corners)),) if len(rows) else ()
        return Detections(found, picture, pixels.shape, ("bright", "dark"), source, **when)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Five pictures, two of one name, in a folder with sub-folders."""
    first, second, third, fourth, fifth = moving_square(5)
    for name, pixels, kind in (
        ("a.png", first, "PNG"), ("one/b.jpg", second, "JPEG"), ("two/b.jpg", third, "JPEG"),
        ("two/c.gif", fourth, "GIF"), ("two/c.png", fifth, "PNG"),
    ):  # fmt: skip
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(pixels, kind))
    return tmp_path / "photos"


@pytest.fixture
def video(tmp_path: Path) -> Path:
    pytest.importorskip("av")
    return write_video(tmp_path / "square.mp4", moving_square(12))


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def names_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


def is_drawn(pixels: np.ndarray, left: int) -> bool:
    """Whether the upper side of the square's box has the colour of the first class."""
    wanted = np.array([int(COLOURS[0][place : place + 2], 16) for place in (1, 3, 5)])
    return bool((np.abs(pixels[8, left + 3 : left + 9].astype(int) - wanted).mean(axis=1) < 40).all())


def test_each_picture_becomes_a_line(photos: Path, tmp_path: Path, capsys) -> None:
    path = stream_to(Brightest(), photos, tmp_path / "out" / "found.jsonl")
    lines = lines_of(path)
    assert [Path(line["source"]).name for line in lines] == ["a.png", "b.jpg", "b.jpg", "c.gif", "c.png"]
    found = {"label": "bright", "score": 0.9, "box": [4, 8, 16, 20]}
    assert lines[0] == {"source": str(photos / "a.png"), "height": HEIGHT, "width": WIDTH, "found": [found]}
    assert capsys.readouterr().out == ""
    assert names_in(path.parent) == ["found.jsonl"]


def test_what_else_is_asked_reaches_the_detector(photos: Path, tmp_path: Path) -> None:
    detector = Brightest()
    stream_to(detector, photos, tmp_path / "found.jsonl", every=2, threshold=0.4, tile=None)
    assert detector.asked == {"every": 2, "threshold": 0.4, "tile": None}


def test_copies_keep_the_names_of_the_pictures_in_their_folders(photos: Path, tmp_path: Path) -> None:
    stream_to(Brightest(), photos, tmp_path / "found.jsonl", copies=tmp_path / "copies")
    expected = ["a.png", "copies.txt", "one/b.jpg", "two/b.jpg", "two/c.png", "two/c_2.png"]
    assert names_in(tmp_path / "copies") == expected
    for name, left in (("a.png", 4), ("one/b.jpg", 6), ("two/b.jpg", 8), ("two/c.png", 10), ("two/c_2.png", 12)):
        pixels = np.asarray(Image.open(tmp_path / "copies" / name).convert("RGB"))
        assert pixels.shape == (HEIGHT, WIDTH, 3)
        assert is_drawn(pixels, left), name
    assert not is_drawn(np.asarray(Image.open(photos / "a.png")), 4)


def test_copies_of_a_list_lie_side_by_side(photos: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG nothing")
    pictures = [photos / "two" / "b.jpg", photos / "one" / "b.jpg", broken, moving_square(1)[0], photos / "a.png"]
    stream_to(Brightest(), pictures, tmp_path / "found.jsonl", copies=tmp_path / "copies")
    assert names_in(tmp_path / "copies") == ["000003.png", "a.png", "b.jpg", "b_2.jpg", "copies.txt"]
    assert lines_of(tmp_path / "found.jsonl")[3]["source"] == "picture 3"


def test_a_glob_is_read_and_copied(photos: Path, tmp_path: Path) -> None:
    stream_to(Brightest(), str(photos / "*" / "b.jpg"), tmp_path / "found.jsonl", copies=tmp_path / "copies")
    assert names_in(tmp_path / "copies") == ["b.jpg", "b_2.jpg", "copies.txt"]


def test_one_picture_is_copied_under_its_name(photos: Path, tmp_path: Path) -> None:
    stream_to(Brightest(), photos / "a.png", tmp_path / "found.jsonl", copies=tmp_path / "copies")
    assert names_in(tmp_path / "copies") == ["a.png", "copies.txt"]


def test_an_unreadable_picture_has_its_reason_in_its_line(photos: Path, tmp_path: Path, capsys) -> None:
    (photos / "two" / "bad.png").write_bytes(b"\x89PNG nothing")
    path = stream_to(Brightest(), photos, tmp_path / "found.jsonl", copies=tmp_path / "copies")
    lines = lines_of(path)
    (bad,) = [line for line in lines if "error" in line]
    assert bad["source"] == str(photos / "two" / "bad.png")
    assert set(bad) == {"source", "error"}
    assert len(lines) == 6
    assert len(names_in(tmp_path / "copies")) == 6
    said = capsys.readouterr().out
    assert "1 of 6 could not be read" in said
    assert "bad.png" in said
    stream_to(Brightest(verbose=False), photos, path, overwrite=True)
    assert capsys.readouterr().out == ""


def test_where_nothing_can_be_read_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for place in range(12):
        (tmp_path / "photos" / f"{place:02d}.png").write_bytes(b"\x89PNG nothing")
    with pytest.raises(DataError, match=r"Nothing was written: 12 of 12 could not be read \(.*00\.png.*09\.png.*; …\)"):
        stream_to(Brightest(), tmp_path / "photos", tmp_path / "found.jsonl", copies=tmp_path / "copies")
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_a_stop_midway_leaves_nothing_and_what_was_there(photos: Path, tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "found.jsonl"
    path.write_text("mine")

    def stops(self, X: Any, **asked: Any) -> Iterator[Detections]:
        yield self.answer(to_picture(photos / "a.png"), "a.png")
        raise DataError("the disk is gone")

    monkeypatch.setattr(Brightest, "stream", stops)
    with pytest.raises(DataError, match="the disk is gone"):
        stream_to(Brightest(), photos, path, copies=tmp_path / "copies", overwrite=True)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["found.jsonl", "photos"]
    assert path.read_text() == "mine"


def test_a_copy_that_cannot_be_drawn_does_not_stop_the_others(photos: Path, tmp_path: Path, monkeypatch, capsys):
    plain = Brightest.stream
    monkeypatch.setattr(Brightest, "stream", lambda self, X, **asked: _without_picture(plain(self, X, **asked)))
    path = stream_to(Brightest(), photos, tmp_path / "found.jsonl", copies=tmp_path / "copies")
    assert len(lines_of(path)) == 5
    assert len(names_in(tmp_path / "copies")) == 5
    assert "no copy could be drawn of 1 (" in capsys.readouterr().out


def _without_picture(stream: Iterator[Detections]) -> Iterator[Detections]:
    first = next(stream)
    yield Detections(first.found, None, first.size, first.classes, first.source)
    yield from stream


def test_nothing_is_overwritten_unasked_and_before_anything_is_read(photos: Path, tmp_path: Path) -> None:
    stream_to(Brightest(), photos, tmp_path / "found.jsonl", copies=tmp_path / "copies")
    detector = Brightest()
    with pytest.raises(SaveError, match=r"found\.jsonl exists"):
        stream_to(detector, photos, tmp_path / "found.jsonl")
    with pytest.raises(SaveError, match="copies exists"):
        stream_to(detector, photos, tmp_path / "other.jsonl", copies=tmp_path / "copies")
    assert detector.asked == {}
    assert not (tmp_path / "other.jsonl").exists()
    stream_to(detector, [photos / "a.png"], tmp_path / "found.jsonl", copies=tmp_path / "copies", overwrite=True)
    assert names_in(tmp_path / "copies") == ["a.png", "copies.txt"]


def test_a_folder_of_ones_own_is_not_replaced(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear")
    with pytest.raises(SaveError, match="holds other things"):
        stream_to(Brightest(), photos, tmp_path / "found.jsonl", copies=tmp_path / "mine", overwrite=True)
    assert (tmp_path / "mine" / "diary.txt").read_text() == "dear"


def test_copies_lie_apart_from_what_is_read(photos: Path, video: Path, tmp_path: Path) -> None:
    for X, copies in ((photos, photos), (photos, photos / "drawn"), (video, video)):
        with pytest.raises(ParameterError, match="copies must lie apart"):
            stream_to(Brightest(), X, tmp_path / "found.jsonl", copies=copies, overwrite=True)
    assert len(names_in(photos)) == 5


@pytest.mark.parametrize("name", ["found.json", "found", "found.csv"])
def test_the_file_of_lines_is_named_so(photos: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(ParameterError, match=r"path must end in \.jsonl"):
        stream_to(Brightest(), photos, tmp_path / name)


def test_a_video_becomes_a_line_a_frame(video: Path, tmp_path: Path) -> None:
    lines = lines_of(stream_to(Brightest(), video, tmp_path / "found.jsonl", every=5))
    assert [(line["frame"], line["seconds"]) for line in lines] == [(0, 0), (5, 0.5), (10, 1)]
    assert [line["found"][0]["box"][0] for line in lines] == pytest.approx([4, 14, 24], abs=1)
    assert {line["source"] for line in lines} == {str(video)}


def test_frames_are_copied_to_a_folder_by_number(video: Path, tmp_path: Path) -> None:
    stream_to(Brightest(), video, tmp_path / "found.jsonl", copies=tmp_path / "copies", every=5)
    assert names_in(tmp_path / "copies") == ["000000.jpg", "000005.jpg", "000010.jpg", "copies.txt"]
    assert is_drawn(np.asarray(Image.open(tmp_path / "copies" / "000005.jpg")), 14)


@pytest.mark.parametrize("every", [1, 3])
def test_a_video_is_copied_as_a_video_of_the_same_pace(video: Path, tmp_path: Path, every: int) -> None:
    import av

    copy = tmp_path / "copy.mp4"
    stream_to(Brightest(), video, tmp_path / "found.jsonl", copies=copy, every=every)
    frames = list(read_frames(copy))
    assert len(frames) == 12 // every
    assert [frame.seconds for frame in frames] == pytest.approx([place / 10 for place in range(0, 12, every)])
    with av.open(str(copy)) as container:
        assert float(container.streams.video[0].average_rate) == pytest.approx(10 / every, rel=0.01)
    pixels = np.asarray(shown(frames[0].picture.read()))
    assert pixels.shape == (HEIGHT, WIDTH, 3)
    # Colour is kept for every second pixel only, and the line is two wide.
    assert pixels[8, 8, 0] > pixels[8, 8, 2] + 40


def test_an_odd_size_loses_a_pixel_and_a_gif_becomes_a_video(tmp_path: Path) -> None:
    pytest.importorskip("av")
    path = write_gif(tmp_path / "square.gif", moving_square(3, 47, 65))
    stream_to(Brightest(), path, tmp_path / "found.jsonl", copies=tmp_path / "copy.mp4")
    assert {shown(frame.picture.read()).size for frame in read_frames(tmp_path / "copy.mp4")} == {(64, 46)}


def test_a_video_of_pictures_is_refused(photos: Path, video: Path, tmp_path: Path) -> None:
    for X, copies in ((photos, "copy.mp4"), (video, "copy.avi"), (photos, "copy.webm")):
        with pytest.raises(ParameterError, match=r"copies must be a folder, or for a video a path that ends in \.mp4"):
            stream_to(Brightest(), X, tmp_path / "found.jsonl", copies=tmp_path / copies)


def test_a_missing_package_is_said_before_anything_is_read(video: Path, tmp_path: Path, monkeypatch) -> None:
    def not_installed(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", not_installed)
    detector = Brightest()
    with pytest.raises(MissingExtraError, match=r"sora-keras\[video\]"):
        stream_to(detector, video, tmp_path / "found.jsonl", copies=tmp_path / "copy.mp4")
    assert detector.asked == {}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["square.mp4"]
