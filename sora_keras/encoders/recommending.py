"""The encoders of a recommender: from what somebody had to what they may want next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sora_keras.encoders.registry import Encoder, TrainingDefaults, register_encoder
from sora_keras.errors import ParameterError

if TYPE_CHECKING:
    import keras

    from sora_keras.layers.item_vectors import ItemVectors

HISTORY, USER, QUERY, LINEAR, VECTORS = "history", "user", "query", "linear", "vectors"
SHARE, SCALED = "share", "scaled"
MODALITY = "interactions"
CLOSED_FORM = ("popularity", "linear")  # solved, not trained
_BLOCKS, _HEADS = 2, 2
_CUTS = 8  # beginnings of each history in a step


@dataclass(frozen=True)
class CatalogueFacts:
    """What an encoder may use.

    items: how many there are; length: the most past items that are read; width: numbers an item vector;
    dropout: share left out in training; ordered: whether the order of a history says something; vectors: the table,
    called with item numbers for their vectors; about: the features of the user (batch, any), where there is a table.
    """

    items: int
    length: int
    width: int
    dropout: float
    ordered: bool
    vectors: ItemVectors
    about: Any = None


@dataclass(frozen=True)
class Network:
    """A recommender's graphs over one set of weights.

    core: from item numbers (batch, steps), 0 padding at the end, and where users have features the user's number
    (batch,), 0 for somebody new, to a score of every item (batch, items);
    training: from item numbers (batch, steps + 1) to how unlikely each next one was found, see `NextItemLoss`; by_step:
    whether each step of a window is learned from, or only random beginnings of it.
    """

    core: keras.Model
    training: keras.Model
    by_step: bool


def _sequence(history: Any, facts: CatalogueFacts) -> Any:
    """A causal Transformer, normalised before each part: SASRec (Kang and McAuley, 2018).

    With all items, or an unbiased estimate of them, in its softmax it does better than published (Klenitskiy and
    Vasilev, 2023; eSASRec, 2025).
    """
    import keras
    from keras import ops

    hidden = facts.vectors(history)
    if facts.ordered:
        place = ops.cumsum(ops.cast(ops.not_equal(history, 0), "int32"), axis=1) - 1
        place = ops.clip(place, 0, facts.length - 1)
        small = keras.initializers.RandomNormal(stddev=0.02)
        table = keras.layers.Embedding(facts.length, facts.width, embeddings_initializer=small, name="positions")
        hidden = keras.layers.Add()([hidden, table(place)])
    hidden = keras.layers.Dropout(facts.dropout)(hidden)
    for _ in range(_BLOCKS):
        hidden = _block(hidden, facts)
    return keras.layers.LayerNormalization(epsilon=1e-6)(hidden)


def _block(hidden: Any, facts: CatalogueFacts) -> Any:
    """Attention and a small network, each added to what came before.

    Numbers are left out of what is added alone: left out of the attention and inside of the network too, as published,
    nothing is better, and a pass takes a fifth longer.
    """
    import keras

    def add(found: Any) -> Any:
        return keras.layers.Add()([hidden, keras.layers.Dropout(facts.dropout)(found)])

    normal = keras.layers.LayerNormalization(epsilon=1e-6)(hidden)
    heads = _HEADS if facts.width % _HEADS == 0 else 1
    attention = keras.layers.MultiHeadAttention(heads, facts.width // heads)
    hidden = add(attention(normal, normal, use_causal_mask=True))
    normal = keras.layers.LayerNormalization(epsilon=1e-6)(hidden)
    wide = keras.layers.Dense(4 * facts.width, activation="gelu")(normal)
    return add(keras.layers.Dense(facts.width)(wide))


def _two_tower(history: Any, facts: CatalogueFacts) -> Any:
    """One tower for the history, the mean of its items' vectors and what a network adds; the items' own the other.

    After Covington et al. (2016) and Yi et al. (2019).
    """
    import keras

    from sora_keras.layers.masked_pooling import MaskedPooling

    mean = MaskedPooling("mean")(facts.vectors(history))
    wide = keras.layers.Dense(2 * facts.width, activation="gelu")(keras.layers.Dropout(facts.dropout)(mean))
    parts = [mean, keras.layers.Dense(facts.width)(wide)]
    if facts.about is not None:
        parts.append(keras.layers.Dense(facts.width, use_bias=False, name="about")(facts.about))
    return keras.layers.Add()(parts)


def _nothing(history: Any, facts: CatalogueFacts) -> Any:
    raise AssertionError("solved in closed form")


_SEQUENCE = TrainingDefaults(3e-3, 32, 24, 5, quick=True, schedule="cosine", weight_decay=0.0)

for _name, _build, _defaults in (
    ("popularity", _nothing, TrainingDefaults(1e-3, 64, 1, 1, quick=True)),
    ("linear", _nothing, TrainingDefaults(1e-3, 64, 1, 1, quick=True)),
    ("sequence", _sequence, _SEQUENCE),
    ("sequence+linear", _sequence, _SEQUENCE),
    ("two_tower", _two_tower, TrainingDefaults(3e-2, 64, 16, 5, quick=True, schedule="cosine", weight_decay=0.0)),
):
    register_encoder(Encoder(_name, MODALITY, "histories", _build, _defaults))


def build_network(
    encoder: Encoder, facts: CatalogueFacts, layers: Sequence[Any], make_loss: Any, people: Any = None
) -> Network:  # fmt: skip
    """The graphs of an encoder that is trained.

    Args:
        layers: the user's, between encoder and scores. make_loss: from the items' table to the layer that is trained
            by. people: a `UserFeatures`, whose features `encoder.build` finds in `facts.about`, or None.

    Raises:
        ParameterError: what comes out of the user's layers is no vector of `facts.width`.
    """
    import keras

    from sora_keras.layers.histories import LastState, RandomOrder, RandomPrefix

    history = keras.Input((None,), dtype="int32", name=HISTORY)
    user = [] if people is None else [keras.Input((), dtype="int32", name=USER)]
    if user:
        facts = replace(facts, about=people(user[0]))
    states = _extended(encoder.build(history, facts), layers, facts)
    by_step = len(states.shape) == 3
    # A model of its own, so that training runs the same layers on the beginnings of histories.
    encode = keras.Model([history, *user], states, name="encoder")
    query = LastState(name=QUERY)([states, history]) if by_step else keras.layers.Identity(name=QUERY)(states)
    core = keras.Model([history, *user] if user else history, facts.vectors(query, reverse=True), name="core")
    windows = keras.Input((None,), dtype="int32", name="windows")
    drawn = windows if facts.ordered else RandomOrder()(windows)
    if by_step:
        before, after = drawn[:, :-1], drawn[:, 1:]
        found = encode([before, *user])
    else:
        before, after, *whose = RandomPrefix(cuts=_CUTS)(drawn, *user)
        found = keras.layers.Reshape((1, facts.width))(encode([before, *whose]))
    lost = make_loss(facts.vectors)([found, after])
    return Network(core, keras.Model([windows, *user] if user else windows, lost, name="training"), by_step)


def _extended(states: Any, layers: Sequence[Any], facts: CatalogueFacts) -> Any:
    from sora_keras.encoders.custom import apply, fresh

    for layer in layers:
        states = apply(fresh(layer), states, "extend()")
    if len(states.shape) not in (2, 3) or states.shape[-1] != facts.width:
        raise ParameterError(
            f"What stands before the scores must give vectors of width={facts.width}, as items have. "
            f"Received: shape {tuple(states.shape)}"
        )
    return states


def popularity_core(counts: np.ndarray) -> keras.Model:
    """Every item's share of the interactions, (items,) counts, for everybody."""
    import keras

    from sora_keras.layers.item_bias import ItemBias

    history = keras.Input((None,), dtype="int32", name=HISTORY)
    bias = ItemBias(len(counts), name=SHARE)
    core = keras.Model(history, bias(history), name="core")
    bias.bias.assign(counts / max(1, counts.sum()))
    return core


