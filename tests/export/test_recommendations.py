"""SavedModels of recommenders: they answer from ids alone as the core does in NumPy, or there is none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_keras.encoders import linear_core, popularity_core
from sora_keras.errors import ExportError, ParameterError, SaveError
from sora_keras.export import RecommenderArtefact, proof, recommendations, write_recommender
from sora_keras.export.proof import answers_alone
from sora_keras.export.recommendations import _latest
from tests.recommending import best_by_hand, make_network, padded_rows

LOWEST = np.finfo(np.float32).min  # JSON has no infinity
USERS, ITEMS, K, LENGTH = ("ann", "安", "u 3"), 12, 5, 3
NAMES = np.array(["茶", *(f"i{number}" for number in range(1, ITEMS))], object)
HISTORIES = [[0, 3, 5, 7, 1], [4], [9, 2, 0, 9]]
POPULAR = np.array([9, 0, 4, 1, 2, 3, 5, 6, 7, 8, 10, 11], np.int32)
WEIGHTS = np.random.default_rng(1).normal(size=(ITEMS, ITEMS)).astype(np.float32)
CARD = {
    "encoder": "sequence", "rows": (10, 2), "protocol": "each user's last interaction", "refitted": True,
    "unknown": "popular", "similar": True, "fingerprint": "abc123", "findings": ["2 rows were empty"], "scores": {},
    "licence": "CC0-1.0", "intended_use": "a shop", "training": "3 passes in 1 s.",
}  # fmt: skip


def ids_of(numbers: np.ndarray) -> list[list[str]]:
    return [["" if number < 0 else NAMES[number] for number in row] for row in numbers]


def best_of(core: keras.Model, histories: list[list[int]], k: int) -> tuple[list[list[str]], np.ndarray]:
    """What shall be answered: the core reads the latest items, and leaves out all."""
    scores = np.asarray(core(padded_rows([history[-LENGTH:] for history in histories])))
    items, best = best_by_hand(scores, k, histories)
    return ids_of(items), best


def sample(items: list[list[str]], scores: np.ndarray, nobody: list[str]) -> dict[str, np.ndarray]:
    """What must be answered; the last that is asked for is not known."""
    return {
        "item": np.array([[one.encode() for one in row] for row in [*items, nobody]], object),
        "score": np.maximum(np.pad(scores, ((0, 1), (0, 0)), constant_values=-np.inf), LOWEST),
        "known": np.array([True] * len(items) + [False]),
    }


def likeness_of(core: keras.Model) -> np.ndarray:
    if "linear" in [layer.name for layer in core.layers]:
        return WEIGHTS
    table = np.asarray(core.get_layer("vectors").table)
    table = table / np.linalg.norm(table, axis=1, keepdims=True)
    return table @ table.T


def alike(core: keras.Model, numbers: list[int], k: int) -> tuple[list[list[str]], np.ndarray]:
    items, best = best_by_hand(likeness_of(core)[numbers], k, [[number] for number in numbers])
    return ids_of(items), best


def artefact_of(
    core: keras.Model, *, k: int = K, unknown: str = "popular", similar: bool = True
) -> RecommenderArtefact:
    nobody = NAMES[POPULAR[:k]].tolist() if unknown == "popular" else [""] * k
    answer = sample(*best_of(core, HISTORIES, k), nobody)
    samples: dict[str, Any] = {"recommend": ([*USERS, "nobody"], answer)}
    told = [[*NAMES[history], *[""] * (5 - len(history))] for history in [*HISTORIES, []]]
    samples["recommend_from_history"] = (told, answer)
    if similar:
        few = min(k, ITEMS - 1)
        samples["similar"] = (["茶", "i7", "none"], sample(*alike(core, [0, 7], few), [""] * few))
    return RecommenderArtefact(
        core=core, user_ids=np.array(USERS, object), item_ids=NAMES,
        items=np.concatenate(HISTORIES).astype(np.int32), starts=np.cumsum([0, *map(len, HISTORIES)]),
        length=LENGTH, k=k, unknown=unknown, popular=POPULAR, samples=samples, card={**CARD, "similar": similar},
    )  # fmt: skip


@pytest.fixture(scope="module")
def core() -> keras.Model:
    return make_network().core


@pytest.fixture(scope="module")
def exported(core, tmp_path_factory) -> Path:
    """A sequence; who is not known gets what is popular."""
    return write_recommender(artefact_of(core), tmp_path_factory.mktemp("sequence") / "m", overwrite=False)


def test_with_tensorflow_alone_it_answers_ids_and_histories_known_or_not(core, exported) -> None:
    histories = [
        ["", "i4", "nowhere", "i2"], ["茶", "", "", ""], ["nowhere", "", "", ""], ["", "", "", ""],
        ["i1", "i2", "i1", "i2"],
    ]  # fmt: skip
    answers = answers_alone(
        exported / "1",
        {
            "serving_default": ("user", "text", ["安", "nobody", "u 3", ""]),
            "recommend_from_history": ("history", "text", histories),
            "similar": ("item", "text", ["i11", "nowhere", "茶"]),
        },
    )
    popular = NAMES[POPULAR[:K]].tolist()

    users = answers["serving_default"]
    items, best = best_of(core, [HISTORIES[1], HISTORIES[2]], K)
    assert users["known"] == [True, False, True, False]
    assert users["item"] == [items[0], popular, items[1], popular]
    assert np.allclose(np.array(users["score"])[[0, 2]], best, atol=1e-5)
    assert (np.array(users["score"])[[1, 3]] == LOWEST).all()

    told = answers["recommend_from_history"]
    items, best = best_of(core, [[4, 2], [0], [1, 2, 1, 2]], K)
    assert told["known"] == [True, True, False, False, True]
    assert told["item"] == [items[0], items[1], popular, popular, items[2]]
    assert np.allclose(np.array(told["score"])[[0, 1, 4]], best, atol=1e-5)

    like = answers["similar"]
    items, best = alike(core, [11, 0], K)
    assert like["known"] == [True, False, True]
    assert like["item"] == [items[0], [""] * K, items[1]]
    assert np.allclose(np.array(like["score"])[[0, 2]], best, atol=1e-5)


def test_the_folder_is_as_tensorflow_serving_wants_it_with_a_card(exported) -> None:
    assert {file.name for file in exported.iterdir()} == {"1", "README.md", "recommender.json"}
    about = json.loads((exported / "recommender.json").read_text(encoding="utf-8"))
    assert about == {"items": 12, "users": 3, "k": 5, "signatures": ["recommend", "recommend_from_history", "similar"]}
    card = (exported / "README.md").read_text(encoding="utf-8")
    for expected in ("encoder sequence", "CC0-1.0", "a shop", "abc123", "2 rows were empty", "`similar`", "(batch, 5)"):
        assert expected in card
    assert "gets the popular items, without scores" in card


def test_the_linear_model_for_all_items_leaves_places_empty_and_says_nothing_of_who_is_not_known(tmp_path) -> None:
    core = linear_core(WEIGHTS)
    loaded = tf.saved_model.load(
        str(write_recommender(artefact_of(core, k=ITEMS, unknown="nothing"), tmp_path / "m", overwrite=False) / "1")
    )
    answer = {name: value.numpy() for name, value in loaded.signatures["recommend"](tf.constant(["ann", "?"])).items()}
    items, best = best_of(core, HISTORIES[:1], ITEMS)
    assert [one.decode() for one in answer["item"][0]] == items[0]
    assert items[0][-5:] == [""] * 5
    assert (answer["score"][0, -5:] == LOWEST).all()
    assert np.allclose(answer["score"][0, :-5], best[0, :-5], atol=1e-5)
    assert (answer["item"][1] == b"").all()
    assert answer["known"].tolist() == [True, False]
    like = loaded.signatures["similar"](tf.constant(["i3"]))
    items, best = alike(core, [3], ITEMS - 1)
    assert [one.decode() for one in like["item"].numpy()[0]] == items[0]
    assert np.allclose(like["score"], best, atol=1e-6)


def test_popularity_knows_of_no_likeness_and_has_no_signature_for_it(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(recommendations, "answers_alone", lambda version, asked: {})  # asked here instead
    core = popularity_core(np.arange(ITEMS, 0, -1))
    folder = write_recommender(artefact_of(core, similar=False), tmp_path / "m", overwrite=False)
    signatures = tf.saved_model.load(str(folder / "1")).signatures
    assert set(signatures) == {"recommend", "recommend_from_history", "serving_default"}
    items, best = best_of(core, HISTORIES, K)
    answer = signatures["recommend"](tf.constant(USERS))
    assert np.char.decode(answer["item"].numpy().astype(bytes), "utf-8").tolist() == items
    assert np.allclose(answer["score"], best)
    assert "Signature `similar`" not in (folder / "README.md").read_text(encoding="utf-8")


def wrong_order(answer: dict[str, Any]) -> None:
    answer["item"][1][:2] = answer["item"][1][1::-1]


def other_item(answer: dict[str, Any]) -> None:
    answer["item"][1][0] = "i4"


def twice(answer: dict[str, Any]) -> None:
    answer["item"][1][-1] = answer["item"][1][-2]


def one_that_was_seen(answer: dict[str, Any]) -> None:
    answer["item"][0][-1] = "i3"


def other_popular(answer: dict[str, Any]) -> None:
    answer["item"][-1] = answer["item"][-1][::-1]


def other_score(answer: dict[str, Any]) -> None:
    answer["score"][2][3] += 0.01


def other_knowledge(answer: dict[str, Any]) -> None:
    answer["known"][1] = False


def none(answer: dict[str, Any]) -> None:
    del answer["score"]


CHANGES = [wrong_order, other_item, twice, one_that_was_seen, other_popular, other_score, other_knowledge, none]


@pytest.fixture(scope="module")
def whole_ranking(core) -> RecommenderArtefact:
    """With places for which nothing is left."""
    return artefact_of(core, k=ITEMS)


@pytest.mark.parametrize("change", [None, *CHANGES], ids=lambda change: getattr(change, "__name__", "as it is"))
def test_the_proof_raises_when_answers_differ(whole_ranking, monkeypatch, change: Any) -> None:
    answers = {
        name: {"item": np.char.decode(right["item"].astype(bytes), "utf-8").tolist(),
               "score": right["score"].tolist(), "known": right["known"].tolist()}
        for name, (_, right) in whole_ranking.samples.items()
    }  # fmt: skip
    monkeypatch.setattr(recommendations, "answers_alone", lambda version, asked: answers)
    if change is None:
        return recommendations._prove(whole_ranking, Path())
    change(answers["recommend"])
    with pytest.raises(ExportError, match=r"signature recommend\).*[Nn]othing was exported"):
        recommendations._prove(whole_ranking, Path())


def test_items_of_equal_scores_may_change_places() -> None:
    items, scores = np.array([b"a", b"b", b"c", b""], object), np.array([2, 1, 1, LOWEST], np.float32)
    for found in (["a", "b", "c", ""], ["a", "c", "b", ""]):
        recommendations._compare_ranking(items, scores, found, "model")
    recommendations._compare_ranking(items[:3], scores[:3], ["a", "c", "d"], "model")
    for found in (["b", "a", "c", ""], ["a", "b", "d", ""]):
        with pytest.raises(ExportError, match="The exported model ranks otherwise than recommend"):
            recommendations._compare_ranking(items, scores, found, "model")


def test_it_raises_when_the_process_answers_otherwise_and_leaves_nothing_behind(core, tmp_path) -> None:
    artefact = artefact_of(core)
    asked, wanted = artefact.samples["similar"]
    wrong = {**artefact.samples, "similar": (["i7", "茶", "none"], wanted)}
    assert asked[:2] == ["茶", "i7"]
    with pytest.raises(ExportError, match=r"signature similar\) (ranks|answers) otherwise"):
        write_recommender(replace(artefact, samples=wrong), tmp_path / "deep" / "m", overwrite=False)
    assert list(tmp_path.iterdir()) == []


def test_it_raises_when_the_process_fails_and_leaves_nothing_behind(core, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(proof, "_ANSWER", "raise SystemExit('cannot load this')")
    with pytest.raises(ExportError, match="cannot load this"):
        write_recommender(artefact_of(core), tmp_path / "m", overwrite=False)
    assert list(tmp_path.iterdir()) == []


def test_a_word_for_who_is_not_known_that_is_none_is_refused(core, tmp_path) -> None:
    with pytest.raises(ParameterError, match=r"unknown must be 'nothing' or 'popular'. Received: 'error'"):
        write_recommender(artefact_of(core, unknown="error"), tmp_path / "m", overwrite=False)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_kept(core, exported, tmp_path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes").write_text("keep")
    for overwrite, said in ((False, "exists"), (True, "recommender.json")):
        with pytest.raises(SaveError, match=said):
            write_recommender(artefact_of(core), tmp_path / "mine", overwrite=overwrite)
    assert (tmp_path / "mine" / "notes").read_text() == "keep"
    with pytest.raises(SaveError, match="exists"):
        write_recommender(artefact_of(core), exported, overwrite=False)
    assert (exported / "1" / "saved_model.pb").is_file()


@settings(deadline=None, max_examples=40)
@given(lengths=st.lists(st.integers(0, 7), min_size=1, max_size=4), length=st.integers(1, 9), room=st.integers(0, 2))
def test_the_latest_items_are_read(lengths: list[int], length: int, room: int) -> None:
    rows = [list(range(10 * row, 10 * row + size)) for row, size in enumerate(lengths)]
    given = np.pad(padded_rows(rows), ((0, 0), (0, room)))
    found = _latest(tf.constant(given), length).numpy()
    assert [row[row > 0].tolist() for row in found] == [[item + 1 for item in row[-length:]] for row in rows]
    assert all((row[len(kept[-length:]) :] == 0).all() for row, kept in zip(found, rows, strict=True))
