"""One history is answered by another way than many, and alike."""

from __future__ import annotations

import numpy as np
import pytest

from sora_keras.encoders import with_linear
from sora_keras.tasks.one_history import OneHistory
from sora_keras.tasks.ranker import Ranker
from tests.recommending import ITEMS, LENGTH, make_network, summed_core


@pytest.fixture(scope="module", params=[False, True], ids=["sequence", "sequence+linear"])
def ranker(request) -> Ranker:
    core = make_network().core
    if request.param:
        weights = np.random.default_rng(1).normal(size=(ITEMS, ITEMS)).astype(np.float32)
        core = with_linear(core, weights, 3.0)
    return Ranker(core, LENGTH)


@pytest.mark.parametrize(
    "history", [[], [3], [1, 2, 3], [4, 4, 1], list(range(LENGTH)), list(range(LENGTH + 4))], ids=str
)
def test_one_history_is_answered_as_among_several(ranker, history) -> None:
    past = np.array(history, np.int32)
    assert ranker._one is not None
    one = ranker.rank([past], 4, seen=[past[:2]])
    several = ranker.rank([past, past], 4, seen=[past[:2], past[:2]])
    assert one[0][0].tolist() == several[0][0].tolist()
    assert one[1][0] == pytest.approx(several[1][0], abs=1e-4)


def test_histories_are_padded_to_a_few_lengths(ranker) -> None:
    one = ranker._one
    assert {one.padded(np.arange(count)).shape[1] for count in range(LENGTH + 1)} == {LENGTH}
    assert one.padded(np.array([0, 5])).tolist() == [[1, 6, *[0] * (LENGTH - 2)]]


def test_a_core_that_is_no_transformer_is_asked_as_it_is() -> None:
    core = summed_core(np.eye(3, dtype=np.float32))
    assert not OneHistory.suits(core)
    assert Ranker(core, LENGTH)._one is None
