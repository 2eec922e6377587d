"""Anything people hold data in, to examples; splits, checks and samples."""

from sora_keras.data.checks import check, usable_rows
from sora_keras.data.examples import Examples
from sora_keras.data.findings import Finding, describe
from sora_keras.data.labels import LabelSpace
from sora_keras.data.names import find_answer_column, find_text_column
from sora_keras.data.reading import read_examples, with_known_answer
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
    "Sample",
    "Schema",
    "StreamedExamples",
    "check",
    "describe",
    "find_answer_column",
    "find_text_column",
    "load_sample",
    "mapped",
    "read",
    "read_examples",
    "samples",
    "split",
    "string_tensor",
    "train_test_split",
    "untuned",
    "usable_rows",
    "with_known_answer",
]
