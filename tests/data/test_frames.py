"""A video's frames as pictures."""

from __future__ import annotations

import importlib
import io
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from sora_keras.data.frames import frame_rate, is_video, read_frames
from sora_keras.errors import ArgumentTypeError, DataError, MissingExtraError, NotFoundError, ParameterError
from tests.pictures import encoded
from tests.videos import HEIGHT, WIDTH, moving_square, write_gif, write_video

pytest.importorskip("av")


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "square.mp4", moving_square(12))


def pixels_of(frame) -> np.ndarray:
    return tf.io.decode_image(frame.picture.read(), expand_animations=False).numpy()


def left_of(pixels: np.ndarray) -> int:
    """Where the bright square begins."""
    return int(np.flatnonzero((pixels[..., 0] > 128).any(axis=0))[0])


def test_frames_come_in_order_with_their_time(video: Path) -> None:
    frames = list(read_frames(video))
    assert [frame.number for frame in frames] == list(range(12))
    assert [frame.seconds for frame in frames] == pytest.approx([place / 10 for place in range(12)])
    assert {pixels_of(frame).shape for frame in frames} == {(HEIGHT, WIDTH, 3)}
    assert np.abs(np.array([left_of(pixels_of(frame)) for frame in frames]) - np.arange(4, 28, 2)).max() <= 1


def test_every_third_frame_keeps_its_number_and_time(video: Path) -> None:
    frames = list(read_frames(str(video), every=3))
    assert [frame.number for frame in frames] == [0, 3, 6, 9]
    assert [frame.seconds for frame in frames] == pytest.approx([0, 0.3, 0.6, 0.9])
    assert left_of(pixels_of(frames[2])) in (15, 16, 17)
    assert [frame.number for frame in read_frames(video, every=100)] == [0]


def test_a_frame_is_the_same_for_tensorflow_and_for_pillow(video: Path) -> None:
    frame = next(iter(read_frames(video)))
    with Image.open(io.BytesIO(frame.picture.read())) as image:
        assert (np.asarray(image.convert("RGB")) == pixels_of(frame)).all()


@pytest.mark.parametrize(("rotation", "turns"), [(90, 1), (-90, 3), (180, 2)])
def test_frames_are_turned_as_the_phone_was_held(tmp_path: Path, rotation: float, turns: int) -> None:
    plain = next(iter(read_frames(write_video(tmp_path / "plain.mp4", moving_square(2)))))
    turned = next(iter(read_frames(write_video(tmp_path / "turned.mp4", moving_square(2), rotation=rotation))))
    assert (pixels_of(turned) == np.rot90(pixels_of(plain), turns)).all()


def test_the_rate_is_that_of_the_file(tmp_path: Path, video: Path) -> None:
    assert frame_rate(video) == 10
    film = write_video(tmp_path / "film.mp4", moving_square(24), rate=Fraction(24_000, 1001))
    assert frame_rate(film) == Fraction(24_000, 1001)
    assert frame_rate(write_gif(tmp_path / "square.gif", moving_square(3), milliseconds=50)) == 20


def test_a_colon_in_a_name_is_no_protocol(tmp_path: Path) -> None:
    path = write_video(tmp_path / "square.mp4", moving_square(2)).rename(tmp_path / "at 10:30.mp4")
    assert len(list(read_frames(path))) == 2


def test_the_time_counts_from_the_first_frame(tmp_path: Path) -> None:
    # MPEG transport streams begin their clock at more than a second.
    frames = read_frames(write_video(tmp_path / "square.ts", moving_square(5), rate=25, codec="mpeg2video"))
    assert [frame.seconds for frame in frames] == pytest.approx([place / 25 for place in range(5)], abs=1e-4)


def test_an_animated_gif_is_read_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_gif(tmp_path / "square.gif", moving_square(4))
    monkeypatch.setattr(importlib, "import_module", _not_installed)
    frames = list(read_frames(path, every=2))
    assert [(frame.number, frame.seconds) for frame in frames] == [(0, 0.0), (2, 0.08)]
    assert [left_of(pixels_of(frame)) for frame in frames] == [4, 8]


def test_videos_are_told_by_their_suffix_and_gifs_by_their_frames(tmp_path: Path) -> None:
    assert is_video("a/b.MP4")
    assert is_video(Path("b.webm"))
    assert not is_video("b.jpg")
    assert not is_video("a.mp4/b")
    assert not is_video(["a.mp4"])
    assert is_video(write_gif(tmp_path / "moving.gif", moving_square(2)))
    (tmp_path / "still.gif").write_bytes(encoded(moving_square(1)[0], "GIF"))
    assert not is_video(tmp_path / "still.gif")
    assert not is_video(tmp_path / "none.gif")


def test_what_is_no_video_is_said(tmp_path: Path, video: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no video .*none\.mp4"):
        read_frames(tmp_path / "none.mp4")
    for name, content in (("text.mp4", b"no video " * 99), ("empty.mp4", b""), ("broken.gif", b"GIF89a")):
        (tmp_path / name).write_bytes(content)
        for read in (frame_rate, lambda path: list(read_frames(path))):
            with pytest.raises(DataError, match=rf"{name} is no (video|GIF) that can be"):
                read(tmp_path / name)
    (tmp_path / "short.mp4").write_bytes(video.read_bytes()[:900])
    with pytest.raises(DataError, match=r"short\.mp4 (holds no video|is no video)"):
        list(read_frames(tmp_path / "short.mp4"))


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    import av

    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=44_100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44_100), np.float32), format="fltp", layout="mono")
        frame.rate = 44_100
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(DataError, match=r"sound\.mp4 holds no video: it has sound alone"):
        list(read_frames(tmp_path / "sound.mp4"))


def test_a_video_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:
    content = bytearray(write_video(tmp_path / "whole.mp4", moving_square(30), codec="libx264").read_bytes())
    start, end = content.index(b"mdat"), content.index(b"moov")
    middle = start + 2 * (end - start) // 3
    content[middle : end - 8] = b"\xff" * (end - 8 - middle)
    (tmp_path / "broken.mp4").write_bytes(content)
    frames = []
    with pytest.raises(DataError, match=r"broken\.mp4 breaks off after \d+ frames"):
        frames.extend(read_frames(tmp_path / "broken.mp4"))
    assert 0 < len(frames) < 30


@pytest.mark.parametrize(("every", "kind"), [(0, ParameterError), (-1, ParameterError), (1.5, ArgumentTypeError)])
def test_every_is_a_whole_number_above_nothing(video: Path, every, kind) -> None:
    with pytest.raises(kind, match="every must be a whole number of at least 1"):
        read_frames(video, every=every)


def test_a_missing_package_names_the_extra(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib, "import_module", _not_installed)
    with pytest.raises(MissingExtraError, match=r"'av'.*pip install \"sora-keras\[video\]\""):
        read_frames(video)


def test_the_file_is_closed_when_one_stops_early(video: Path) -> None:
    frames = read_frames(video)
    next(frames)
    frames.close()
    video.unlink()
    assert list(frames) == []


def _not_installed(name: str) -> None:
    raise ImportError(name)
