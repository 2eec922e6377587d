"""Anything people hold data in, to examples; splits, checks and samples."""

from sora_keras.data.box_reading import read_boxes
from sora_keras.data.boxes import Boxes
from sora_keras.data.broken import left_out, named
from sora_keras.data.checks import check, check_and_keep, usable_rows
from sora_keras.data.columns import object_column
from sora_keras.data.examples import Examples
from sora_keras.data.feature_encoding import Encoding as FeatureEncoding
from sora_keras.data.findings import Finding, describe
from sora_keras.data.interaction_reading import read_interactions
from sora_keras.data.interaction_splits import at_random, last_out
from sora_keras.data.interactions import Interactions
from sora_keras.data.item_tables import ItemTable, read_item_table
from sora_keras.data.labels import LabelSpace
from sora_keras.data.memory import parse_memory
from sora_keras.data.names import find_answer_column, find_named_column, find_picture_column, find_text_column
from sora_keras.data.picture import Picture, to_picture, usual_shape
from sora_keras.data.pictures import part_of, read_pictures
from sora_keras.data.reading import read_examples, with_known_answer
from sora_keras.data.sameness import seen_again, shared_groups
from sora_keras.data.samples import Sample, load_sample, samples
from sora_keras.data.schema import Schema
from sora_keras.data.splitting import split, train_test_split
from sora_keras.data.streamed import StreamedExamples
from sora_keras.data.tensors import mapped, string_tensor, untuned
from sora_keras.data.times import parse_times

read = read_examples

__all__ = [
    "Boxes",
    "Examples",
    "FeatureEncoding",
    "Finding",
    "Interactions",
    "ItemTable",
    "LabelSpace",
    "Picture",
    "Sample",
    "Schema",
    "StreamedExamples",
    "at_random",
    "check",
    "check_and_keep",
    "describe",
    "find_answer_column",
    "find_named_column",
    "find_picture_column",
    "find_text_column",
    "last_out",
    "left_out",
    "load_sample",
    "mapped",
    "named",
    "object_column",
    "parse_memory",
    "parse_times",
    "part_of",
    "read",
    "read_boxes",
    "read_examples",
    "read_interactions",
    "read_item_table",
    "read_pictures",
    "samples",
    "seen_again",
    "shared_groups",
    "split",
    "string_tensor",
    "to_picture",
    "train_test_split",
    "untuned",
    "usable_rows",
    "usual_shape",
    "with_known_answer",
]
