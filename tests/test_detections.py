"""What a detector found, as values, as a picture and in a notebook."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import pickle
import re
import sys

import numpy as np
import pytest
from PIL import Image

from sora_keras.data import Picture, to_picture
from sora_keras.detections import Detection, Detections
from sora_keras.errors import DataError, MissingExtraError, ParameterError
from sora_keras.pages.drawing import COLOURS
from tests.pictures import encoded

CLASSES = ("bus", "car", "person")
FOUND = (
    Detection("car", 0.9712345678, 4.0, 8.123456, 44.0, 28.0),
    Detection("person", 0.8, 50.0, 10.0, 60.0, 40.0),
    Detection("car", 0.25, -3.0, 30.0, 20.5, 70.0),
)


def pixels_of(height: int = 60, width: int = 100) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 80, (height, width, 3), dtype=np.uint8)


def detections(**changed) -> Detections:
    given = {"picture": to_picture(pixels_of()), "size": (60, 100), "classes": CLASSES, "source": "a/b.jpg", **changed}
    return Detections(FOUND, **given)


def has(image: Image.Image, colour: str) -> bool:
    wanted = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return bool((np.asarray(image) == wanted).all(axis=-1).any())


def test_it_is_read_like_a_list_with_arrays() -> None:
    found = detections()
    assert len(found) == 3
    assert list(found) == [found[0], found[1], found[2]] == list(FOUND)
    assert found.labels == ["car", "person", "car"]
    assert found.scores == [0.9712345678, 0.8, 0.25]
    assert found.counts == {"car": 2, "person": 1}
    assert found.corners.dtype == np.float32
    assert found.corners[1].tolist() == [50, 10, 60, 40]
    assert Detections(()).corners.shape == (0, 4)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.source = "c.jpg"  # type: ignore[misc]


def test_it_is_equal_without_its_picture_and_pickled_with_it() -> None:
    assert detections() == detections(picture=None)
    assert detections() != detections(source="c.jpg")
    assert "Picture" not in repr(detections())
    again = pickle.loads(pickle.dumps(detections()))
    assert again.plot().tobytes() == detections().plot().tobytes()


def test_the_terminal_names_the_first_ten() -> None:
    assert str(detections()) == "car (97%), person (80%), car (25%)"
    assert str(Detections(())) == "nothing found"
    assert str(Detections((Detection("a", 0.5, 0, 0, 1, 1),) * 12)).endswith("a (50%) and 2 more")
    assert str(Detections((), error="b.jpg is empty.")) == "not read: b.jpg is empty."


def test_the_dictionary_says_where_and_what() -> None:
    answer = detections().to_dict()
    assert answer == json.loads(json.dumps(answer))
    assert list(answer) == ["source", "height", "width", "found"]
    assert (answer["height"], answer["width"]) == (60, 100)
    assert answer["found"][0] == {"label": "car", "score": 0.971235, "box": [4.0, 8.12, 44.0, 28.0]}
    video = detections(frame=12, seconds=0.40041).to_dict()
    assert (video["source"], video["frame"], video["seconds"]) == ("a/b.jpg", 12, 0.4)
    assert detections(frame=0, seconds=0.0).to_dict()["frame"] == 0
    assert list(Detections(()).to_dict()) == ["height", "width", "found"]
    assert Detections((), source="b.jpg", error="empty").to_dict() == {"source": "b.jpg", "error": "empty"}


def test_the_data_frame_has_a_row_a_detection() -> None:
    pytest.importorskip("pandas")
    table = detections().to_df()
    assert table.columns.tolist() == ["source", "label", "score", "left", "top", "right", "bottom"]
    assert table["label"].tolist() == ["car", "person", "car"]
    assert table[["left", "bottom"]].values.tolist() == [[4, 28], [50, 40], [-3, 70]]
    empty = Detections((), frame=3, seconds=0.1).to_df()
    assert (len(empty), empty.columns[0]) == (0, "frame")


def test_a_data_frame_without_pandas_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match="pip install pandas"):
        detections().to_df()


def test_results_of_coco_count_the_classes_from_one_or_as_they_are_told() -> None:
    results = detections().to_coco(7)
    assert results[1] == {"image_id": 7, "category_id": 3, "bbox": [50, 10, 10, 30], "score": 0.8}
    assert results[0]["bbox"] == [4, 8.12, 40, 19.88]
    assert [one["category_id"] for one in detections().to_coco(category_ids={"car": 44, "person": 1})] == [44, 1, 44]
    with pytest.raises(ParameterError, match=r"no number for 'car'. Did you mean 'cars'"):
        detections().to_coco(category_ids={"cars": 44, "person": 1})


def test_coco_reads_the_results_back(tmp_path) -> None:
    coco = pytest.importorskip("pycocotools.coco")
    truth = coco.COCO()
    truth.dataset = {"images": [{"id": 7}], "categories": [{"id": 2}, {"id": 3}], "annotations": []}
    truth.createIndex()
    (tmp_path / "results.json").write_text(json.dumps(detections().to_coco(7)))
    assert len(truth.loadRes(str(tmp_path / "results.json")).getAnnIds(catIds=[2])) == 2


def test_crops_are_what_stands_in_the_boxes() -> None:
    pixels = pixels_of()
    first, second, third = detections().crops()
    assert (np.asarray(first) == pixels[8:28, 4:44]).all()
    assert second.size == (10, 30)
    assert (np.asarray(third) == pixels[30:60, 0:20]).all()
    thin = Detections((Detection("car", 0.5, 30.2, 20.1, 30.3, 20.2), Detection("car", 0.4, 100, 60, 100, 60)))
    crops = dataclasses.replace(thin, picture=to_picture(pixels), size=(60, 100)).crops()
    assert [crop.size for crop in crops] == [(1, 1), (1, 1)]


def test_the_plot_has_the_size_of_the_picture_or_what_is_asked() -> None:
    found = detections()
    assert found.plot().size == (100, 60)
    assert found.plot(500).size == (500, 300)
    assert found.plot(side=50).size == (50, 30)
    large = np.asarray(found.plot(1000))
    line = [int(COLOURS[1][place : place + 2], 16) for place in (1, 3, 5)]
    assert (large[200, 41] == line).all()
    assert (large[200, 438] == line).all()


def test_a_class_keeps_its_colour_from_picture_to_picture() -> None:
    image = Detections(FOUND[1:2], to_picture(pixels_of()), (60, 100), CLASSES).plot()
    assert has(image, COLOURS[2])
    assert not has(image, COLOURS[0])
    both = detections().plot()
    assert has(both, COLOURS[1])
    assert has(both, COLOURS[2])
    assert has(detections(classes=()).plot(), COLOURS[0])
    assert has(detections(classes=("bus", "car")).plot(), COLOURS[2])


def test_boxes_lie_on_the_upright_picture(tmp_path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "turned.jpg"
    path.write_bytes(encoded(pixels_of(60, 100), "JPEG", exif=exif.tobytes()))
    assert detections(picture=Picture(str(path)), size=(100, 60)).plot().size == (60, 100)


def test_without_a_picture_there_is_no_plot_but_a_table(tmp_path) -> None:
    bare = detections(picture=None)
    gone = detections(picture=Picture(str(tmp_path / "gone.png")))
    for found, said in ((bare, "There is no picture to draw on"), (gone, "could not be read")):
        for ask in (found.plot, found.crops):
            with pytest.raises(DataError, match=said):
                ask()
        assert found._repr_png_() is None
        page = found._repr_html_()
        assert page.count("<tr") == 4
        for expected in ("b.jpg", "2 × car, 1 × person", "97%", ">bottom</th>"):
            assert expected in page


def test_a_notebook_shows_a_picture_of_reasonable_size() -> None:
    sizes = [((60, 100), (320, 192)), ((300, 400), (400, 300)), ((900, 1800), (640, 320))]
    for (height, width), shown in sizes:
        found = Detections(FOUND, to_picture(pixels_of(height, width)), (height, width), CLASSES, "a/<b>.jpg")
        page = found._repr_html_()
        (content,) = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
        assert Image.open(io.BytesIO(base64.b64decode(content))).size == shown
        assert base64.b64decode(content) == found._repr_png_()
        assert "&lt;b&gt;.jpg" in page
        assert 'alt="2 × car, 1 × person"' in page
        assert "http" not in page


def test_a_notebook_names_the_frame_and_says_errors_and_nothing() -> None:
    assert "b.mp4 frame 1,200 at 48.04 s" in detections(source="a/b.mp4", frame=1200, seconds=48.04)._repr_html_()
    page = Detections((), source="b.jpg", error="b.jpg is <empty>.")._repr_html_()
    assert "not read: b.jpg is &lt;empty&gt;." in page
    assert "<table" not in page
    assert "nothing found" in Detections((), to_picture(pixels_of()), (60, 100))._repr_html_()
    many = Detections((Detection("a", 0.5, 0, 0, 1, 1),) * 1025)._repr_html_()
    assert many.count("<tr") == 21
    assert "And 1,005 more" in many