def linear_core(weights: np.ndarray) -> keras.Model:
    """EASE (Steck, 2019) as one Dense layer over what somebody had; `weights` (items, items), by past item."""
    import keras

    history = keras.Input((None,), dtype="int32", name=HISTORY)
    core = keras.Model(history, _linear_scores(history, len(weights)), name="core")
    return _weighted(core, weights)


def with_linear(core: keras.Model, weights: np.ndarray, scale: float) -> keras.Model:
    """The core's scores plus `scale` times the linear model's."""
    import keras

    history = core.inputs[0]
    added = keras.layers.Rescaling(scale, name=SCALED)(_linear_scores(history, len(weights)))
    whole = keras.Model(history, keras.layers.Add(name="sum")([core.output, added]), name="core")
    return _weighted(whole, weights)


def _weighted(core: keras.Model, weights: np.ndarray) -> keras.Model:
    """The core with these weights of its linear part; padding, item number 0, says nothing."""
    core.get_layer(LINEAR).kernel.assign(np.concatenate([np.zeros_like(weights[:1]), weights]))
    return core


def _linear_scores(history: Any, items: int) -> Any:
    import keras

    had = keras.layers.CategoryEncoding(items + 1, output_mode="multi_hot", name="had")(history)
    return keras.layers.Dense(items, use_bias=False, trainable=False, name=LINEAR)(had)


def item_vectors(core: keras.Model) -> Any:
    """The items' table of a core, or None where it has none."""
    from sora_keras.layers.item_vectors import ItemVectors

    return next((layer for layer in core.layers if isinstance(layer, ItemVectors)), None)


def query_model(core: keras.Model) -> keras.Model | None:
    """From a history to its vector, where the scores are that vector times each item's and nothing else."""
    import keras

    names = [layer.name for layer in core.layers]
    if QUERY not in names or LINEAR in names:
        return None
    # Called with a tensor, a model of a list of one warns.
    given = core.inputs if len(core.inputs) > 1 else core.inputs[0]
    return keras.Model(given, core.get_layer(QUERY).output, name=QUERY)
