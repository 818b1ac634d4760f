"""Sounds of films and recordings, read as samples, to the sample."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO

import av.error
import numpy as np
from numpy.typing import NDArray

from vr360.errors import InputError
from vr360.frame import AudioInfo, VideoInfo
from vr360.media.containers import is_known, open_media
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
        with open_media(path) as container:
            tracks = list(container.streams.audio)
            if track >= len(tracks):
                raise InputError(f"{path}: has {len(tracks)} sound tracks, no track {track}")
            stream = tracks[track]
            if not is_known(stream):
                raise InputError(f"{path}: sound track {track} is of an unknown kind")
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
    """So many samples at `RATE`, silence where the recording has none; see `read_blocks`."""
    silence = np.zeros((0, source.info.channels), np.float32)
    return np.concatenate([silence, *read_blocks(source, start, count, max(1, count))])


def read_blocks(source: Recording, start: Fraction, count: int, size: int) -> Iterator[Samples]:
    """So many samples at `RATE`, silence where the recording has none.

    Args:
        source: the track.
        start: seconds on the clip's clock of the first sample; may lie before its beginning.
        count: of samples.
        size: of the blocks that they come in, all but the last.

    Raises:
        InputError: the file is damaged.
    """
    channels = source.info.channels
    with tempfile.TemporaryFile() as said:
        command, pipe = _decoding(source, start, count), subprocess.PIPE
        with subprocess.Popen(command, stdout=pipe, stderr=said) as decoder:
            assert decoder.stdout is not None
            for first in range(0, count, size):
                block = np.zeros((min(size, count - first), channels), np.float32)
                data = decoder.stdout.read(block.nbytes)
                found = np.frombuffer(data, np.float32).reshape(-1, channels)
                block[: len(found)] = found
                yield block
        _check_decoded(source, decoder.returncode, said)


def _decoding(source: Recording, start: Fraction, count: int) -> list[str]:
    begin = source.zero + start
    filters = (
        f"{named_channels(source.info.channels)},"
        f"asetpts=PTS-({begin.numerator}/{begin.denominator})/TB,"
        f"aresample={RATE}:async=1:first_pts=0,atrim=end_sample={count}"
    )
    return [
        *(ffmpeg_binary(), "-hide_banner", "-nostdin", "-loglevel", "error", "-copyts"),
        *("-i", str(source.path.absolute()), "-map", f"0:a:{source.info.index}"),
        *("-af", filters, "-f", "f32le", "-c:a", "pcm_f32le", "-"),
    ]


def _check_decoded(source: Recording, code: int, said: IO[bytes]) -> None:
    if code == 0:
        return
    said.seek(0)
    words = said.read().decode(errors="replace").strip().splitlines()
    raise InputError(f"{source.path}: its sound cannot be read: {words[-1] if words else ''}")
