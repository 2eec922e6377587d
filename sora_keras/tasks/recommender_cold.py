"""Items without interactions, taken into the catalogue by their features."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.errors import ParameterError

if TYPE_CHECKING:
    import keras

    from sora_keras.data import ItemTable
    from sora_keras.tasks.recommender import Recommender
    from sora_keras.tasks.recommender_fitting import FittedRecommender


def with_new_items(recipe: Recommender, items: Any) -> FittedRecommender:
    """See `Recommender.add_items`."""
    from sora_keras.data import read_item_table

    fitted = recipe.fitted
    if fitted.cold is None or fitted.table is None:
        raise ParameterError(
            f"encoder={fitted.encoder!r} knows items by their interactions alone, so new ones cannot be added. Fit "
            "Recommender(encoder='two_tower').fit(data, items=a table with features)."
        )
    table = read_item_table(items, encoding=fitted.table.encoding)
    known = set(fitted.log.item_ids)
    new = np.array([one for one in dict.fromkeys(table.ids) if one not in known], object)
    if not len(new):
        raise ParameterError(f"Every one of the {len(table.ids):,} items of {table.source} is known already.")
    titles, features, _ = table.aligned(new)
    log = replace(fitted.log, item_ids=np.concatenate([fitted.log.item_ids, new]))
    old = fitted.log.item_ids if fitted.titles is None else fitted.titles
    return replace(
        fitted,
        log=log,
        core=_longer(fitted.core, features @ fitted.cold),
        titles=np.concatenate([old, titles]),
        table=_joined(fitted.table, table),
    )


def _joined(first: ItemTable, second: ItemTable) -> ItemTable:
    titles = [table.ids if table.titles is None else table.titles for table in (first, second)]
    return replace(
        first, ids=np.concatenate([first.ids, second.ids]), titles=np.concatenate(titles),
        features=np.concatenate([first.features, second.features]),
    )  # fmt: skip


def _longer(core: keras.Model, vectors: np.ndarray) -> keras.Model:
    """The core with further items, whose bias is that of the items in the middle."""
    import keras

    from sora_keras.layers.item_vectors import ItemVectors

    def grown(layer: Any) -> Any:
        if isinstance(layer, ItemVectors):
            return ItemVectors(layer.items + len(vectors), layer.width, name=layer.name)
        return layer.__class__.from_config(layer.get_config())

    longer = keras.models.clone_model(core, clone_function=grown)
    for layer in longer.layers:
        old = core.get_layer(layer.name)
        if isinstance(layer, ItemVectors):
            bias = np.asarray(old.bias)
            layer.table.assign(np.concatenate([old.table, vectors]))
            layer.bias.assign(np.concatenate([bias, np.full(len(vectors), np.median(bias), np.float32)]))
        else:
            layer.set_weights(old.get_weights())
    return longer
