"""Pages, cards and pieces of them, from each room's templates."""

from sora_keras.pages.render import render

__all__ = ["render"]
