"""What happened to a job and when: lines in its folder, by all processes that work on it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.jobs.lock import me
from pipeline.jobs.stop import PausedError
from vr360 import __version__

LOG = "log.txt"

events = logging.getLogger(__name__)
"""Lines for the file alone; warnings of all others go there besides."""
events.propagate = False
events.setLevel(logging.INFO)


@contextmanager
def logged(folder: Path, doing: str) -> Iterator[None]:
    """Write what happens to a job's log while it lasts, and how it ended.

    Args:
        folder: of the job.
        doing: what is begun, for the first line.
    """
    file = logging.FileHandler(folder / LOG, encoding="utf-8", delay=True)
    # a full disk is told by whoever writes what matters
    file.handleError = lambda record: None  # type: ignore[method-assign]
    file.setFormatter(logging.Formatter(f"%(asctime)s  {me()}  %(message)s"))
    file.setLevel(logging.INFO)
    for logger in (events, logging.getLogger()):
        logger.addHandler(file)
    events.info("%s, vr360 %s", doing, __version__)
    try:
        yield
        events.info("done: %s", doing)
    except PausedError as pause:
        events.info("%s", pause)
        raise
    except BaseException as error:
        events.error("ended by %s: %s", type(error).__name__, error)
        raise
    finally:
        for logger in (events, logging.getLogger()):
            logger.removeHandler(file)
        file.close()
