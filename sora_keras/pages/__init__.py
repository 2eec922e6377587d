"""Pages, cards and pieces of them, from each room's templates; what is drawn on pictures."""

from sora_keras.pages.drawing import LabelledBox, draw_boxes, meet
from sora_keras.pages.render import render
from sora_keras.pages.tiles import Tile, png_of

__all__ = ["LabelledBox", "Tile", "draw_boxes", "meet", "png_of", "render"]
