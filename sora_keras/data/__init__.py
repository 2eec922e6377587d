"""Anything people hold data in, to examples; splits, checks and samples."""

from sora_keras.data.broken import left_out, named
from sora_keras.data.checks import check, check_and_keep, usable_rows
from sora_keras.data.examples import Examples
from sora_keras.data.findings import Finding, describe
from sora_keras.data.labels import LabelSpace
from sora_keras.data.memory import parse_memory
from sora_keras.data.names import find_answer_column, find_picture_column, find_text_column
from sora_keras.data.picture import Picture, to_picture, usual_shape
from sora_keras.data.pictures import part_of, read_pictures
from sora_keras.data.reading import read_examples, with_known_answer
from sora_keras.data.sameness import seen_again, shared_groups
from sora_keras.data.samples import Sample, load_sample, samples
from sora_keras.data.schema import Schema
from sora_keras.data.splitting import split, train_test_split
from sora_keras.data.streamed import StreamedExamples
from sora_keras.data.tensors import mapped, string_tensor, untuned

read = read_examples

__all__ = [
    "Examples",
    "Finding",
    "LabelSpace",
    "Picture",
    "Sample",
    "Schema",
    "StreamedExamples",
    "check",
    "check_and_keep",
    "describe",
    "find_answer_column",
    "find_picture_column",
    "find_text_column",
    "left_out",
    "load_sample",
    "mapped",
    "named",
    "parse_memory",
    "part_of",
    "read",
    "read_examples",
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
