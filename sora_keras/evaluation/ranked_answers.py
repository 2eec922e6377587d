"""From the recommendations of several models to the report on one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sora_keras.errors import ParameterError
from sora_keras.evaluation.bootstrap import affordable, resampled_means
from sora_keras.evaluation.item_lists import ItemLists
from sora_keras.evaluation.ranking import Hits, as_scores, find_hits, measure_all, measure_users, names_at
from sora_keras.evaluation.ranking_advice import Lost, advise_ranking
from sora_keras.evaluation.ranking_beyond import beyond_accuracy
from sora_keras.evaluation.ranking_report import RankedModel, RankingReport, UserGroup
from sora_keras.evaluation.ranking_wording import items_of
from sora_keras.evaluation.results import Curve, Score
from sora_keras.evaluation.wording import as_sentence


@dataclass(frozen=True, eq=False, repr=False)
class RankedAnswers:
    """What one model recommends.

    Args:
        name: for the reader, such as `"popularity"`.
        recommended: (users, k_max) int item numbers, the best first, -1 where there was none.
    """

    name: str
    recommended: np.ndarray


def report_ranking(
    model: RankedAnswers,
    contenders: Sequence[RankedAnswers],
    *,
    truth: ItemLists,
    history: ItemLists,
    counts: np.ndarray,
    n_users: int,
    split: str,
    seen_excluded: bool = True,
    title: str = "",
    notes: Sequence[str] = (),
    noticed: Sequence[str] = (),
    ks: Sequence[int] = (5, 10, 20),
    k: int = 10,
    seed: int = 0,
    resamples: int = 1000,
) -> RankingReport:
    """Score a model beside contenders on the same users, and say what to look at.

    Args:
        contenders: simpler models; the first is the baseline. All models answer the same users in the same order,
            with as many places as the largest k, or as the catalogue has items.
        truth: what each of the users should be recommended; a number from `len(counts)` up is an item that training
            did not have, which counts as missed.
        history: what each of the users had in training; decides who is a light and who a heavy user.
        counts: (items,) how many users had each item in training. n_users: how many users training had.
        split: what is to be found, in words, such as `"each user's last interaction"`.
        seen_excluded: whether the lists leave out what stands in `history`.
        title, notes: for the reader. noticed: what the reader should look at first, one clause each.
        k: one of `ks`; the length of the lists for the groups of users, and for all beyond accuracy.
        resamples: of the bootstrap over the users, at most; fewer where they are very many.

    Raises:
        ParameterError: shapes, numbers or names that do not fit each other, or a list with an item that was seen
            although `seen_excluded`. DataError: no user, a user without an item to find, or nothing recommended.
    """
    ks = tuple(sorted(ks))
    if k not in ks:
        raise ParameterError(f"k must be one of ks. Received: k={k}, ks={ks}")
    answers = [_checked(some, ks[-1], len(counts), history, seen_excluded) for some in (model, *contenders)]
    _check_names(answers)
    if history.items.max(initial=0) >= len(counts):
        raise ParameterError(f"history must have numbers below {len(counts)}. Received: {history.items.max()}")
    hits = [find_hits(some.recommended, truth) for some in answers]
    resamples = affordable(resamples, len(truth))
    scores, behind = _score(hits, ks, resamples, seed)
    groups = _score_groups(hits, history.lengths, k, resamples, seed)
    first, *others = (
        RankedModel(
            name=answers[i].name,
            scores=scores[i],
            groups=groups[i],
            beyond=beyond_accuracy(answers[i].recommended[:, :k], counts, n_users, history),
            curves=tuple(_curve(hits[i], metric, ks[-1]) for metric in ("ndcg", "recall")),
            behind=behind[i],
        )
        for i in range(len(answers))
    )
    report = RankingReport(
        title=title,
        users=len(truth),
        items=len(counts),
        to_find=int(hits[0].relevant.sum()),
        protocol=_protocol(split, len(counts), seen_excluded),
        seen_excluded=seen_excluded,
        k=k,
        model=first,
        contenders=tuple(others),
        look_at=(),
    )
    lost = _lost(truth, history if seen_excluded else None, len(counts))
    return replace(
        report,
        look_at=(*map(as_sentence, noticed), *advise_ranking(report, lost)),
        notes=(*notes, *_how_made(report, resamples)),
    )


def _checked(
    answers: RankedAnswers, depth: int, items: int, history: ItemLists, seen_excluded: bool
) -> RankedAnswers:  # fmt: skip
    """The answers with `depth` places: a catalogue that is smaller leaves the last ones empty."""
    given = np.asarray(answers.recommended)
    whose = f"recommended of {answers.name!r}"
    if given.ndim != 2 or len(given) != len(history) or given.dtype.kind not in "iu":
        raise ParameterError(
            f"{whose} must be item numbers of shape (users, k), for the {len(history):,} users of history. "
            f"Received: {given.dtype} of shape {given.shape}"
        )
    if given.size and not -1 <= given.min() <= given.max() < items:
        raise ParameterError(f"{whose} must be from -1 to {items - 1}. Received: {given.min()} to {given.max()}")
    if given.shape[1] < min(depth, items):
        raise ParameterError(f"{whose} must have {min(depth, items)} places. Received: {given.shape[1]}")
    if seen_excluded and history.contains(np.arange(len(history))[:, None], given).any():
        raise ParameterError(f"{whose} names items that stand in history, although seen_excluded=True.")
    room = max(0, depth - given.shape[1])
    return replace(answers, recommended=np.pad(given[:, :depth], ((0, 0), (0, room)), constant_values=-1))


def _check_names(answers: Sequence[RankedAnswers]) -> None:
    names = [some.name for some in answers]
    if len(set(names)) < len(names):
        raise ParameterError(f"Every model needs a name of its own. Received: {names}")


Scores = list[tuple[Score, ...]]


def _score(hits: Sequence[Hits], ks: Sequence[int], resamples: int, seed: int) -> tuple[Scores, Scores]:
    """For each model its scores, and how far it is behind the first; that one is behind none."""
    tables, names = [measure_all(some, ks) for some in hits], names_at(ks)
    values = [table.mean(axis=0) for table in tables]
    drawn = resampled_means(tables, resamples=resamples, seed=seed)
    theirs = [as_scores(names, *pair) for pair in zip(values[1:], drawn[1:], strict=True)]
    ours = as_scores(names, values[0], drawn[0], baseline=theirs[0] if theirs else ())
    behind = [as_scores(names, values[0] - values[i], drawn[0] - drawn[i]) for i in range(1, len(hits))]
    return [ours, *theirs], [(), *behind]


def _score_groups(
    hits: Sequence[Hits], lengths: np.ndarray, k: int, resamples: int, seed: int
) -> list[tuple[UserGroup, ...]]:  # fmt: skip
    """For each model the scores of light and heavy users, or nothing where all users had as many items."""
    groups: list[list[UserGroup]] = [[] for _ in hits]
    for name, users in _light_and_heavy(lengths).items():
        some = [Hits(all_.found[users], all_.relevant[users]) for all_ in hits]
        to_find, fewest, most = (int(n) for n in (some[0].relevant.sum(), lengths[users].min(), lengths[users].max()))
        for place, scores in enumerate(_score(some, (k,), resamples, seed)[0]):
            groups[place].append(UserGroup(name, len(users), to_find, fewest, most, scores))
    return [tuple(some) for some in groups]


def _light_and_heavy(lengths: np.ndarray) -> dict[str, np.ndarray]:
    """Users up to the median and above it; where none is above it, those below it and the others."""
    median = np.median(lengths)
    light = lengths <= median
    if light.all():
        light = lengths < median
    if not light.any():
        return {}
    return {"light users": np.flatnonzero(light), "heavy users": np.flatnonzero(~light)}


def _curve(hits: Hits, metric: str, most: int) -> Curve:
    ks = range(1, most + 1)
    return Curve(metric, x=tuple(map(float, ks)), y=tuple(float(measure_users(hits, metric, k).mean()) for k in ks))


def _lost(truth: ItemLists, seen: ItemLists | None, items: int) -> Lost:
    once = truth.distinct()
    new = once.items >= items
    again = 0 if seen is None else int((seen.contains(once.users, once.items) & ~new).sum())
    return Lost(new=int(new.sum()), seen=again)


def _protocol(split: str, items: int, seen_excluded: bool) -> str:
    seen = "; what a user had in training is left out" if seen_excluded else "; what a user had in training may return"
    return f"To find: {split}. Ranked among all {items:,} items, without sampled negatives{seen}."


def _how_made(report: RankingReport, resamples: int) -> Iterator[str]:
    if report.to_find == report.users:
        yield "Each user has one item to find, so recall is the hit rate and MAP the MRR."
    else:
        yield (
            "Recall is the share of all items that a user has to find, also where they are more than the list has "
            "places; NDCG and MAP compare with the best list of that length."
        )
    if report.model.groups:
        light, heavy = report.model.groups
        yield f"Light users had {items_of(light)} in training, heavy ones {items_of(heavy)}."
    if report.users < 2:
        yield "One user gives no interval."
    else:
        yield (
            f"Intervals: 95 %, from {resamples:,} bootstrap resamples of the users, the same for all models; "
            "differences are taken user by user."
        )
