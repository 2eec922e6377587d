"""Small real models and data that many tests share."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
if "PYTEST_XDIST_WORKER" in os.environ:  # workers beside each other, with a core each
    for _threads in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(_threads, "1")

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

# Whole fits, whose lines others reach too: to count them makes what TensorFlow traces a third slower. Single tests are
# marked where they stand.
UNCOUNTED = (
    "test_applications", "test_cli", "test_contract", "test_decisions", "test_docs", "test_image",
    "test_picture_faults", "test_recommender", "test_saving", "test_text",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.stem in UNCOUNTED and item.path.parent.name in ("tests", "tasks", "data"):
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture(scope="session", autouse=True)
def proofs() -> Iterator[None]:
    """Exports are proved in children of one process; `tests/export` has some proved as users have them."""
    from sora_keras.export import proof
    from tests.alone import TensorFlowAlone

    alone = TensorFlowAlone()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proof, "subprocess", alone)
        yield
    alone.end()


GOOD = (
    "a wonderful film",
    "great acting and a warm story",
    "I loved it",
    "funny and clever",
    "the best film of the year",
)
BAD = (
    "a terrible film",
    "dull acting and a cold story",
    "I hated it",
    "boring and stupid",
    "the worst film of the year",
)
ENDINGS = (
    "",
    " indeed",
    " today",
    " again",
    ", truly",
    "!",
    " of all",
    " and more",
    " at last",
    " for me",
    " 好",
    " here",
)


def reviews() -> tuple[list[str], list[str]]:
    """120 short distinct texts and their sentiment, two classes alike in number."""
    texts = [start + end for start in (*GOOD, *BAD) for end in ENDINGS]
    return texts, ["good"] * (len(texts) // 2) + ["bad"] * (len(texts) // 2)


@pytest.fixture(scope="session")
def review_data() -> tuple[list[str], list[str]]:
    return reviews()


@pytest.fixture(scope="session")
def fitted():
    """A fitted classifier that tests only ask; one that changes it fits its own."""
    import sora_keras as sora

    return sora.TextClassifier(verbose=False).fit(*reviews())


@pytest.fixture
def review_csv(tmp_path: Path) -> Path:
    texts, labels = reviews()
    path = tmp_path / "reviews.csv"
    rows = (f'"{text}",{label}\n' for text, label in zip(texts, labels, strict=True))
    path.write_text("review,sentiment\n" + "".join(rows), encoding="utf-8")
    return path


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
