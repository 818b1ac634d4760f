"""SIGTERM and SIGHUP end the work as Ctrl-C does: an exception runs through it and cleans up."""

from __future__ import annotations

import signal
import sys
from types import FrameType

ENDING = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP


def clean_up_when_ended() -> None:
    """Exit with 128 + N on signal N; one that is ignored, as under nohup, stays ignored."""
    for name in ENDING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # a second one would cut the cleaning up short
    sys.exit(128 + number)
