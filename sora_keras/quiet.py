"""TensorFlow's notes to its own developers: silenced where they mean nothing to a user, and put plainly."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def quiet_tensorflow() -> Iterator[None]:
    """Inside, TensorFlow logs errors alone: not that it traces again, nor where it writes assets."""
    from absl import logging as absl_logging

    logger = logging.getLogger("tensorflow")
    before = logger.level, absl_logging.get_verbosity()
    logger.setLevel(logging.ERROR)
    absl_logging.set_verbosity(absl_logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before[0])
        absl_logging.set_verbosity(before[1])


_TRACE = ("Graph execution error", "Detected at node", "Stack trace", "File ")


def said_by(error: Any) -> str:
    """What a TensorFlow error says, without where in the graph it says it."""
    lines = (line.strip() for line in str(error.message).splitlines())
    said = next((line for line in lines if line and not line.startswith(_TRACE)), type(error).__name__)
    return re.sub(r"\{\{.*?\}\}|\[\[.*|\[Op:.*", "", said).strip(" .:")
