"""What in an item decided its answer, and how that is shown."""

from sora_keras.explanation.boxes import explain_box
from sora_keras.explanation.explanation import Explanation
from sora_keras.explanation.pictures import PictureExplanation, explain_picture
from sora_keras.explanation.reasons import Reasons, explain_history
from sora_keras.explanation.text import explain_text

__all__ = [
    "Explanation",
    "PictureExplanation",
    "Reasons",
    "explain_box",
    "explain_history",
    "explain_picture",
    "explain_text",
]
