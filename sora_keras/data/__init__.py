"""Anything people hold data in, to examples; splits, checks and samples."""

from sora_keras.data.examples import Examples
from sora_keras.data.labels import LabelSpace
from sora_keras.data.names import find_answer_column, find_text_column
from sora_keras.data.schema import Schema
from sora_keras.data.splitting import split
