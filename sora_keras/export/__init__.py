"""Artefacts that need nothing of ours to run, each proved before it is handed over."""

from sora_keras.export.artefact import Artefact, HeldOut, write_artefact
from sora_keras.export.recommendations import RecommenderArtefact, write_recommender

__all__ = ["Artefact", "HeldOut", "RecommenderArtefact", "write_artefact", "write_recommender"]
