"""ffmpeg as a process of its own: found, started, fed, drained, and ended."""

from __future__ import annotations

import collections
import logging
import re
import shutil
import subprocess
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import imageio_ffmpeg

from vr360.errors import EncodeError

log = logging.getLogger(__name__)

DISK_FULL = "the disk is full; free some space and start again"
_KEPT_LINES = 40
_NO_REASON = (  # what ffmpeg says after it has said what is wrong
    *("Conversion failed", "Nothing was written", "Error closing file"),
    *("Error opening output", "Error selecting an encoder", "Terminating thread", "Task finished"),
)
_SPEAKER = re.compile(r"^\[[^\]]* @ 0x[0-9a-f]+\] ")
_FULL = ("No space left on device", "Disk quota exceeded")


def ffmpeg_binary() -> str:
    """The system's ffmpeg, else the one that imageio-ffmpeg ships.

    Raises:
        EncodeError: there is none.
    """
    system = shutil.which("ffmpeg")
    if system:
        return system
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        raise EncodeError("no ffmpeg found; install ffmpeg or imageio-ffmpeg") from None


@lru_cache(maxsize=1)
def ffmpeg_version() -> str:
    """What ffmpeg says of itself in its first line."""
    said = subprocess.run([ffmpeg_binary(), "-version"], capture_output=True, check=False).stdout
    return said.decode(errors="replace").partition("\n")[0]


class Encoder:
    """A running ffmpeg that takes raw frames on its standard input.

    A session of its own, so that Ctrl-C reaches this program only, which then ends it.
    """

    def __init__(self, command: Sequence[str], target: Path) -> None:
        log.debug("%s", " ".join(command))
        self._target = target
        self._lines: collections.deque[str] = collections.deque(maxlen=_KEPT_LINES)
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        self._drain = threading.Thread(target=self._read_stderr, name="ffmpeg-stderr", daemon=True)
        self._drain.start()

    def feed(self, data: memoryview) -> None:
        """Write all of one frame.

        Raises:
            EncodeError: ffmpeg has ended.
        """
        assert self._process.stdin is not None
        try:
            while data:
                data = data[self._process.stdin.write(data) :]
        except OSError:
            self._process.wait()
            raise self._failure() from None

    def finish(self) -> None:
        """Close the input and wait for the file to be complete.

        Raises:
            EncodeError: ffmpeg failed.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
        except OSError:
            raise self._failure() from None
        code = self._process.wait()
        self._drain.join()
        if code != 0 or self._disk_is_full():  # which some versions take for success
            raise self._failure()

    def kill(self) -> None:
        """End ffmpeg at once; safe when it has ended already."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Let go of the pipes, once nobody feeds any more."""
        self._drain.join()
        for pipe in (self._process.stdin, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def _read_stderr(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            text = line.decode(errors="replace").strip()
            if text:
                self._lines.append(_SPEAKER.sub("", text))

    def _disk_is_full(self) -> bool:
        return any(text in line for line in self._lines for text in _FULL)

    def _failure(self) -> EncodeError:
        self._drain.join()
        if self._disk_is_full():
            return EncodeError(f"{self._target}: {DISK_FULL}")
        telling = [line for line in self._lines if not line.startswith(_NO_REASON)]
        reason = telling[-1] if telling else f"exit code {self._process.returncode}"
        return EncodeError(f"{self._target}: ffmpeg stopped: {reason}")
