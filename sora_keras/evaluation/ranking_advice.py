"""What to look at in a ranking report, the gravest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sora_keras.data.findings import rows_text
from sora_keras.evaluation.advice import Advice, gravest
from sora_keras.evaluation.ranking_report import RankingReport
from sora_keras.evaluation.ranking_wording import users_of
from sora_keras.evaluation.results import Score
from sora_keras.evaluation.wording import number, percent, score_title, signed_interval

_FEW_USERS = 200
_LARGE_CATALOGUE = 100


@dataclass(frozen=True)
class Lost:
    """Items to find that no list can name: new since training, or left out because the user had them before."""

    new: int
    seen: int


def advise_ranking(report: RankingReport, lost: Lost, *, most: int = 6) -> tuple[str, ...]:
    """Up to `most` plain sentences; none when nothing stands out.

    Args:
        report: its `look_at` and `notes` are not read.
    """
    found = [
        *_against_contenders(report),
        *_lost_items(report, lost),
        *_few_users(report),
        *_too_good(report),
        *_groups(report),
        *_groups_against_baseline(report),
        *_few_items(report),
        *_popular(report),
    ]
    return gravest(found, most)


def _against_contenders(report: RankingReport) -> Iterator[Advice]:
    ours = report.model.score(report.headline)
    for place, contender in enumerate(report.contenders):
        theirs, gap = contender.score(report.headline), contender.gap(report.headline)
        grave = 0.1 * (place == 0)
        compared = (
            f"{contender.name}: {score_title(ours)} {number(ours.value)} against {number(theirs.value)}"
            f"{'' if gap.low is None else f' (95 % interval of the difference {signed_interval(gap)})'}."
        )
        if _end(gap.high) < 0:
            yield 0.9 + grave, f"Worse than {compared}"
        elif _end(gap.value) <= 0:
            yield 0.85 + grave, f"Not better than {compared}"
        elif _end(gap.low) <= 0:
            yield 0.8 + grave, f"Not surely better than {compared}"


def _lost_items(report: RankingReport, lost: Lost) -> Iterator[Advice]:
    for count, why in (
        (lost.new, "not in training"),
        (lost.seen, "among what the user had in training, which is left out of the lists"),
    ):
        if count:
            are = "is" if count == 1 else "are"
            yield (
                0.5 + 0.45 * count / report.to_find,
                f"{count:,} of the {report.to_find:,} items to find {are} {why}: no model here can name "
                f"{'it, and it counts' if count == 1 else 'them, and they count'} as missed.",
            )


def _few_users(report: RankingReport) -> Iterator[Advice]:
    score = report.model.score(report.headline)
    users = rows_text(report.users, "user")
    if score.low is None or score.high is None:
        yield 0.75, f"With {users} nothing is known of how far chance reaches: score more users."
    elif report.users < _FEW_USERS or score.high - score.low > 0.5 * (score.value or 0.0):
        yield (
            0.6,
            f"With {users} {score_title(score)} may lie between {number(score.low)} and {number(score.high)}: "
            "score more users before you compare.",
        )


def _too_good(report: RankingReport) -> Iterator[Advice]:
    score = report.model.score(report.headline)
    if (score.value or 0.0) > 0.95 and report.users >= 50 and report.items > 2 * report.k:
        yield (
            0.7,
            f"{score_title(score)} is {number(score.value)}: check that what is to be found was not in training.",
        )


def _groups(report: RankingReport) -> Iterator[Advice]:
    if not report.model.groups:
        return
    light, heavy = report.model.groups
    if not 2 / 3 <= light.to_find / light.users * heavy.users / heavy.to_find <= 3 / 2:
        # With more items to find a list scores higher: such groups tell nothing of each other.
        return
    few, many = (group.score(report.headline) for group in (light, heavy))
    up_to, at_least = rows_text(light.most, "item"), rows_text(heavy.fewest, "item")
    if _much_worse(few, many):
        which, grave, worse, better = f"Light users (up to {up_to} in training)", 0.5, few, many
    elif _much_worse(many, few):
        which, grave, worse, better = f"Heavy users ({at_least} or more in training)", 0.4, many, few
    else:
        return
    others = "heavy" if worse is few else "light"
    yield (
        grave,
        f"{which} are served worse than {others} ones: "
        f"{score_title(worse)} {number(worse.value)} against {number(better.value)}.",
    )


def _much_worse(score: Score, other: Score) -> bool:
    """Whether it is lower by a fifth or more, and surely lower."""
    return _end(score.high) < _end(other.low) and _end(score.value) <= 0.8 * _end(other.value)


def _groups_against_baseline(report: RankingReport) -> Iterator[Advice]:
    """Where the model is better on the whole, a group for which it is not."""
    for baseline in report.contenders[:1]:
        if _end(baseline.gap(report.headline).value) <= 0:
            return
        for ours, theirs in zip(report.model.groups, baseline.groups, strict=True):
            score, other = ours.score(report.headline), theirs.score(report.headline)
            if _end(score.value) <= _end(other.value):
                yield (
                    0.65,
                    f"For the {users_of(ours)} not better than {baseline.name}: {score_title(score)} "
                    f"{number(score.value)} against {number(other.value)}.",
                )


def _few_items(report: RankingReport) -> Iterator[Advice]:
    beyond = report.model.beyond
    if report.items >= _LARGE_CATALOGUE and beyond.filling_half <= 0.02 * report.items:
        noun = "item makes" if beyond.filling_half == 1 else "items make"
        yield (
            0.45,
            f"{beyond.filling_half:,} {noun} up half of all that is recommended; {percent(beyond.coverage)} of the "
            "catalogue is recommended to anyone.",
        )


def _popular(report: RankingReport) -> Iterator[Advice]:
    ratio = report.model.beyond.popularity_ratio
    if ratio is not None and ratio >= 2:
        yield 0.35, f"What is recommended is {ratio:.1f} times as popular as what the same users had in training."


def _end(value: float | None) -> float:
    """The end of an interval; NaN, with which every comparison is false, where there is none."""
    return float("nan") if value is None else value
