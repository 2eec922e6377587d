"""What `Recommender.evaluate` does: every tested user's items ranked by the model and by simpler ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.errors import DataError
from sora_keras.tasks.held_out import lists_of
from sora_keras.tasks.recommender_fitting import PROTOCOLS, split_by
from sora_keras.tasks.recommender_trials import solved

if TYPE_CHECKING:
    import keras

    from sora_keras.data import Interactions
    from sora_keras.evaluation import RankingReport
    from sora_keras.tasks.recommender import Recommender

_KS = (5, 10, 20)
_SHARE = 0.2  # of the interactions, where evaluate() holds some out at random


def score_recommender(recipe: Recommender, X: Any, y: Any) -> RankingReport:
    """See `Recommender.evaluate`."""
    if X is None:
        return _score_copy(recipe)
    fitted = recipe.fitted
    test = recipe.read(X, y, like=fitted.log)
    report = _report(recipe, test, f"the interactions of {test.source}")
    fitted.scores.update(rows=report.users, scores=report.to_dict()["model"]["scores"])
    return report


def _score_copy(recipe: Recommender) -> RankingReport:
    """Hold some of the interactions out, train a copy on the others, and score it."""
    fitted = recipe.fitted
    known, test = split_by(fitted.protocol, fitted.log, _SHARE, recipe.seed)
    if not len(test):
        raise DataError(
            f"No user of {fitted.log.source} has two interactions, so none can be held out. "
            "Give evaluate interactions of its own."
        )
    if recipe.verbose:
        print(f"Training a copy without {PROTOCOLS[fitted.protocol].format(share=_SHARE)}, to score it on them.")
    copy = type(recipe)(**recipe.get_params())
    copy.fit(replace(known, findings=()), items=fitted.table, users=fitted.people)
    other = copy.fitted.encoder
    differs = "" if other == fitted.encoder else f", where it chose encoder {other!r} and not {fitted.encoder!r}"
    note = f"Scores of a copy that was trained on what was left after holding these out{differs}."
    report = _report(copy, test, PROTOCOLS[fitted.protocol].format(share=_SHARE), note)
    if not differs:
        fitted.scores.update(rows=report.users, scores=report.to_dict()["model"]["scores"])
    return report


def _report(recipe: Recommender, test: Interactions, split: str, note: str = "") -> RankingReport:
    from sora_keras.evaluation import RankedAnswers, report_ranking

    fitted = recipe.fitted
    log = fitted.log
    users = np.flatnonzero(np.diff(test.starts[: log.n_users + 1]) > 0)
    users = users[np.diff(log.starts)[users] > 0]
    if not len(users):
        raise DataError(f"No user of {test.source} was there in training, so nothing can be recommended to them.")
    others = int((np.diff(test.starts) > 0).sum()) - len(users)
    histories = [log.history(int(user)) for user in users]
    depth = min(_KS[-1], log.n_items)

    def ranked(core: keras.Model) -> np.ndarray:
        from sora_keras.tasks.ranker import Ranker

        ranker = recipe._ranker if core is fitted.core else Ranker(core, log.n_items)
        return np.concatenate([items for items, _ in ranker.rank_all(histories, depth, users=users)])

    contenders = [
        RankedAnswers(name, ranked(core)) for name, core in _simpler(recipe, log).items() if name != fitted.encoder
    ]
    notes = [note, _compared(recipe)]
    who = "1 user of the test is" if others == 1 else f"{others:,} users of the test are"
    noticed = [f"{who} not known from training and left out"] if others else []
    return report_ranking(
        RankedAnswers(fitted.encoder, ranked(fitted.core)),
        contenders,
        truth=lists_of(test).take(users),
        history=lists_of(log).take(users),
        counts=log.counts,
        n_users=int((np.diff(log.starts) > 0).sum()),
        split=split,
        title=f"Recommender ({fitted.encoder}) on {test.source}",
        notes=[one for one in notes if one],
        noticed=noticed,
        ks=_KS,
        seed=recipe.seed,
    )


def _simpler(recipe: Recommender, log: Interactions) -> dict[str, keras.Model]:
    """Popularity, and the linear model where the catalogue is not too large for it."""
    from sora_keras.training.item_item import MOST_ITEMS

    names = ["popularity", *(["linear"] if log.n_items <= MOST_ITEMS else [])]
    return {name: solved(name, log, recipe.fitted.linear) for name in names}


def _compared(recipe: Recommender) -> str:
    compared = recipe.fitted.compared
    if len(compared) < 2:
        return ""
    listed = ", ".join(f"{name} {figure:.4f}" for name, figure in compared.items())
    return f"Chosen by NDCG@10 on other interactions that were held out of training: {listed}."
