"""TensorFlow's notes to its own developers, silenced where we know them to mean nothing to a user."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


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
