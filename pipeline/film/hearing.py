"""Sounds of films and recordings, read as samples, to the sample."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from vr360.errors import InputError
from vr360.frame import AudioInfo, VideoInfo
from vr360.media.encoder import ffmpeg_binary
from vr360.media.sound import named_channels

RATE = 48000
Samples = NDArray[np.float32]
"""(N, channels), full scale at 1."""


@dataclass(frozen=True)
class Recording:
    """A sound track: where it lies, and how its clock runs.

    Attributes:
        path, info: the file, and which of its tracks.
        zero: seconds on the file's clock that a scene's clip calls 0.
        seconds: how long it lasts from there; None where the file does not say.
    """

    path: Path
    info: AudioInfo
    zero: Fraction
    seconds: Fraction | None


def recording(path: Path, track: int, film: VideoInfo | None) -> Recording:
    """A track of a file.

    Args:
        path: a film or a sound.
        track: from 0.
        film: the clip itself, if it is that: its sound runs on the clock of its picture.

    Raises:
        InputError: it cannot be read, or has no such track.
    """
    try:
        with av.open(str(path)) as container:
            tracks = list(container.streams.audio)
            if track >= len(tracks):
                raise InputError(f"{path}: has {len(tracks)} sound tracks, no track {track}")
            stream = tracks[track]
            context = stream.codec_context
            info = AudioInfo(
                track, context.name, context.sample_rate, context.channels, context.layout.name
            )
            first = stream.start_time or 0
            tick = Fraction(stream.time_base or 1)
            zero = film.start_time if film else first * tick
            length = stream.duration * tick if stream.duration else None
            if length is None and container.duration:
                length = Fraction(container.duration, 1_000_000)
    except av.error.FFmpegError as error:
        raise InputError(f"{path}: no sound that can be read: {error.strerror}") from None
    return Recording(path, info, zero, length)


def read_samples(source: Recording, start: Fraction, count: int) -> Samples:
    """So many samples at `RATE`, silence where the recording has none.

    Args:
        source: the track.
        start: seconds on the clip's clock of the first sample; may lie before its beginning.
        count: of samples.

    Raises:
        InputError: the file is damaged.
    """
    begin = source.zero + start
    filters = (
        f"{named_channels(source.info.channels)},"
        f"asetpts=PTS-({begin.numerator}/{begin.denominator})/TB,"
        f"aresample={RATE}:async=1:first_pts=0,atrim=end_sample={count}"
    )
    command = [
        *(ffmpeg_binary(), "-hide_banner", "-nostdin", "-loglevel", "error", "-copyts"),
        *("-i", str(source.path.absolute()), "-map", f"0:a:{source.info.index}"),
        *("-af", filters, "-f", "f32le", "-c:a", "pcm_f32le", "-"),
    ]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise InputError(f"{source.path}: its sound cannot be read: {words[-1] if words else ''}")
    found = np.frombuffer(done.stdout, np.float32).reshape(-1, source.info.channels)[:count]
    samples = np.zeros((count, source.info.channels), np.float32)
    samples[: len(found)] = found
    return samples
