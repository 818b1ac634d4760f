"""A track put into an MP4 or MOV as it is: ffmpeg does not write every kind of telemetry.

What the track is (handler, media header, sample description) is taken as it stands; its samples
come to lie behind all else, in one chunk.

Source: ISO/IEC 14496-12, 8.3 to 8.7.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import BinaryIO, NamedTuple

from vr360.errors import MetadataError
from vr360.spherical import files
from vr360.spherical.boxes import Box, unpack
from vr360.spherical.files import Piece, length_of
from vr360.spherical.movie import Movie
from vr360.spherical.tracks import Track

TICKS = 90_000  # a second, of the new track
_MATRIX = struct.pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_LARGEST = (1 << 32) - 1


class Sample(NamedTuple):
    """Its beginning and length in seconds of the film, and its bytes."""

    start: float
    seconds: float
    data: bytes


def add_track(path: Path, like: Track, samples: Sequence[Sample]) -> None:
    """Put a track into a film; the file is replaced when the new one is whole.

    Args:
        like: what the track is, of any file.
        samples: in order of time, none empty; the first may begin before the film.

    Raises:
        MetadataError: the file is damaged, or the samples are larger or longer than a track
            takes; the file is as it was.
    """
    with files.opened(path) as (file, length):
        try:
            pieces = _with_track(file, length, like, samples)
        except struct.error:
            raise MetadataError("the telemetry is longer than a track can be") from None
        mode = os.fstat(file.fileno()).st_mode & 0o7777
        files.write_new(file, pieces, path, mode, lambda _: None, None)


def _with_track(file: BinaryIO, length: int, like: Track, samples: Sequence[Sample]) -> list[Piece]:
    media = b"".join(sample.data for sample in samples)
    if len(media) + 8 > _LARGEST:
        raise MetadataError("more than 4 GiB of telemetry")
    # where the samples lie follows from the size of the rest, which does not depend on it
    end = sum(map(length_of, _with_header(file, length, like, samples, 0)))
    pieces = _with_header(file, length, like, samples, end + 8)
    return [*pieces, struct.pack(">I4s", 8 + len(media), b"mdat") + media]


def _with_header(
    file: BinaryIO, length: int, like: Track, samples: Sequence[Sample], at: int
) -> list[Piece]:
    """The film and its tables with the new track, whose samples lie at a place."""
    movie = Movie(file, length)
    header = movie.moov.first(b"mvhd")
    if header is None:
        raise MetadataError("the movie box has no header (mvhd)")
    number = 1 + max(track.track_id for track in movie.tracks)
    track = _track(like, number, _clock(header), samples, at)
    movie.moov.children = [*(movie.moov.children or ()), track]
    header.payload = bytes(header.payload[:-4]) + struct.pack(">I", number + 1)
    return movie.pieces()


def _clock(mvhd: Box) -> int:
    """Ticks a second of the movie's own clock."""
    wide = bytes(mvhd.payload[:1]) == b"\1"
    return unpack(">I", mvhd.payload, 20 if wide else 12, "mvhd")[0]


def _track(like: Track, number: int, clock: int, samples: Sequence[Sample], at: int) -> Box:
    delay, end = samples[0].start, samples[-1].start + samples[-1].seconds
    edits = [_edits(delay, end, clock)] if delay else []
    header = struct.pack(">6I", 3, 0, 0, number, 0, round(end * clock))
    tkhd = Box(b"tkhd", header + bytes(16) + _MATRIX + bytes(8))
    kept = [box for box in like.mdia.children or [] if box.kind == b"hdlr"]
    minf = next(box for box in like.mdia.children or [] if box.kind == b"minf")
    others = [box for box in minf.children or [] if box.kind != b"stbl"]
    place = Box(b"co64", struct.pack(">IIQ", 0, 1, at))
    stbl = _parent(b"stbl", like.stsd, *_tables(samples), place)
    mdia = _parent(
        b"mdia", _media_header(round((end - delay) * TICKS)), *kept, _parent(b"minf", *others, stbl)
    )
    return _parent(b"trak", tkhd, *edits, mdia)


def _media_header(ticks: int) -> Box:
    """Of version 1 where 32 bits do not hold the length: from 13 hours on."""
    if ticks > _LARGEST:
        clock = struct.pack(">IQQIQ", 1 << 24, 0, 0, TICKS, ticks)
    else:
        clock = struct.pack(">5I", 0, 0, 0, TICKS, ticks)
    return Box(b"mdhd", clock + struct.pack(">2H", 0x55C4, 0))


def _parent(kind: bytes, *children: Box) -> Box:
    return Box(kind, b"", children=list(children))


def _edits(delay: float, end: float, clock: int) -> Box:
    """Nothing at first, then the track; or the track from within its first sample on."""
    lines = [struct.pack(">IiI", round(delay * clock), -1, 1 << 16)] if delay > 0 else []
    shown = round((end - max(delay, 0)) * clock), round(max(-delay, 0) * TICKS)
    lines.append(struct.pack(">IiI", *shown, 1 << 16))
    table = struct.pack(">II", 0, len(lines)) + b"".join(lines)
    return _parent(b"edts", Box(b"elst", table))


def _tables(samples: Sequence[Sample]) -> list[Box]:
    """How long samples last, in which chunk they lie, and how large they are."""
    times = [round((sample.start - samples[0].start) * TICKS) for sample in samples]
    times.append(times[-1] + round(samples[-1].seconds * TICKS))
    steps = [max(after - before, 0) for before, after in pairwise(times)]
    runs = [(len(list(run)), step) for step, run in groupby(steps)]
    durations = b"".join(struct.pack(">II", *run) for run in runs)
    sizes = b"".join(struct.pack(">I", len(sample.data)) for sample in samples)
    return [
        Box(b"stts", struct.pack(">II", 0, len(runs)) + durations),
        Box(b"stsc", struct.pack(">5I", 0, 1, 1, len(samples), 1)),
        Box(b"stsz", struct.pack(">III", 0, 0, len(samples)) + sizes),
    ]
