"""Artefacts that need nothing of ours to run, each proved before it is handed over."""

from sora_keras.export.artefact import Artefact, HeldOut, write_artefact

__all__ = ["Artefact", "HeldOut", "write_artefact"]
