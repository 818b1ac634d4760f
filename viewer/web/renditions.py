"""Which files of a film a page offers, and how ffmpeg makes the one that every browser plays."""

from __future__ import annotations

import hashlib
import logging
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from viewer.web.codecs import MediaType, ambisonic_order, media_type
from vr360.errors import EncodeError
from vr360.frame import VideoInfo
from vr360.media.encoder import ffmpeg_binary
from vr360.partial import Partial
from vr360.reports import Progress

log = logging.getLogger(__name__)

CRF = 20
_AAC_BITS = {False: "192k", True: "384k"}
_NOT_IN_MP4 = ("vp8",)
_AMBISONIC = "channelmap=map=0|1|2|3:channel_layout=4.0"
"""First order, ACN and SN3D, on AAC's own four loudspeakers, which every decoder knows."""


@dataclass(frozen=True)
class Plan:
    """What is offered of a film.

    Attributes:
        master: its type where it is offered as it is, else None.
        size: (height, width) of a version in H.264; None where the master plays everywhere.
        why: one sentence for the user.
        ambisonic: the master is offered in a copy whose sound every browser takes apart alike.
    """

    master: MediaType | None
    size: tuple[int, int] | None
    why: str
    ambisonic: bool = False


def plan(info: VideoInfo, max_width: int) -> Plan:
    """Decide by container, codec, size and sound."""
    found = _plan_picture(info, max_width)
    order = ambisonic_order(info)
    if not order:
        return found
    if found.master and found.master.video in _NOT_IN_MP4:
        why = f"a version in H.264, instead of the film, whose {info.codec} no MP4 holds"
        found = replace(found, master=None, why=why)
    return replace(found, why=f"{found.why}; {_kept_sound(info, order)}", ambisonic=True)


def _kept_sound(info: VideoInfo, order: int) -> str:
    """What the page plays of a field, and what it leaves out."""
    said = "its sound turns with the view"
    if order > 1:
        said += f", by the first of its {order} ambisonic orders"
    if info.audio[0].channels > (order + 1) ** 2:
        said += "; its head-locked stereo is left out"
    return said


def _plan_picture(info: VideoInfo, max_width: int) -> Plan:
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
    info: VideoInfo,
    out: Path,
    size: tuple[int, int] | None,
    progress: Progress[int] = lambda n, _: n,
    ambisonic: bool = False,
) -> None:
    """Write a file for browsers, its index first; whole or not at all.

    Args:
        info: of the film.
        out: an .mp4.
        size: (height, width) of H.264 4:2:0; None copies the picture.
        progress: is given the frames.
        ambisonic: the first order of the sound is kept as four channels of AAC; else it is AAC as
            the film has it.

    Raises:
        EncodeError: ffmpeg failed.
        OutputError: the folder cannot be written.
    """
    partial = Partial(out)
    try:
        partial.make()
        command = _command(info, size, partial.path, ambisonic)
        for _ in progress(_frames(command, out), info.frames):
            pass
        partial.settle()
    finally:
        partial.discard()


def write_channel_probe(out: Path) -> None:
    """Four channels of falling loudness in the same AAC: tells a page in which order they come."""
    tones = "|".join(f"{0.8 / 2**n}*sin(880*PI*t)" for n in range(4))
    source = ("-f", "lavfi", "-i", f"aevalsrc={tones}:c=4.0:s=48000:d=0.2")
    command = [ffmpeg_binary(), "-y", "-nostdin", "-v", "error", *source]
    partial = Partial(out)
    try:
        sound = ("-c:a", "aac", "-b:a", _AAC_BITS[True], "-f", "mp4", str(partial.make()))
        subprocess.run([*command, *sound], check=True, capture_output=True)
        partial.settle()
    except subprocess.CalledProcessError as error:
        raise EncodeError(f"{out}: ffmpeg stopped: {error.stderr.decode().strip()}") from None
    finally:
        partial.discard()


def _command(
    info: VideoInfo, size: tuple[int, int] | None, out: Path, ambisonic: bool
) -> list[str]:
    return [
        *(ffmpeg_binary(), "-y", "-nostdin", "-v", "error", "-progress", "pipe:1"),
        *("-i", str(info.path.absolute()), "-map", "0:v:0", "-map", "0:a:0?", "-sn", "-dn"),
        *(_copied(info) if size is None else _encoded(info, size)),
        *(("-af", _AMBISONIC) if ambisonic else ()),
        *("-c:a", "aac", "-b:a", _AAC_BITS[ambisonic], "-movflags", "+faststart"),
        *("-f", "mp4", str(out)),
    ]


def _copied(info: VideoInfo) -> list[str]:
    tag = ("-tag:v", "hvc1") if info.codec == "hevc" else ()  # Safari plays no other
    return ["-c:v", "copy", *tag]


def _encoded(info: VideoInfo, size: tuple[int, int]) -> list[str]:
    scale = f"scale={size[1]}:{size[0]}:flags=lanczos+accurate_rnd:out_range=tv,format=yuv420p"
    return [
        *("-vf", f"{scale},setsar=1", "-c:v", "libx264", "-preset", "medium", "-crf", str(CRF)),
        *("-profile:v", "high", "-g", str(max(round(info.rate), 1))),  # a seek a second
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
