"""How good the answers are: scores with intervals, plots, and the reports that hold them."""

from sora_keras.evaluation.box_errors import BoxError
from sora_keras.evaluation.box_evaluation import evaluate_boxes
from sora_keras.evaluation.box_gallery import BoxGallery
from sora_keras.evaluation.box_report import BoxReport
from sora_keras.evaluation.box_scores import Found, score_boxes
from sora_keras.evaluation.classification import evaluate_classification
from sora_keras.evaluation.decisions import Decision, cheapest_threshold, find_temperature, sensitive_threshold
from sora_keras.evaluation.item_lists import ItemLists
from sora_keras.evaluation.picture_grid import PictureGrid
from sora_keras.evaluation.ranked_answers import RankedAnswers, report_ranking
from sora_keras.evaluation.ranking import Hits, difference, find_hits, measure_users, score_ranking
from sora_keras.evaluation.ranking_beyond import Beyond, beyond_accuracy
from sora_keras.evaluation.ranking_report import RankedModel, RankingReport, UserGroup
from sora_keras.evaluation.report import Report
from sora_keras.evaluation.results import Score

__all__ = [
    "Beyond", "BoxError", "BoxGallery", "BoxReport", "Decision", "Found", "Hits", "ItemLists", "PictureGrid",
    "RankedAnswers", "RankedModel", "RankingReport", "Report", "Score", "UserGroup", "beyond_accuracy",
    "cheapest_threshold", "difference", "evaluate_boxes", "evaluate_classification", "find_hits", "find_temperature",
    "measure_users", "report_ranking", "score_boxes", "score_ranking", "sensitive_threshold",
]  # fmt: skip
