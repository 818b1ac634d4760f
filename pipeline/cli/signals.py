"""SIGTERM and SIGHUP end the work as Ctrl-C does: an exception runs through it and cleans up.

A job gets a chance to stop between two frames first.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from pipeline.cli.console import say

if TYPE_CHECKING:
    from pipeline.jobs.stop import Stop

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


@contextmanager
def stopping_at_a_frame() -> Iterator[Stop]:
    """What a job asks whether to stop: the first signal says so, the second one ends it at once.

    Raises:
        SystemExit: it has stopped; 128 + N for signal N, 1 where it paused for another reason.
    """
    from pipeline.jobs.stop import PausedError, Stop

    stop, received, before = Stop(), list[int](), dict[int, object]()

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.idle and number != signal.SIGINT:
            _end(number, frame)
        if stop.idle or stop.reason:
            raise KeyboardInterrupt
        received.append(number)
        name = "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name
        stop.ask(name)
        say("", f"{name}: finishing the frame; once more stops at once and keeps less")

    for name in ("SIGINT", *ENDING):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, ask)
    try:
        yield stop
    except PausedError as error:
        say("", str(error))
        sys.exit(128 + received[0] if received else 1)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
