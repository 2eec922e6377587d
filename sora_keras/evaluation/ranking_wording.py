"""A ranking report as rows of words, as the terminal and the page both show them; a column a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sora_keras.data.findings import rows_text
from sora_keras.evaluation.results import Score
from sora_keras.evaluation.wording import interval, number, score_title, signed, signed_interval

if TYPE_CHECKING:
    from sora_keras.evaluation.ranking_beyond import Beyond
    from sora_keras.evaluation.ranking_report import RankedModel, RankingReport, UserGroup


@dataclass(frozen=True)
class Cell:
    """What stands in a table; small: below it, paler."""

    text: str
    small: str = ""


@dataclass(frozen=True)
class Row:
    """A line of a table; why: what its title means."""

    title: str
    cells: tuple[Cell, ...]
    why: str = ""


def size_of(report: RankingReport) -> str:
    """How much was scored, in one line."""
    users, to_find = rows_text(report.users, "user"), rows_text(report.to_find, "item")
    return f"{users}, {to_find} to find, {rows_text(report.items, 'item')} in the catalogue"


def users_of(group: UserGroup) -> str:
    """How many they are, and what they had."""
    return f"{rows_text(group.users, 'user')} with {items_of(group)} in training"


def items_of(group: UserGroup) -> str:
    """From how few to how many items they had."""
    reach = "" if group.fewest == group.most else f"{group.fewest:,} to "
    return f"{reach}{rows_text(group.most, 'item')}"


def models_of(report: RankingReport) -> tuple[RankedModel, ...]:
    """The model, then its contenders."""
    return (report.model, *report.contenders)


def score_rows(report: RankingReport) -> Iterator[Row]:
    """The scores; where each user has one item to find, those that would say the same again are left out."""
    same = ("recall@", "map@") if report.to_find == report.users else ()
    for score in report.scores:
        if not score.name.startswith(same):
            beside = (model.score(score.name) for model in models_of(report))
            yield Row(score_title(score), tuple(map(_cell, beside)))


def gap_row(report: RankingReport) -> Row:
    """How far each contender lies behind."""
    gaps = (
        Cell(signed(gap.value), signed_interval(gap)) for gap in (c.gap(report.headline) for c in report.contenders)
    )
    return Row(
        f"{score_title(report.model.score(report.headline))} behind {report.model.name} by",
        (Cell("–"), *gaps),
        "user by user; where the interval holds 0, chance alone may make the difference",
    )


def group_rows(report: RankingReport) -> Iterator[Row]:
    """NDCG for light and for heavy users."""
    for place, group in enumerate(report.model.groups):
        shown = [model.groups[place].score(report.headline) for model in models_of(report)]
        yield Row(
            f"{score_title(shown[0])} of {group.name}",
            tuple(map(_cell, shown)),
            f"{users_of(group)}, {group.to_find / group.users:.3g} to find each",
        )


def beyond_rows(report: RankingReport) -> Iterator[Row]:
    """Coverage, novelty and popularity."""
    for title, why, text in _BEYOND:
        yield Row(title, tuple(Cell(text(model.beyond)) for model in models_of(report)), why)


_BEYOND: tuple[tuple[str, str, Callable[[Beyond], str]], ...] = (
    ("coverage", "share of the catalogue that is recommended to anyone", lambda b: f"{100 * b.coverage:.1f} %"),
    ("novelty", "bits; 10 for an item that one user in 1,024 had", lambda b: f"{b.novelty:.2f}"),
    (
        "popularity ratio",
        "popularity of what is recommended over that of what the user had; 1 meets the user's taste",
        lambda b: "–" if b.popularity_ratio is None else f"{b.popularity_ratio:.2f}",
    ),
    ("Gini index", "0 where all items are recommended alike, near 1 where few are", lambda b: number(b.gini)),
    (
        "items that make half",
        "the fewest that make up half of all that is recommended",
        lambda b: f"{b.filling_half:,}",
    ),
)


def _cell(score: Score) -> Cell:
    return Cell(number(score.value), interval(score))
