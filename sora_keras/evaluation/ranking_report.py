"""The report on a recommender: what its `evaluate` returns, as a value that shows and saves itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sora_keras.evaluation.ranking_beyond import Beyond
from sora_keras.evaluation.results import Curve, Score, named, value_of
from sora_keras.evaluation.shown import Shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType


@dataclass(frozen=True)
class UserGroup:
    """Scores of the light or the heavy users.

    Args:
        name: such as `"light users"`. users: how many. to_find: how many items were held out from them in all.
        fewest, most: items that each of them had in training.
    """

    name: str
    users: int
    to_find: int
    fewest: int
    most: int
    scores: tuple[Score, ...]

    def score(self, name: str) -> Score:
        """The score of this name, with its interval."""
        return named(self.scores, name)


@dataclass(frozen=True)
class RankedModel:
    """How one model did.

    Args:
        scores: such as `ndcg@10`. groups: light and heavy users, or nothing where all had as many items.
        curves: NDCG and recall over k.
        behind: how far it lies behind the model of the report, score by score and paired by user; negative where it
            is ahead. Empty for that model itself.
    """

    name: str
    scores: tuple[Score, ...]
    groups: tuple[UserGroup, ...]
    beyond: Beyond
    curves: tuple[Curve, ...]
    behind: tuple[Score, ...] = ()

    def score(self, name: str) -> Score:
        """The score of this name, with its interval."""
        return named(self.scores, name)

    def gap(self, name: str) -> Score:
        """Of `behind`, that of this name."""
        return named(self.behind, name)


@dataclass(frozen=True, eq=False, repr=False)
class RankingReport(Shown):
    """Scores of ranked lists with intervals, beside contenders that answered the same users, and what to look at.

    Args:
        users: how many were scored. items: how many the catalogue has. to_find: how many items were held out in all.
        protocol: what was to be found, and among what.
        seen_excluded: whether items that a user had in training were left out of the lists.
        k: the length of the lists on which groups and all beyond accuracy are measured.
        contenders: simpler models on the same split; the first is the baseline.
        look_at: plain sentences, the gravest first.

    Example:
        >>> report = recipe.evaluate()
        >>> report["ndcg@10"]
        >>> report.save("report.html")
    """

    title: str
    users: int
    items: int
    to_find: int
    protocol: str
    seen_excluded: bool
    k: int
    model: RankedModel
    contenders: tuple[RankedModel, ...]
    look_at: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def scores(self) -> tuple[Score, ...]:
        """Those of the model; their `baseline` is the first contender's."""
        return self.model.scores

    @property
    def headline(self) -> str:
        """The name of the score that models are compared by."""
        return f"ndcg@{self.k}"

    def __getitem__(self, name: str) -> float:
        """The value of a score of the model, such as `ndcg@10`.

        Raises:
            ParameterError: no score has this name.
        """
        return value_of(self.scores, name)

    def __rich__(self) -> RenderableType:
        from sora_keras.evaluation.ranking_terminal import renderable

        return renderable(self)

    def __repr__(self) -> str:
        return f"RankingReport({self.title!r}, users={self.users}, {self.headline}={self[self.headline]:.4f})"

    def _repr_html_(self) -> str:
        from sora_keras.evaluation.ranking_page import compact

        return compact(self)

    def plot(self) -> Figure:
        """NDCG and recall over k, and light beside heavy users, in one matplotlib figure, apart from pyplot."""
        from sora_keras.evaluation.ranking_plots import overview

        return overview(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    def _page(self) -> str:
        from sora_keras.evaluation.ranking_page import page

        return page(self)
