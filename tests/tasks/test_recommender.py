"""A log of who did what to ranked suggestions, from reading to the files it leaves."""

from __future__ import annotations

import csv
import json

import keras
import numpy as np
import pytest

import sora_keras as sora
from sora_keras import data
from sora_keras.errors import ArgumentTypeError, DataError, NotFittedError, ParameterError, SaveError
from tests.recommending import following, made_log

FILMS = {
    "item": [f"i{number}" for number in range(11)],
    "title": [f"Film {number}" for number in range(11)],
    "group": ["red"] * 6 + ["blue"] * 5,
}


@pytest.fixture(scope="module")
def log():
    return made_log(users=40, steps=5)


@pytest.fixture(scope="module")
def linear(log):
    return sora.Recommender(encoder="linear", verbose=False).fit(log, items=FILMS)


@pytest.fixture(scope="module")
def auto(log):
    """Tries popularity, the linear model and the sequence, as a user gets it who says nothing."""
    return sora.Recommender(
        protocol="last", epochs=25, batch_size=8, width=16, dropout=0.0, learning_rate=5e-3, verbose=False
    ).fit(log)


@pytest.fixture(scope="module")
def towers(log):
    return sora.Recommender(encoder="two_tower", epochs=12, learning_rate=1e-2, width=8, verbose=False, seed=1).fit(
        log, items=FILMS
    )


def test_recommends_what_follows_and_nothing_seen(auto, log) -> None:
    right = []
    for user in range(log.n_users):
        answer = auto.recommend(f"u{user}", k=3)
        seen = {str(log.item_ids[item]) for item in log.history(user)}
        assert not seen & set(answer.items)
        assert answer.scores == sorted(answer.scores, reverse=True)
        right.append(answer.items[0] == f"i{following(int(log.history(user)[-1]))}")
    assert np.mean(right) > 0.9


def test_auto_says_what_it_tried_and_keeps_the_best(auto) -> None:
    compared = auto.fitted.compared
    assert set(compared) == {"popularity", "linear", "sequence", "sequence+linear"}
    assert compared[auto.fitted.encoder] == max(compared.values())
    assert compared[auto.fitted.encoder] > compared["popularity"]


def test_auto_prints_the_figures_it_chose_by(log, capsys) -> None:
    sora.Recommender(protocol="last", epochs=1, width=4).fit(log)
    said = capsys.readouterr().out
    assert "does best. NDCG@10, held out each user's last interaction: popularity " in said
    assert "Training again on all" in said or "'linear' does best" in said


def test_protocol_is_by_time_where_there_are_times() -> None:
    rows = [("ann", "tea", 1.0, 3), ("ann", "milk", 2.0, 1), ("bob", "tea", 3.0, 5), ("bob", "rum", 3.0, 6)]
    timed = sora.Recommender(encoder="popularity", verbose=False).fit(rows)
    assert timed.fitted.protocol == "last"
    assert [str(timed.fitted.log.item_ids[i]) for i in timed.fitted.log.history(0)] == ["milk", "tea"]
    assert sora.Recommender(encoder="popularity", verbose=False).fit([r[:3] for r in rows]).fitted.protocol == "random"


def test_somebody_new_is_answered_as_a_user_with_that_history(auto, log) -> None:
    history = [str(log.item_ids[item]) for item in log.history(0)]
    assert auto.recommend(history=history).items == auto.recommend("u0").items


def test_filters_hold(linear) -> None:
    assert set(linear.recommend("u0", only=["i7", "i8"]).items) == {"i7", "i8"}
    assert "i7" not in linear.recommend("u0", k=12, without=["i7"], exclude_seen=False).items
    assert len(linear.recommend("u0", k=12, exclude_seen=False)) == 12
    assert len(linear.recommend("u0", k=12)) < 12


def test_titles_stand_in_answers_and_ids_where_there_is_none(linear) -> None:
    answer = linear.recommend("u1", k=12, exclude_seen=False)
    titles = {one.item: one.title for one in answer}
    assert titles["i3"] == "Film 3"
    assert titles["i11"] == "i11"
    assert any(finding.kind == "missing_items" and "1 of 12" in finding.message for finding in linear.findings_)
    assert "Film" in answer._repr_html_()
    assert "Film" in str(answer)


