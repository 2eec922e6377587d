"""A log of who did what to ranked suggestions."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sora_keras.errors import ParameterError
from sora_keras.recipe import Recipe

if TYPE_CHECKING:
    from typing import Self

    import keras

    from sora_keras.data import Interactions
    from sora_keras.evaluation import RankingReport
    from sora_keras.explanation import Reasons
    from sora_keras.prediction import Recommendations
    from sora_keras.tasks.ranker import Ranker
    from sora_keras.tasks.recommender_fitting import FittedRecommender


@dataclass(kw_only=True, eq=False, repr=False)
class Recommender(Recipe):
    """Suggests to each user the items that they may want next.

    Takes the parameters of `Recipe`, and these.

    Args:
        encoder: `"popularity"`; `"linear"` (EASE: a weight for every pair of items, in closed form); `"sequence"` (a
            causal Transformer over the history, SASRec); `"sequence+linear"` (the sum of both); `"two_tower"` (KerasRS'
            retrieval, which knows items by their features too); a Keras layer or model, or a callable, from the
            vectors of a history (batch, steps, width), masked, to (batch, features); `"auto"` tries those that fit
            the catalogue on what was held out, and says which did best.
        protocol: what is held out to choose by, and what `evaluate()` finds again: `"last"`, each user's last
            interaction, or `"random"`, a share of all; `"auto"` is `"last"` where there are times. With `"random"` a
            network learns from histories in any order.
        length: the most past items that are read, the latest; `"auto"` is 50, and with `"random"` 500.
        width: numbers in the vector of an item.
        dropout: the share of a network's numbers left out in training, 0 to 0.95; `"auto"` is 0.3, and with
            `"random"` 0.1.
        negatives: how many other items each next item is told apart from in training; None for all of them;
            `"auto"` is all of up to 10,000, and else 512 drawn at random, with the bias of that taken off. The two
            towers tell each from the others of its batch, or from the hardest that many of them.
        user, item, rating, time: the columns' names, where they don't say it themselves; False does without ratings or
            times that are there.
        least_rating: leave out what was rated lower; None leaves nothing out. Otherwise every row counts alike.

    Example:
        >>> rec = Recommender(verbose=False, encoder="popularity")
        >>> rec.fit([("ann", "tea"), ("ann", "milk"), ("bob", "tea")]).recommend("bob", k=1).items
        ['milk']
    """

    name: ClassVar[str] = "recommender"
    input_name: ClassVar[str] = "user"
    input_kind: ClassVar[str] = "ids of users or items as UTF-8 strings"
    modality: ClassVar[str] = "interactions"

    protocol: str = "auto"
    length: int | str = "auto"
    width: int = 64
    dropout: float | str = "auto"
    negatives: int | str | None = "auto"
    user: str | None = None
    item: str | None = None
    rating: str | bool | None = None
    time: str | bool | None = None
    least_rating: float | None = None

    def read(  # type: ignore[override]
        self, X: Any, y: Any = None, *, like: Interactions | None = None
    ) -> Interactions:
        """Raw data to interactions; with `like` by its numbers."""
        from sora_keras.tasks.recommender_reading import read_log

        return read_log(self, X, y, like)

    def build(self, examples: Any, y: Any = None) -> keras.Model:
        """The untrained core for interactions as `fit` takes them."""
        from sora_keras.tasks.recommender_fitting import build_core

        return build_core(self, examples, y)

    def fit(  # type: ignore[override]
        self, X: Any, y: Any = None, *, items: Any = None, users: Any = None, validation: Any = None,
        resume: str | os.PathLike[str] | None = None,
    ) -> Self:  # fmt: skip
        """Read, check, hold out, choose an encoder, and train it on all.

        Args:
            X: the log: a path, several or a glob; a data frame, a dictionary of columns, records; rows (user, item),
                (user, item, rating) or (user, item, rating, time).
            y: the ratings, or the name of their column.
            items, users: tables of items and of users, with an id, and perhaps a title and features; ids that the log
                does not have are ignored. Titles are shown; features are read by `"two_tower"`.
            validation: interactions to choose by, as `X`; None holds some out by `protocol`, and trains on all in
                the end.
            resume: a folder that keeps the run after each epoch. Called again with it, `fit` goes on there.

        Returns:
            The recipe. When `fit` raises, what was fitted before is still there.
        """
        from sora_keras.tasks.recommender_fitting import fit_recommender

        self._fitted = fit_recommender(  # type: ignore[assignment]
            self, X, y, items=items, users=users, validation=validation, resume=resume
        )
        return self

    def evaluate(self, X: Any = None, y: Any = None) -> RankingReport:
        """How well the recommendations fit what users did, beside popularity and the linear model.

        Args:
            X: interactions that are not those of `fit`, as it takes them, of users that it knew. None holds some of
                those of `fit` out by `protocol`, trains a copy on the others, and scores that one: the recommender
                itself has seen them.

        Raises:
            DataError: no user of `X` is known, or nobody has enough interactions to hold one out.
        """
        from sora_keras.tasks.recommender_scoring import score_recommender

        return score_recommender(self, X, y)

    def recommend(
        self, user: Any = None, k: int | None = None, *, history: Iterable[Any] | None = None,
        exclude_seen: bool = True, only: Iterable[Any] | None = None, without: Iterable[Any] | None = None,
        unknown: str = "error",
    ) -> Recommendations:  # fmt: skip
        """The items that suit a user, or a history, best.

        Args:
            user: the id of a user of `fit`. k: how many; None for 10, or as many items as there are.
            history: ids of items, the oldest first, of somebody new, instead of `user`.
            exclude_seen: leave out what stands in the history. only, without: ids that may come, or may not.
            unknown: `"error"`, or `"popular"`: what a user that is not known, or an empty history, gets.

        Returns:
            Fewer than k where no more are left.

        Raises:
            ParameterError: an id that is not known, or k out of its range. DataError: nothing is left to recommend.
        """
        from sora_keras.tasks.recommending import recommend_one

        return recommend_one(
            self, user, k, history=history, exclude_seen=exclude_seen, only=only, without=without, unknown=unknown
        )

    def recommend_many(self, users: Sequence[Any], k: int | None = None, *, exclude_seen: bool = True) -> np.ndarray:
        """The ids of the best k items of each user, (users, k) of `str`, the best first; "" where none is left."""
        from sora_keras.tasks.recommending import checked, ids_of, user_numbers

        log, parts = self.fitted.log, []
        k = checked(k, log.n_items)
        numbers = user_numbers(log, users)
        histories = [log.history(user) for user in numbers]
        for items, _ in self._ranker.rank_all(histories, k, users=numbers, exclude_seen=exclude_seen):
            parts.append(ids_of(log, items))
        return np.concatenate([np.empty((0, k), object), *parts])

    def recommend_all(
        self, path: str | os.PathLike[str], k: int | None = None, *, users: Iterable[Any] | None = None,
        exclude_seen: bool = True, overwrite: bool = False,
    ) -> Path:  # fmt: skip
        """Write the best k items of every user, or of some, as they are found.

        Args:
            path: `.jsonl` (a line a user: user, items, scores) or `.csv` (a row an item: user, rank, item, score).

        Raises:
            ParameterError: another ending, or an unknown user. SaveError: the path exists, or the disk refused.
        """
        from sora_keras.tasks.recommending import write_all

        return write_all(self, path, k, users=users, exclude_seen=exclude_seen, overwrite=overwrite)

    def stream(self, X: Any, k: int | None = None) -> Iterator[Recommendations]:
        """`Recommendations` for each user in turn: of a list of ids, or of a file with a column of users."""
        from sora_keras.tasks.recommending import stream_users

        return stream_users(self, X, k)

    def similar(self, item: Any, k: int | None = None) -> Recommendations:
        """The items most like one: by their weights in the linear model, or without one by the cosine of vectors.

        Raises:
            ParameterError: an unknown item, or a recommender by popularity, which knows of no likeness.
        """
        from sora_keras.tasks.recommending import similar_items

        return similar_items(self, item, k)

    def score(self, user: Any, items: Iterable[Any]) -> np.ndarray:
        """The scores of some items for a user, (items,) float32: higher is better, and their order is what counts."""
        log = self.fitted.log
        numbers = np.array([[log.item_number(item) for item in items]], np.int32)
        number = log.user_number(user)
        return self._ranker.scores([log.history(number)], numbers, users=[number])[0]

    def predict(self, X: Any) -> np.ndarray:
        """The score of each row (user, item), (rows,) float32, as scikit-learn asks for it."""
        from sora_keras.tasks.recommending import score_rows

        return score_rows(self, X)

    def __call__(self, user: Any) -> Any:
        """`Recommendations` for one user, or a list of them for several."""
        if isinstance(user, list | tuple | np.ndarray):
            return [self.recommend(one) for one in user]
        return self.recommend(user)

    def explain(  # type: ignore[override]
        self, user: Any = None, item: Any = None, *, history: Iterable[Any] | None = None, target: Any = None,
        method: str = "auto",
    ) -> Reasons:  # fmt: skip
        """Which past items pulled an item up, and by how much.

        Args:
            user: an id; or `history`, as in `recommend`. item (or `target`): the id of the item to explain; None takes
                the one recommended first. method: `"occlusion"`, which `"auto"` is: each past item is left out in turn.
        """
        from sora_keras.tasks.recommending import explain_one

        return explain_one(self, user, item if item is not None else target, history, method)

    def add_items(self, items: Any) -> Self:
        """Take items without interactions into the catalogue, by their features (cold start).

        Args:
            items: a table as `fit(items=…)` took it; ids that are known already are ignored.

        Raises:
            ParameterError: the encoder does not know items by features: only `"two_tower"`, fitted with a table, does.
        """
        from sora_keras.tasks.recommender_cold import with_new_items

        self._fitted = with_new_items(self, items)  # type: ignore[assignment]
        return self

    def export(
        self, path: str | os.PathLike[str], *, format: str = "saved_model", k: int | None = None,
        unknown: str = "nothing", quantize: str | None = None, data: Any = None, licence: str = "not stated",
        intended_use: str = "", overwrite: bool = False,
    ) -> Path:  # fmt: skip
        """Write a SavedModel that answers from ids alone, and prove it before returning.

        Signatures: `recommend` (`user` (batch,) strings), `recommend_from_history` (`history` (batch, any) strings, ""
        padding) and `similar` (`item` (batch,) strings), each to `item` (batch, k) strings and `score` (batch, k)
        float32, "" and the lowest number where nothing is left, and `known` (batch,) bool. What a user had is left out.

        Args:
            k: how many items an answer has; None for 10, or as many as there are.
            unknown: what an unknown user gets, `"nothing"` or the `"popular"` items.
            licence, intended_use: for the model card. overwrite: replace what is there.

        Raises:
            ExportError: loaded again, it does not answer as `recommend` does. SaveError: it could not be written.
        """
        from sora_keras.tasks.recommender_exporting import export_recommender

        if format != "saved_model" or quantize is not None or data is not None:
            raise ParameterError(
                "A Recommender is exported as a SavedModel, whose graph holds the ids: with format='saved_model', and "
                f"without quantize or data. Received: format={format!r}, quantize={quantize!r}"
            )
        return export_recommender(
            self, path, k=k, unknown=unknown, licence=licence, intended_use=intended_use, overwrite=overwrite
        )

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Keep the recommender, its interactions too, in a folder for `sora_keras.load`: no pickle."""
        from sora_keras.tasks.recommender_saving import save_recommender

        return save_recommender(self, path, overwrite=overwrite)

    def _restore(self, folder: Path, content: dict[str, Any]) -> None:
        from sora_keras.tasks.recommender_saving import restore_recommender

        restore_recommender(folder, content, self)

    @property
    def fitted(self) -> FittedRecommender:  # type: ignore[override]
        """All that `fit` learned.

        Raises:
            NotFittedError: `fit` was not called yet.
        """
        fitted: Any = super().fitted
        return fitted

    @property
    def pipeline(self) -> keras.Model:
        """The core: ids are looked up outside of it."""
        return self.fitted.core

    @property
    def _ranker(self) -> Ranker:
        """The core, traced once for each fit."""
        from sora_keras.tasks.ranker import Ranker

        fitted = self.fitted
        if self._answer is None or self._answer[0] is not fitted:
            self._answer = (fitted, Ranker(fitted.core, fitted.length))
        ranker: Ranker = self._answer[1]
        return ranker
