"""TextClassifier on real and on awkward data."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

import sora_keras as sora
from sora_keras.errors import ArgumentTypeError, DataError, ParameterError

quick = {"epochs": 2, "refit": False, "verbose": False}


def test_learns_to_tell_reviews_apart(fitted, review_data) -> None:
    assert fitted.score(*review_data) > 0.95
    assert fitted("a wonderful story").label == "good"
    assert fitted("a terrible story").label == "bad"


def test_fits_and_evaluates_a_csv_in_one_line(review_csv) -> None:
    report = sora.TextClassifier(verbose=False).fit(str(review_csv), y="sentiment").evaluate(str(review_csv))
    assert report["accuracy"] > 0.95
    assert "accuracy" in str(report)


def test_answer_column_is_found_and_remembered(review_csv) -> None:
    recipe = sora.TextClassifier(**quick).fit(review_csv)
    assert recipe.fitted.schema.answer == "sentiment"
    assert recipe.fitted.schema.item == "review"
    assert recipe.score(review_csv) > 0.5


def test_same_answer_for_text_list_array_and_csv(fitted, review_data, review_csv) -> None:
    texts = review_data[0]
    expected = fitted.predict(texts)
    assert list(fitted.predict(np.array(texts))) == list(expected)
    assert list(fitted.predict({"text": texts})) == list(expected)
    assert list(fitted.predict(review_csv)) == list(expected)
    assert [p.label for p in fitted(texts)] == list(expected)
    assert [p.label for p in fitted.stream(texts)] == list(expected)


def test_prediction_shows_label_and_confidence(fitted) -> None:
    prediction = fitted("a wonderful film")
    assert prediction.label == "good"
    assert 0.5 < prediction.confidence <= 1
    assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert str(prediction).startswith("good (")
    assert "<b>good</b>" in prediction._repr_html_()


def test_nothing_to_predict_gives_nothing(fitted) -> None:
    assert fitted([]) == []
    with pytest.raises(DataError, match="no rows"):
        fitted.predict([])


def test_labels_keep_the_users_type(review_data) -> None:
    texts, labels = review_data
    numbers = [int(label == "good") for label in labels]
    recipe = sora.TextClassifier(**quick).fit(texts, numbers)
    assert recipe.predict(texts).dtype.kind == "i"
    assert recipe.classes_.tolist() == [0, 1]


@pytest.mark.parametrize("encoder", ["cnn", "lstm", "bilstm", "transformer"])
def test_sequence_encoders_learn(review_data, encoder) -> None:
    recipe = sora.TextClassifier(
        encoder=encoder, epochs=25, patience=25, batch_size=16, learning_rate=5e-3, verbose=False
    )
    assert recipe.fit(*review_data).score(*review_data) > 0.9


def test_several_classes_in_chinese() -> None:
    subjects = {"体育": "球队赢得了比赛", "财经": "股票市场今天上涨", "文化": "这本小说写得很好"}
    texts = [f"{text}{n}" for text in subjects.values() for n in range(12)]
    labels = [subject for subject in subjects for _ in range(12)]
    recipe = sora.TextClassifier(refit=False, verbose=False).fit(texts, labels)
    assert recipe("昨天的比赛谁赢了").label == "体育"
    assert recipe("股票跌了").label == "财经"
    assert recipe.evaluate(texts, labels)["accuracy"] > 0.9


def test_several_labels_a_text() -> None:
    parts = {"cats": "a cat purrs", "dogs": "a dog barks", "birds": "a bird sings"}
    names = list(parts)
    labels = [[n for i, n in enumerate(names) if mask >> i & 1] for mask in range(1, 8)] * 12
    texts = [" and ".join(parts[n] for n in some) + f" {i}" for i, some in enumerate(labels)]
    recipe = sora.TextClassifier(verbose=False, epochs=40, refit=False).fit(texts, labels)
    assert set(recipe("a cat purrs and a dog barks").label) == {"cats", "dogs"}
    assert recipe.predict(texts).shape == (len(texts), 3)
    assert recipe.score(texts, labels) > 0.9
    assert recipe.evaluate(texts, labels)["f1"] > 0.9
    joined = sora.TextClassifier(separator="|", **quick).fit(texts, ["|".join(some) for some in labels])
    assert joined.fitted.schema.labels.kind == "multilabel"


def test_fluent_form_compiles_to_an_ordinary_keras_graph(review_data) -> None:
    recipe = sora.TextClassifier(verbose=False).use(encoder="lstm", epochs=1)
    recipe.extend(keras.layers.Dense(7, "relu", name="mine")).fit(*review_data)
    assert isinstance(recipe.model, keras.Model)
    assert recipe.model.get_layer("mine").units == 7
    assert isinstance(recipe.pipeline, keras.Model)


def test_two_fits_share_no_weights_of_added_layers(review_data) -> None:
    layer = keras.layers.Dense(4)
    recipe = sora.TextClassifier(**quick, layers=(layer,)).fit(*review_data)
    first = [w.copy() for w in recipe.model.get_weights()]
    again = recipe.fit(*review_data).model.get_weights()
    assert not layer.built
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_layer_that_does_not_fit_is_named(review_data) -> None:
    with pytest.raises(ParameterError, match=r"'flat'.*does not fit"):
        sora.TextClassifier(**quick).extend(keras.layers.Conv2D(3, 3, name="flat")).fit(*review_data)


def test_extend_takes_layers_alone() -> None:
    with pytest.raises(ArgumentTypeError, match="takes Keras layers"):
        sora.TextClassifier().extend("Dense")


def test_class_weights_lift_a_rare_class(review_data) -> None:
    texts = [f"{text} {i}" for i, text in enumerate(["good"] * 190 + ["so so"] * 10)]
    labels = ["often"] * 190 + ["rare"] * 10
    recipe = sora.TextClassifier(**quick)
    weights = recipe.example_weights(np.array([0] * 190 + [1] * 10), recipe.fit(texts, labels).fitted.schema)
    assert weights[-1] / weights[0] == pytest.approx(19)
    with pytest.raises(ParameterError, match="names 'rar'"):
        sora.TextClassifier(class_weight={"rar": 2}, **quick).fit(texts, labels)
    with pytest.raises(ArgumentTypeError, match="class_weight"):
        sora.TextClassifier(class_weight="balanced", **quick).fit(texts, labels)


def test_auto_encoder_says_what_it_picked(review_data, capsys) -> None:
    recipe = sora.TextClassifier(encoder="auto", epochs=1).fit(*review_data)
    assert recipe.fitted.encoder == "ngram"
    assert "picked 'ngram'" in capsys.readouterr().out
    assert recipe.choose_encoder(range(10**6))[0] == "cnn"


def test_validation_data_of_ones_own(review_data, review_csv) -> None:
    recipe = sora.TextClassifier(**quick).fit(*review_data, validation=(review_data[0][:9], review_data[1][:9]))
    assert recipe.fitted.rows == (120, 9)
    texts, labels = review_data
    recipe = sora.TextClassifier(**quick).fit({"review": texts, "sentiment": labels}, validation=str(review_csv))
    assert recipe.fitted.rows == (120, 120)


def test_no_validation_at_all_watches_the_training_loss(review_data) -> None:
    recipe = sora.TextClassifier(validation_fraction=0, **quick).fit(*review_data)
    assert recipe.fitted.rows == (120, 0)
    assert list(recipe.training_.history) == ["loss"]


def test_groups_are_not_split(review_data) -> None:
    texts, labels = review_data
    with pytest.raises(DataError, match="groups must have one value an example"):
        sora.TextClassifier(**quick).fit(texts, labels, groups=[1, 2])
    groups = np.arange(120) % 10
    assert sora.TextClassifier(**quick).fit(texts, labels, groups=groups).fitted.rows == (108, 12)


def test_streamed_data_gives_the_same_model(review_csv) -> None:
    whole = sora.TextClassifier(**quick).fit(review_csv)
    streamed = sora.TextClassifier(**quick, memory=1000).fit(review_csv)
    texts = ["a wonderful film", "dull"]
    assert np.allclose(whole.predict_proba(texts), streamed.predict_proba(texts), atol=1e-6)
    assert streamed.evaluate(review_csv)["accuracy"] == whole.evaluate(review_csv)["accuracy"]


def test_time_limit_ends_training(review_data) -> None:
    recipe = sora.TextClassifier(encoder="lstm", epochs=1000, patience=1000, time_limit=4, verbose=False)
    recipe.fit(*review_data)
    assert recipe.training_.stopped == "time limit reached"
    assert recipe.training_.seconds < 30


def test_cross_val_score_runs_on_it(review_data) -> None:
    scores = cross_val_score(
        sora.TextClassifier(epochs=12, refit=False, verbose=False), *map(np.array, review_data), cv=3
    )
    assert scores.shape == (3,)
    assert scores.mean() > 0.6  # each fold tests sentences that the others lack


def test_grid_search_over_encoders(review_data) -> None:
    search = GridSearchCV(sora.TextClassifier(**quick), {"encoder": ["ngram", "cnn"]}, cv=2, error_score="raise")
    search.fit(*map(np.array, review_data))
    assert search.best_params_["encoder"] == "ngram"
    assert search.predict(["a wonderful film"]) == ["good"]


def test_scikit_learn_pipeline(review_data) -> None:
    texts, labels = review_data
    lower = FunctionTransformer(lambda some: [text.lower() for text in some])
    pipeline = Pipeline([("lower", lower), ("classify", sora.TextClassifier(refit=False, verbose=False))])
    assert pipeline.fit(texts, labels).score(texts, labels) > 0.9


def test_ten_megabytes_in_one_cell(review_data) -> None:
    texts, labels = review_data
    huge = "wonderful film and more of it " * 350_000
    recipe = sora.TextClassifier(epochs=1, refit=False, verbose=False).fit([*texts, huge], [*labels, "good"])
    assert "very_long" in {finding.kind for finding in recipe.findings_}
    assert recipe(huge).label == "good"


def test_nul_bytes_and_broken_unicode_are_text(fitted) -> None:
    assert fitted("a wonderful\x00film \ud800 😀").label in ("good", "bad")


def test_rows_without_text_or_answer_are_left_out_and_reported(review_data) -> None:
    texts, labels = review_data
    recipe = sora.TextClassifier(**quick).fit(
        [*texts, None, float("nan"), "  ", "x"], [*labels, "good", "bad", "bad", None]
    )
    assert sum(recipe.fitted.rows) == 120
    assert {"missing", "empty"} & {finding.kind for finding in recipe.findings_}


@pytest.mark.parametrize(
    ("texts", "labels", "expected"),
    [
        (["a", "b"], ["x", "x"], "one class|only"),
        ([None, ""], ["x", "y"], "No row|empty|no text"),
        ([], [], "empty|no rows|No row"),
    ],
)
def test_data_that_cannot_train_is_refused(texts, labels, expected) -> None:
    with pytest.raises(DataError, match=expected):
        sora.TextClassifier(**quick).fit(texts, labels)


def test_stray_spaces_and_mixed_types_of_labels_are_mended(review_data) -> None:
    texts, labels = review_data
    recipe = sora.TextClassifier(**quick).fit(
        texts, [f" {label}" if i % 2 else label for i, label in enumerate(labels)]
    )
    assert recipe.classes_.tolist() == ["bad", "good"]
    mixed = sora.TextClassifier(**quick).fit(texts, [1 if label == "good" else "0" for label in labels])
    assert mixed.classes_.tolist() == ["0", "1"]


def test_class_with_one_example_still_trains(review_data) -> None:
    texts, labels = review_data
    recipe = sora.TextClassifier(**quick).fit([*texts, "neither nor"], [*labels, "other"])
    assert recipe.classes_.tolist() == ["bad", "good", "other"]
    assert "rare_class" in {finding.kind for finding in recipe.findings_}


def test_only_texts_are_answered(fitted) -> None:
    with pytest.raises(ArgumentTypeError, match="int at place 1"):
        fitted(["fine", 3])


def test_unknown_target_to_explain_names_the_classes(fitted) -> None:
    assert fitted.explain("a wonderful film", target="bad").label == "bad"
    with pytest.raises(ParameterError, match="bad, good"):
        fitted.explain("a wonderful film", target="awful")


def test_label_unknown_at_evaluation_is_named(fitted) -> None:
    with pytest.raises(DataError, match="goood"):
        fitted.evaluate(["a film"], ["goood"])
