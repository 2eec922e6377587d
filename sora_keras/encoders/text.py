"""The text encoders: from numbers for n-grams or words to one vector a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sora_keras.encoders.registry import Encoder, TrainingDefaults, register_encoder

EMBEDDING = "embedding"
HEAD = "head"


@dataclass(frozen=True)
class TextFacts:
    """What preprocessing learned that an encoder may use.

    vocabulary_size: the largest number + 1; length: the most words of a text that are read;
    outputs: how many logits the head gives.
    """

    vocabulary_size: int
    length: int
    outputs: int


def embed(ids: Any, facts: TextFacts, features: int) -> Any:
    """A masked embedding of the ids, under the name by which explanations find it."""
    from sora_keras.layers.embedding import Embedding

    return Embedding(facts.vocabulary_size, features, mask_zero=True, name=EMBEDDING)(ids)


def _ngram(ids: Any, facts: TextFacts) -> Any:
    """One number a class and n-gram, summed over the text; begun at the naive-Bayes evidence.

    NB-SVM (Wang and Manning, 2012) as an embedding: what its linear model would scale, training refines.
    """
    from sora_keras.layers.masked_pooling import MaskedPooling

    return MaskedPooling("root", name="encoder")(embed(ids, facts, facts.outputs))


def _begin_at_evidence(core: Any, numbers: Any, targets: np.ndarray) -> None:
    """Half the evidence, and a head that passes it on: the model is naive Bayes before it trains."""
    embeddings, head = core.get_layer(EMBEDDING).embeddings, core.get_layer(HEAD)
    outputs = embeddings.shape[1]
    embeddings.assign(0.5 * naive_bayes_evidence(numbers, targets, *embeddings.shape))
    if tuple(head.kernel.shape) == (outputs, outputs):
        head.kernel.assign(np.eye(outputs))


def naive_bayes_evidence(numbers: Any, targets: np.ndarray, vocabulary_size: int, outputs: int) -> np.ndarray:
    """Log-count ratios, each class against the others, with one added to every count.

    Args:
        numbers: the distinct n-grams of each example, a `NumberCache`.
        targets: (examples,) class numbers, or (examples, outputs) 0/1.
        outputs: 1 for two classes, of which the second is counted for.

    Returns:
        (vocabulary_size, outputs) float32; row 0, the padding, is 0.
    """
    indicator = targets if targets.ndim == 2 else None
    for_class = np.ones((vocabulary_size, outputs), np.float32)
    seen = np.ones(vocabulary_size, np.float32)
    for rows, values, lengths in numbers.chunks():
        seen += np.bincount(values, minlength=vocabulary_size)
        for output in range(outputs):
            if indicator is None:
                member = targets[rows] == (1 if outputs == 1 else output)
            else:
                member = indicator[rows, output] > 0
            for_class[:, output] += np.bincount(values[np.repeat(member, lengths)], minlength=vocabulary_size)
    against = seen[:, None] - for_class + 1
    ratios = np.log(for_class / for_class[1:].sum(axis=0)) - np.log(against / against[1:].sum(axis=0))
    ratios[0] = 0
    return np.asarray(ratios, np.float32)


def _cnn(ids: Any, facts: TextFacts) -> Any:
    """Convolutions three, four and five words wide, each maximum kept (Kim, 2014)."""
    import keras

    from sora_keras.layers.masked_pooling import MaskedPooling

    embedded = keras.layers.SpatialDropout1D(0.3)(embed(ids, facts, 128))
    mask = keras.ops.not_equal(ids, 0)
    # A convolution cannot carry a mask; zeros at the padding do the same for it.
    embedded = embedded * keras.ops.expand_dims(keras.ops.cast(mask, embedded.dtype), -1)
    pooled = []
    for width in (3, 4, 5):
        convolved = keras.layers.Conv1D(128, width, padding="same", activation="relu")(embedded)
        pooled.append(MaskedPooling("max")(convolved, mask=mask))
    return keras.layers.Dropout(0.5, name="encoder")(keras.layers.Concatenate()(pooled))


def _recurrent(ids: Any, facts: TextFacts) -> Any:
    import keras

    layer = keras.layers.LSTM(100, dropout=0.2, recurrent_dropout=0.2, name="encoder")
    return layer(embed(ids, facts, 100))


def _bidirectional(ids: Any, facts: TextFacts) -> Any:
    import keras

    layer = keras.layers.LSTM(64, dropout=0.2, recurrent_dropout=0.2)
    return keras.layers.Bidirectional(layer, name="encoder")(embed(ids, facts, 100))


def _transformer(ids: Any, facts: TextFacts) -> Any:
    """One block of pre-normalised self-attention over words and their places (Vaswani et al., 2017)."""
    import keras
    from keras import ops

    from sora_keras.layers.masked_pooling import MaskedPooling

    words = embed(ids, facts, 64)
    mask = ops.not_equal(ids, 0)
    positions = keras.layers.Embedding(facts.length, 64, name="positions")
    place = ops.minimum(ops.cumsum(ops.ones_like(ids), axis=1) - 1, facts.length - 1)
    hidden = keras.layers.Dropout(0.2)(keras.layers.Add()([words, positions(place)]))
    normal = keras.layers.LayerNormalization()(hidden)
    attention = keras.layers.MultiHeadAttention(4, 16, dropout=0.1)
    attended = attention(normal, normal, attention_mask=ops.expand_dims(mask, 1))
    hidden = keras.layers.Add()([hidden, attended])
    normal = keras.layers.LayerNormalization()(hidden)
    further = keras.layers.Dense(64)(keras.layers.Dense(128, activation="relu")(normal))
    hidden = keras.layers.Add()([hidden, keras.layers.Dropout(0.2)(further)])
    pooled = MaskedPooling("mean")(keras.layers.LayerNormalization()(hidden), mask=mask)
    return keras.layers.Dropout(0.3, name="encoder")(pooled)


_SEQUENCE = TrainingDefaults(learning_rate=1e-3, batch_size=64, epochs=10, patience=2)

for _encoder in (
    Encoder("ngram", "text", "ngrams", _ngram, TrainingDefaults(2e-2, 256, 30, 1, quick=True), _begin_at_evidence),
    Encoder("cnn", "text", "words", _cnn, _SEQUENCE),
    Encoder("lstm", "text", "words", _recurrent, _SEQUENCE),
    Encoder("bilstm", "text", "words", _bidirectional, _SEQUENCE),
    Encoder("transformer", "text", "words", _transformer, _SEQUENCE),
):
    register_encoder(_encoder)