def test_many_users_are_answered_as_each_alone(auto, log) -> None:
    many = auto.recommend_many(log.user_ids[:7], k=4)
    assert many.tolist() == [auto.recommend(user, k=4).items for user in log.user_ids[:7]]
    assert [one.items for one in auto(["u0", "u3"])] == [auto("u0").items, auto("u3").items]


def test_places_without_an_item_left_are_empty() -> None:
    rows = [("ann", "tea"), ("ann", "milk"), ("bob", "tea"), ("bob", "rum")]
    rec = sora.Recommender(encoder="popularity", verbose=False).fit(rows)
    assert rec.recommend_many(["ann"], k=3).tolist() == [["rum", "", ""]]


def test_score_and_predict_agree_with_the_ranking(auto) -> None:
    answer = auto.recommend("u2", k=4)
    assert auto.score("u2", answer.items) == pytest.approx(answer.scores, abs=1e-5)
    rows = [("u2", item) for item in reversed(answer.items)]
    assert auto.predict(rows) == pytest.approx(answer.scores[::-1], abs=1e-5)
    table = {"user": ["u2"] * 4, "item": answer.items}
    assert auto.predict(table) == pytest.approx(answer.scores, abs=1e-5)


def test_similar_items_are_of_the_same_group(linear, towers, auto) -> None:
    for rec in (linear, auto, towers):
        alike = rec.similar("i2", k=2)
        assert "i2" not in alike.items
        assert all(int(item[1:]) < 6 for item in alike.items), rec.fitted.encoder
    assert "like Film 2" in str(linear.similar("i2", k=2))


def test_explanation_of_the_linear_model_sums_to_its_score(linear, log) -> None:
    reasons = linear.explain("u0", linear.recommend("u0").items[0])
    assert sum(reasons.contributions) == pytest.approx(reasons.score, abs=1e-4)
    assert list(reasons.past) == [str(log.item_ids[item]) for item in log.history(0)]
    assert linear.explain("u0").item == linear.recommend("u0", k=1).items[0]
    assert linear.explain("u0", target="i7").item == "i7"


def test_what_is_explained_is_recommended_where_a_history_is_longer_than_what_is_read(log) -> None:
    rec = sora.Recommender(encoder="sequence", length=2, width=8, epochs=1, refit=False, verbose=False).fit(log)
    for user in log.user_ids:
        assert rec.explain(user).item == rec.recommend(user, k=1).items[0]
        assert len(rec.explain(user).past) == 2


def test_explanation_finds_the_item_that_leads_to_the_next(auto, log) -> None:
    reasons = auto.explain("u0")
    assert reasons.top(2)
    assert auto.explain(history=[str(log.item_ids[item]) for item in log.history(0)]).item == reasons.item


