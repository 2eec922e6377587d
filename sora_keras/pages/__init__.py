"""Pages, cards and pieces of them, from each room's templates."""

from sora_keras.pages.render import render
from sora_keras.pages.tiles import Tile, png_of

__all__ = ["Tile", "png_of", "render"]
