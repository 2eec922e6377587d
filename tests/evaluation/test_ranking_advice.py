"""What a ranking report says to look at."""

from __future__ import annotations

import numpy as np

from sora_keras.evaluation import ItemLists, RankedAnswers, RankingReport
from tests.evaluation.rankings import Made, lists_of


def said(report: RankingReport, part: str) -> str:
    """The sentence with this part in it."""
    return next(sentence for sentence in report.look_at if part in sentence)


def test_a_model_no_better_than_popularity_is_the_gravest() -> None:
    made = Made()
    report = made.report(model=made.popularity, contenders=[made.model])
    assert report.look_at[0].startswith("Worse than sequence: NDCG@10 ")
    assert "95 % interval of the difference −0." in report.look_at[0]
    same = made.report(contenders=[RankedAnswers("popularity", made.model.recommended)])
    assert same.look_at[0].startswith("Not better than popularity: ")


def test_a_difference_whose_interval_holds_zero_is_named() -> None:
    made = Made()
    lists = made.model.recommended.copy()
    hit = np.flatnonzero(lists[:, 0] == made.truth.items)[0]
    lists[hit, [0, 1]] = lists[hit, [1, 0]]
    report = made.report(contenders=[made.popularity, RankedAnswers("linear", lists)])
    assert report.look_at[0].startswith("Not surely better than linear: ")


def test_what_no_list_can_name_is_counted() -> None:
    made = Made(users=100)
    items = made.truth.items.copy()
    items[:4] = 1000
    items[10] = made.history.items[made.history.starts[10]]
    report = made.report(truth=ItemLists(items, made.truth.starts))
    assert said(report, "not in training").startswith("4 of the 100 items to find are not in training")
    assert said(report, "left out of the lists").startswith("1 of the 100 items to find is among what the user had")


def test_few_users_are_named() -> None:
    assert "With 40 users NDCG@10 may lie between" in said(Made(users=40).report(), "40 users")
    assert "With 1 user nothing is known" in said(Made(users=1).report(), "1 user ")


def test_few_items_that_make_up_most_recommendations_are_counted() -> None:
    users = 300
    favourites = RankedAnswers("narrow", np.tile(np.arange(20), (users, 1)))
    truth, history = (
        lists_of([[user % 15] for user in range(users)]),
        lists_of([[400 + user % 9] for user in range(users)]),
    )
    report = Made().report(
        model=favourites, contenders=[], truth=truth, history=history, counts=np.r_[np.full(20, 200), np.full(480, 2)],
        n_users=users,
    )  # fmt: skip
    assert said(report, "make up half") == (
        "5 items make up half of all that is recommended; 2 % of the catalogue is recommended to anyone."
    )
    assert "100.0 times as popular" in said(report, "as popular")


def uneven(light_served: bool) -> RankingReport:
    """Light users have one item in training and heavy ones three; one half gets its item first, the other never."""
    users = 400
    light = np.arange(users) % 2 == 0
    served = light == light_served
    history = lists_of([[50] if one else [50, 51, 52] for one in light])
    lists = np.tile(np.arange(20), (users, 1))
    truth = lists_of([[0] if one else [40] for one in served])
    contender = RankedAnswers("popularity", np.tile(np.arange(20, 40), (users, 1)))
    return Made().report(
        model=RankedAnswers("m", lists), contenders=[contender], truth=truth, history=history,
        counts=np.full(60, 100), n_users=users,
    )  # fmt: skip


def test_users_who_are_served_worse_are_named() -> None:
    assert said(uneven(False), "served worse") == (
        "Light users (up to 1 item in training) are served worse than heavy ones: NDCG@10 0.000 against 1.000."
    )
    assert "Heavy users (3 items or more in training) are served worse" in said(uneven(True), "served worse")


def test_a_group_for_which_the_baseline_does_as_well_is_named() -> None:
    made = Made(users=400)
    lists = made.model.recommended.copy()
    light = made.history.lengths <= np.median(made.history.lengths)
    lists[light] = made.popularity.recommended[light]
    report = made.report(model=RankedAnswers("half", lists))
    assert "not better than popularity" in said(report, f"For the {light.sum()} users with 2 to ")


def test_groups_with_more_to_find_are_not_compared() -> None:
    users = 400
    history = lists_of([[50]] * 200 + [[50, 51]] * 200)
    truth = lists_of([[0]] * 200 + [list(range(5))] * 200)
    lists = np.tile(np.r_[np.arange(5, 20), np.arange(5)], (users, 1))
    lists[200:] = lists[200:, ::-1]
    report = Made().report(
        model=RankedAnswers("m", lists),
        contenders=[],
        truth=truth,
        history=history,
        counts=np.full(60, 9),
        n_users=users,
    )
    assert not any("served worse" in sentence for sentence in report.look_at)


def test_a_perfect_result_raises_a_doubt() -> None:
    made = Made()
    rest = np.argsort(made.unseen(np.zeros((300, 60))) - 9 * np.eye(60)[made.truth.items], axis=1)[:, ::-1]
    kept = np.array([row[row != item][:19] for row, item in zip(rest, made.truth.items, strict=True)])
    perfect = RankedAnswers("m", np.column_stack([made.truth.items, kept]))
    assert "check that what is to be found was not in training" in said(made.report(model=perfect), "NDCG@10 is 1.000")


def test_a_sound_result_has_nothing_to_look_at() -> None:
    assert Made(users=1000, items=200).report().look_at == ()