def test_every_user_is_written_to_a_file(linear, log, tmp_path) -> None:
    linear.recommend_all(tmp_path / "all.jsonl", k=3)
    lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert [line["user"] for line in lines] == list(log.user_ids)
    assert lines[4]["items"] == linear.recommend("u4", k=3).items
    linear.recommend_all(tmp_path / "some.csv", k=2, users=["u3", "u1"])
    with (tmp_path / "some.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["user"], row["rank"]) for row in rows] == [("u3", "1"), ("u3", "2"), ("u1", "1"), ("u1", "2")]
    with pytest.raises(SaveError, match="exists"):
        linear.recommend_all(tmp_path / "some.csv")
    with pytest.raises(ParameterError, match=r"\.jsonl or \.csv"):
        linear.recommend_all(tmp_path / "all.txt")


def test_stream_reads_users_from_lists_and_tables(linear) -> None:
    assert [one.user for one in linear.stream(["u3", "u1"])] == ["u3", "u1"]
    assert [one.user for one in linear.stream({"user": ["u5", "u5", "u2"], "item": ["i1", "i2", "i3"]})] == ["u5", "u2"]
    with pytest.raises(DataError, match="holds the users"):
        list(linear.stream({"who": ["u5"], "what": ["i1"]}))


def test_saved_and_loaded_it_answers_alike_and_knows_the_titles(auto, towers, tmp_path) -> None:
    for rec in (auto, towers):
        loaded = sora.load(rec.save(tmp_path / rec.fitted.encoder))
        assert loaded.recommend("u0").items == rec.recommend("u0").items
        assert loaded.recommend("u0").scores == pytest.approx(rec.recommend("u0").scores, abs=1e-6)
        assert loaded.fitted.compared == rec.fitted.compared
        assert loaded.fitted.fingerprint == loaded.fitted.log.fingerprint() == rec.fitted.fingerprint
    assert loaded.recommend("u0", k=1)[0].title.startswith("Film")


def test_a_changed_file_of_a_saved_recommender_is_refused(linear, tmp_path) -> None:
    folder = linear.save(tmp_path / "rec")
    (folder / "interactions.npz").write_bytes(b"other")
    with pytest.raises(DataError, match=r"interactions\.npz was changed"):
        sora.load(folder)


def test_new_items_are_recommended_by_their_features(towers, tmp_path) -> None:
    copy = sora.load(towers.save(tmp_path / "towers"))
    copy.add_items({"item": ["n1", "n2"], "title": ["New red", "New blue"], "group": ["red", "blue"]})
    for user, better in (("u0", "n1"), ("u1", "n2")):
        assert copy.recommend(user, k=2, only=["n1", "n2"]).items[0] == better
    assert copy.recommend("u0", only=["n1"])[0].title == "New red"
    again = sora.load(copy.save(tmp_path / "grown"))
    assert again.recommend("u0", only=["n1", "n2"]).items == copy.recommend("u0", only=["n1", "n2"]).items
    with pytest.raises(ParameterError, match="known already"):
        copy.add_items({"item": ["n1"], "title": ["New red"], "group": ["red"]})


def test_users_are_known_by_their_features_and_somebody_new_by_none(log, tmp_path) -> None:
    import tensorflow as tf

    # Every history is alike, so that only the table says which half a user wants.
    rows = [(user, item) for user in range(40) for item in ("s1", "s2", "ab"[user % 2] + str(user % 3))]
    people = {"user": list(range(40)), "side": ["left", "right"] * 20}
    rec = sora.Recommender(
        encoder="two_tower", protocol="last", epochs=40, learning_rate=2e-2, width=8, dropout=0.0,
        validation_fraction=0.0, verbose=False,
    ).fit([(*row, 1.0, place) for place, row in enumerate(rows)], users=people)  # fmt: skip
    few = [f"{side}{number}" for side in "ab" for number in range(3)]
    for user in (0, 1, 2, 3):
        best = rec.recommend(user, k=2, only=few).items
        assert all(item[0] == "ab"[user % 2] for item in best)
        assert rec.score(user, best) == pytest.approx(rec.recommend(user, k=2, only=few).scores, abs=1e-5)
    new = rec.recommend(history=["s1", "s2"], k=3)
    assert len(new) == 3
    loaded = sora.load(rec.save(tmp_path / "rec"))
    assert loaded.recommend(3).scores == pytest.approx(rec.recommend(3).scores, abs=1e-6)
    rec.export(tmp_path / "export", k=3)
    served = tf.saved_model.load(str(tmp_path / "export" / "1")).signatures
    items = served["recommend"](user=tf.constant(["3"]))["item"].numpy()[0]
    assert [item.decode() for item in items] == rec.recommend(3, k=3).items
    told = served["recommend_from_history"](history=tf.constant([["s1", "s2"]]))["item"].numpy()[0]
    assert [item.decode() for item in told] == new.items


def test_new_items_need_an_encoder_that_knows_features(linear) -> None:
    with pytest.raises(ParameterError, match="encoder='two_tower'"):
        linear.add_items({"item": ["n1"], "group": ["red"]})


@pytest.mark.parametrize("encoder", [keras.layers.GRU(6), lambda vectors: keras.ops.mean(vectors, axis=1)])
def test_layers_of_the_users_own_are_encoders(log, encoder) -> None:
    rec = sora.Recommender(encoder=encoder, epochs=1, width=4, verbose=False).fit(log)
    assert len(rec.recommend("u0", k=3)) == 3
    assert isinstance(rec.model, keras.Model)


def test_layers_may_stand_between_encoder_and_scores(log) -> None:
    rec = sora.Recommender(encoder="sequence", epochs=1, width=4, verbose=False)
    rec.extend(keras.layers.Dense(4, name="mine")).fit(log)
    assert "mine" in [layer.name for layer in rec.model.layers]
    with pytest.raises(ParameterError, match="width=4"):
        sora.Recommender(encoder="sequence", epochs=1, width=4, verbose=False).extend(keras.layers.Dense(3)).fit(log)


def test_layers_have_no_place_in_a_model_in_closed_form(log) -> None:
    with pytest.raises(ParameterError, match="closed form"):
        sora.Recommender(encoder="linear", verbose=False).extend(keras.layers.Dense(64)).fit(log)


def test_same_seed_gives_the_same_weights_of_a_sequence(log) -> None:
    first, second = (
        sora.Recommender(encoder="sequence", epochs=2, width=4, verbose=False, refit=False).fit(log).model.get_weights()
        for _ in range(2)
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_a_killed_run_goes_on_where_it_stopped(log, tmp_path) -> None:
    def recommender(epochs):
        return sora.Recommender(
            encoder="sequence",
            epochs=epochs,
            width=4,
            verbose=False,
            refit=False,
            patience=9,
            protocol="last",
            schedule="constant",
        )

    whole = recommender(4).fit(log)
    recommender(2).fit(log, resume=tmp_path / "run")
    resumed = recommender(4).fit(log, resume=tmp_path / "run")
    assert resumed.training_.epochs == 4
    for a, b in zip(whole.model.get_weights(), resumed.model.get_weights(), strict=True):
        assert np.allclose(a, b, atol=1e-5)


def test_sampled_negatives_learn_the_same_order(log) -> None:
    rec = sora.Recommender(
        encoder="sequence", negatives=4, protocol="last", epochs=30, batch_size=8, width=16, dropout=0.0,
        learning_rate=5e-3, patience=30, verbose=False,
    ).fit(log)  # fmt: skip
    right = [
        rec.recommend(f"u{user}", k=1).items == [f"i{following(int(log.history(user)[-1]))}"]
        for user in range(log.n_users)
    ]
    assert np.mean(right) > 0.8


def test_evaluation_stands_beside_popularity_and_the_linear_model(auto, log) -> None:
    test = [(f"u{user}", f"i{following(int(log.history(user)[-1]))}") for user in range(log.n_users)]
    report = auto.evaluate(test)
    assert {model.name for model in report.contenders} == {"popularity", "linear"} - {auto.fitted.encoder}
    assert report["hit_rate@5"] > 0.9
    assert report.users == 40
    assert "without sampled negatives" in report.protocol


def test_evaluation_without_data_scores_a_copy_that_has_not_seen_what_is_to_find(log, capsys) -> None:
    rec = sora.Recommender(encoder="popularity", protocol="last").fit(log)
    before = rec.recommend("u0").items
    report = rec.evaluate()
    assert "Training a copy without each user's last interaction" in capsys.readouterr().out
    assert report.users == 40
    assert report.protocol.startswith("To find: each user's last interaction.")
    assert rec.recommend("u0").items == before
    known, held_out = data.last_out(log)
    same = sora.Recommender(encoder="popularity", protocol="last", verbose=False).fit(known).evaluate(held_out)
    assert same["ndcg@10"] == report["ndcg@10"]


def test_unknown_users_of_the_test_are_left_out_and_said(linear) -> None:
    report = linear.evaluate([("u0", "i9"), ("stranger", "i1")])
    assert report.users == 1
    assert any("1 user of the test is not known" in sentence for sentence in report.look_at)
    with pytest.raises(DataError, match="No user of"):
        linear.evaluate([("stranger", "i1")])


def test_validation_data_choose_and_stay_apart(log) -> None:
    known, held_out = data.last_out(log)
    rec = sora.Recommender(encoder="linear", verbose=False).fit(known, validation=held_out)
    assert rec.fitted.rows == (len(known), len(held_out))
    assert not rec.training_.refitted
    with pytest.raises(DataError, match="given as validation"):
        sora.Recommender(encoder="linear", verbose=False).fit(known, validation=[("x", "y")])


def test_what_was_rated_low_is_left_out() -> None:
    rows = [("ann", "tea", 5), ("ann", "milk", 1), ("bob", "tea", 4), ("bob", "rum", 2), ("cid", "rum", 4)]
    rec = sora.Recommender(encoder="popularity", least_rating=4, verbose=False).fit(rows)
    assert len(rec.fitted.log) == 3
    with pytest.raises(DataError, match="the highest is 5"):
        sora.Recommender(encoder="popularity", least_rating=6, verbose=False).fit(rows)
    with pytest.raises(ParameterError, match="no ratings that differ"):
        sora.Recommender(encoder="popularity", least_rating=4, verbose=False).fit([row[:2] for row in rows])


# Bad input.


def test_unknown_user_is_an_error_and_popular_items_come_only_when_asked(linear) -> None:
    with pytest.raises(ParameterError, match=r"no user 'u99'.*unknown='popular'"):
        linear.recommend("u99")
    popular = linear.recommend("u99", k=3, unknown="popular")
    assert popular.why == "the popular items"
    counts = linear.fitted.log.counts
    assert [counts[int(item[1:])] for item in popular.items] == sorted(counts, reverse=True)[:3]
    assert "i0" not in linear.recommend("u99", k=11, unknown="popular", without=["i0"]).items


@pytest.mark.parametrize("ask", [
    lambda rec: rec.recommend(history=["i1", "i99"]), lambda rec: rec.similar("i99"),
    lambda rec: rec.score("u0", ["i99"]), lambda rec: rec.explain("u0", "i99"),
    lambda rec: rec.predict([("u0", "i99")]),
    lambda rec: rec.recommend("u0", only=["i99"]),
])  # fmt: skip
def test_unknown_item_is_named(linear, ask) -> None:
    with pytest.raises(ParameterError, match="no item 'i99'"):
        ask(linear)


def test_empty_history_is_an_error_unless_popular_items_will_do(linear) -> None:
    with pytest.raises(DataError, match="history is empty"):
        linear.recommend(history=[])
    assert linear.recommend(history=[], unknown="popular").why == "the popular items"
    with pytest.raises(ParameterError, match="either a user or history"):
        linear.recommend()
    with pytest.raises(ParameterError, match="either a user or history"):
        linear.recommend("u0", history=["i1"])
    with pytest.raises(ArgumentTypeError, match="list of ids"):
        linear.recommend(history="i1")


def test_k_beyond_the_catalogue_and_nothing_left_are_errors(linear) -> None:
    with pytest.raises(ParameterError, match="at most 12"):
        linear.recommend("u0", k=13)
    with pytest.raises(ParameterError, match="k must be"):
        linear.recommend("u0", k=0)
    few = sora.Recommender(encoder="popularity", verbose=False).fit([("ann", "tea"), ("bob", "rum")])
    assert len(few.recommend("ann", exclude_seen=False)) == 2
    with pytest.raises(ParameterError, match="at most 11"):
        linear.similar("i0", k=12)
    with pytest.raises(DataError, match="Nothing is left"):
        linear.recommend("u0", only=["i1"], without=["i1"])


def test_users_with_one_interaction_are_answered_but_cannot_be_tested(capsys) -> None:
    rows = [("ann", "tea"), ("bob", "tea"), ("cid", "rum")]
    rec = sora.Recommender(protocol="last").fit(rows)
    assert rec.fitted.encoder == "popularity"
    assert rec.recommend("cid", k=1).items == ["tea"]
    with pytest.raises(DataError, match="two interactions"):
        rec.evaluate()
    with pytest.raises(DataError, match="one interaction"):
        sora.Recommender(encoder="sequence", verbose=False, protocol="last").fit(rows)


def test_duplicates_and_equal_ratings_are_told(capsys) -> None:
    rows = [("ann", "tea", 5), ("ann", "tea", 5), ("ann", "rum", 5), ("bob", "tea", 5)]
    rec = sora.Recommender(encoder="popularity").fit(rows)
    assert len(rec.fitted.log) == 3
    said = capsys.readouterr().out
    assert {"duplicate", "constant"} <= {finding.kind for finding in rec.findings_}
    assert "Noticed in the data" in said


def test_ids_are_one_whether_numbers_or_strings(linear) -> None:
    rec = sora.Recommender(encoder="popularity", verbose=False).fit([(1, 10), (1, 11), ("2", "10"), (2.0, "12")])
    assert rec.fitted.log.n_users == 2
    assert rec.recommend(1, k=1).items == rec.recommend("1", k=1).items == rec.recommend(1.0, k=1).items


def test_a_table_with_none_of_the_items_is_an_error(log) -> None:
    with pytest.raises(DataError, match="none of the 12 ids"):
        sora.Recommender(encoder="popularity", verbose=False).fit(
            log, items={"item": ["x1", "x2"], "title": ["a", "b"]}
        )


@pytest.mark.parametrize("wrong", [
    {"width": 0}, {"length": 0}, {"dropout": 1.0}, {"negatives": 0}, {"protocol": "first"}, {"refit": "maybe"},
    {"least_rating": "high"},
], ids=str)  # fmt: skip
def test_own_parameter_out_of_range_is_named(log, wrong) -> None:
    rows = [("ann", "tea", 5), ("bob", "tea", 4)]
    with pytest.raises(sora.SoraError, match=next(iter(wrong))):
        sora.Recommender(verbose=False, encoder="linear", **wrong).fit(rows)


def test_popularity_knows_of_no_likeness_and_other_exports_are_refused(log, tmp_path) -> None:
    rec = sora.Recommender(encoder="popularity", verbose=False).fit(log)
    with pytest.raises(ParameterError, match="likeness"):
        rec.similar("i1")
    with pytest.raises(ParameterError, match="SavedModel"):
        rec.export(tmp_path / "e", format="onnx")
    with pytest.raises(ParameterError, match="unknown must be"):
        rec.export(tmp_path / "e", unknown="guess")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NotFittedError, match="Call fit"):
        sora.Recommender().recommend("u0")


def test_exported_it_answers_from_ids_and_histories_alone(auto, log, tmp_path) -> None:
    import tensorflow as tf

    auto.export(tmp_path / "rec", k=4, unknown="popular")
    loaded = tf.saved_model.load(str(tmp_path / "rec" / "1"))
    users = [*map(str, log.user_ids[:3]), "stranger"]
    answer = loaded.signatures["recommend"](user=tf.constant(users))
    items = np.char.decode(answer["item"].numpy().astype(bytes)).tolist()
    assert items[:3] == auto.recommend_many(users[:3], k=4).tolist()
    assert items[3] == auto.recommend("stranger", k=4, unknown="popular").items
    assert answer["known"].numpy().tolist() == [True, True, True, False]
    history = tf.constant([["", "i1", "none", "i2"]])
    told = loaded.signatures["recommend_from_history"](history=history)
    found = np.char.decode(told["item"].numpy()[0].astype(bytes)).tolist()
    assert found == auto.recommend(history=["i1", "i2"], k=4).items
    alike = loaded.signatures["similar"](item=tf.constant(["i3"]))
    assert np.char.decode(alike["item"].numpy()[0].astype(bytes)).tolist() == auto.similar("i3", k=4).items
    card = (tmp_path / "rec" / "README.md").read_text(encoding="utf-8")
    assert "40 users" in card
    assert "ids of users" in card
