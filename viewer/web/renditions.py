"""Which files of a film a page offers, and how ffmpeg makes the one that every browser plays."""

from __future__ import annotations

import hashlib
import logging
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from viewer.web.codecs import MediaType, media_type
from vr360.errors import EncodeError
from vr360.frame import VideoInfo
from vr360.media.encoder import ffmpeg_binary
from vr360.partial import Partial

log = logging.getLogger(__name__)

Progress = Callable[[Iterable[int], int], Iterable[int]]

CRF = 20


@dataclass(frozen=True)
class Plan:
    """What is offered of a film.

    Attributes:
        master: its type where it is offered as it is, else None.
        size: (height, width) of a version in H.264; None where the master plays everywhere.
        why: one sentence for the user.
    """

    master: MediaType | None
    size: tuple[int, int] | None
    why: str


def plan(info: VideoInfo, max_width: int) -> Plan:
    """Decide by container, codec and size."""
    master, size = media_type(info), rendition_size(info, max_width)
    fits = size == (info.height, info.width)
    if master and master.is_plain and fits:
        return Plan(master, None, "plays everywhere as it is")
    made = f"a version in H.264, {size[1]}x{size[0]}"
    if master is None:
        return Plan(None, size, f"{made}, instead of the film, which no browser plays")
    reason = "smaller for phones" if master.is_plain else f"beside the film in {info.codec}"
    return Plan(master, size, f"{made}, {reason}")


def rendition_size(info: VideoInfo, max_width: int) -> tuple[int, int]:
    """(height, width), even: as wide as allowed, and no more pixels than a mono sphere so wide.

    H.264 level 5.1, which phones decode, ends a little above 3840x1920; two eyes share that.
    """
    area = max_width * max_width / 2
    scale = min(1.0, max_width / info.width, (area / (info.width * info.height)) ** 0.5)
    if scale == 1.0 and info.height % 2 == 0 and info.width % 2 == 0:
        return info.height, info.width
    height, width = (int(side * scale / 4) * 4 for side in (info.height, info.width))
    return height, width


def fingerprint(info: VideoInfo, *settings: object) -> str:
    """Eight digits that change with the file and the settings."""
    state = info.path.stat()
    words = (state.st_size, state.st_mtime_ns, CRF, *settings)
    return hashlib.sha256(repr(words).encode()).hexdigest()[:8]


def make_rendition(
    info: VideoInfo, out: Path, size: tuple[int, int], progress: Progress = lambda n, _: n
) -> None:
    """Write H.264 4:2:0 with AAC, its index first; whole or not at all.

    Raises:
        EncodeError: ffmpeg failed.
        OutputError: the folder cannot be written.
    """
    partial = Partial(out)
    try:
        partial.make()
        for _ in progress(_frames(_command(info, size, partial.path), out), info.frames):
            pass
        partial.settle()
    finally:
        partial.discard()


def _command(info: VideoInfo, size: tuple[int, int], out: Path) -> list[str]:
    scale = f"scale={size[1]}:{size[0]}:flags=lanczos+accurate_rnd:out_range=tv,format=yuv420p"
    return [
        *(ffmpeg_binary(), "-y", "-nostdin", "-v", "error", "-progress", "pipe:1"),
        *("-i", str(info.path.absolute()), "-map", "0:v:0", "-map", "0:a:0?", "-sn", "-dn"),
        *("-vf", f"{scale},setsar=1", "-c:v", "libx264", "-preset", "medium", "-crf", str(CRF)),
        *("-profile:v", "high", "-g", str(max(round(info.rate), 1))),  # a seek a second
        *("-c:a", "aac", "-b:a", "192k", "-movflags", "+faststart", "-f", "mp4", str(out)),
    ]


def _frames(command: list[str], out: Path) -> Iterator[int]:
    """Frames as ffmpeg reports them; ends ffmpeg when nobody asks any more."""
    log.debug("%s", " ".join(command))
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True)
        with process:
            try:
                yield from _counted(process.stdout or ())
            finally:
                process.terminate() if process.poll() is None else None
        if process.returncode:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()
            reason = lines[-1] if lines else f"exit code {process.returncode}"
            raise EncodeError(f"{out}: ffmpeg stopped: {reason}")


def _counted(lines: Iterable[str]) -> Iterator[int]:
    """Every number up to the frame that each report names."""
    done = 0
    for line in lines:
        if match := re.match(r"frame=\s*(\d+)", line):
            yield from range(done, int(match[1]))
            done = max(done, int(match[1]))
