"""How good the answers are: scores by scikit-learn with intervals, plots, and the report that holds them."""

from sora_keras.evaluation.classification import evaluate_classification
from sora_keras.evaluation.decisions import Decision, cheapest_threshold, find_temperature, sensitive_threshold
from sora_keras.evaluation.picture_grid import PictureGrid
from sora_keras.evaluation.report import Report
from sora_keras.evaluation.results import Score

__all__ = [
    "Decision", "PictureGrid", "Report", "Score", "cheapest_threshold", "evaluate_classification", "find_temperature",
    "sensitive_threshold",
]  # fmt: skip
