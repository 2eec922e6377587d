"""Importing this registers every layer with Keras, so that saved models find them."""

import sora_keras.layers.box_decision
import sora_keras.layers.class_decision
import sora_keras.layers.embedding
import sora_keras.layers.histories
import sora_keras.layers.hub_boxes
import sora_keras.layers.item_bias
import sora_keras.layers.item_vectors
import sora_keras.layers.letterbox
import sora_keras.layers.masked_pooling
import sora_keras.layers.ngram_ids
import sora_keras.layers.pictures
import sora_keras.layers.preset_ids
import sora_keras.layers.user_features
import sora_keras.layers.word_ids  # noqa: F401
