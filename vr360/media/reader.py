"""Frames of a film with exact times, and films of uneven rate made even without drift."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import av
import av.error
from av.container import InputContainer
from av.video.stream import VideoStream

from vr360.choices import ToneMap
from vr360.errors import VideoOpenError
from vr360.frame import Frame, VideoInfo
from vr360.media.chapters import begun
from vr360.media.colour import RgbConverter
from vr360.media.containers import (
    clock_slack,
    counts_frames,
    declared_duration,
    missing_bytes,
    opened,
    packet_times,
)
from vr360.media.folders import read_folder
from vr360.media.interlacing import deinterlaced
from vr360.media.rotation import display_matrix, upright
from vr360.media.stills import read_still
from vr360.media.threads import DEPTH, ReadAhead, T
from vr360.media.tonemap import peak_of, tone_mapped

__all__ = ["Resampling", "at_constant_rate", "read_ahead", "read_frames"]

_LOST = Fraction(1, 2)
"""Seconds that a film may end before its time; edit lists and rounding explain less than that."""


def read_frames(
    info: VideoInfo, start: Fraction = Fraction(0), duration: Fraction | None = None
) -> Iterator[Frame]:
    """Frames with start <= pts < start + duration, pts counted from the film's first frame.

    Times of even films that the container rounds (1 ms in Matroska) are the exact n / rate.

    Args:
        info: from `probe`; a still gives one frame, a folder its pictures at `info.rate`.
        start: seconds into the film.
        duration: seconds; to the end by default.

    Raises:
        VideoOpenError: the film is damaged or cut short; what comes before has been delivered.
    """
    end = None if duration is None else start + duration
    for frame in _frames_from(info, start):
        if end is not None and frame.pts >= end:
            return
        yield frame


def _frames_from(info: VideoInfo, start: Fraction) -> Iterator[Frame]:
    if info.hdr is not None and info.tone_map is not None:
        return _in_sdr(info.hdr, start, info.tone_map)
    if info.chapters:
        return _chapters(info, start)
    if info.is_still:
        return iter((Frame(read_still(info.path, info.bit_depth), Fraction(0)),))
    if info.path.is_dir():
        return read_folder(info, start)
    return _film(info, start)


def _in_sdr(hdr: VideoInfo, start: Fraction, tone_map: ToneMap) -> Iterator[Frame]:
    transfer, peak = hdr.colour.transfer, peak_of(hdr.colour)
    for frame in _frames_from(hdr, start):
        yield replace(frame, rgb=tone_mapped(frame.rgb, transfer, peak, tone_map))


def _chapters(info: VideoInfo, start: Fraction) -> Iterator[Frame]:
    for begins, chapter in begun(info):
        if start < begins + chapter.duration:
            for frame in _frames_from(chapter, max(start - begins, Fraction(0))):
                yield replace(frame, pts=frame.pts + begins)


def _film(info: VideoInfo, start: Fraction) -> Iterator[Frame]:
    if info.pair is None:
        yield from _track(info, start)
        return
    pair = info.pair
    each = replace(info, height=pair.height, width=pair.width)
    second = _track(info.beside, start) if info.beside else _track(each, start, 1)
    for one, other in zip(_track(each, start), second, strict=False):
        yield Frame(pair.join(one.rgb, other.rgb), one.pts)


def _track(info: VideoInfo, start: Fraction, number: int = 0) -> Iterator[Frame]:
    """Frames of a video track from `start` on, decoded from the keyframe before it.

    Containers without an index may land later than asked for, or nowhere: then from the first.
    """
    with opened(info.path, number) as (container, stream):
        if start == 0 or _seek(info, container, stream, start):
            yield from _frames(info, container, stream, start)
            return
    with opened(info.path, number) as (container, stream):
        yield from _frames(info, container, stream, start)


def _seek(info: VideoInfo, container: InputContainer, stream: VideoStream, start: Fraction) -> bool:
    """Go to a keyframe at or before `start`; whether that worked."""
    if counts_frames(container):
        return False
    ticks = int((info.start_time + start) // Fraction(stream.time_base or 1))
    try:
        container.seek(ticks, stream=stream)
        first = next(container.decode(stream), None)
        if first is None or _time(info, first) > start:
            return False
        container.seek(ticks, stream=stream)
    except av.error.FFmpegError:
        return False
    return True


def _frames(
    info: VideoInfo, container: InputContainer, stream: VideoStream, start: Fraction
) -> Iterator[Frame]:
    to_rgb = RgbConverter(info.colour, info.bit_depth)
    times = _counted(info) if counts_frames(container) else None
    last = Fraction(-1)
    try:
        for picture in deinterlaced(info, stream, container.decode(stream)):
            last = next(times) if times else _time(info, picture)
            if last >= start:
                _check(info, picture, last)
                yield Frame(upright(to_rgb(picture), display_matrix(picture)), last)
    except av.error.FFmpegError:
        raise VideoOpenError(_damaged(info, last)) from None
    _check_end(info, container, stream, last)


def _counted(info: VideoInfo) -> Iterator[Fraction]:
    """Times of the frames of a container that counts them: its empty ones take their time too."""
    times, _ = packet_times(info.path)
    first = times[0] if times else Fraction(0)
    yield from (round((time - first) * info.rate) / info.rate for time in times)
    yield from (n / info.rate for n in itertools.count(len(times)))


def _time(info: VideoInfo, picture: av.VideoFrame) -> Fraction:
    """Seconds from the film's first frame, freed of the container's rounding on even films."""
    tick = Fraction(picture.time_base or 1)
    time = (picture.pts or 0) * tick - info.start_time
    even = round(time * info.rate) / info.rate
    return even if not info.variable_rate and abs(time - even) <= clock_slack(tick) else time


def _check(info: VideoInfo, picture: av.VideoFrame, pts: Fraction) -> None:
    if picture.is_corrupt:
        raise VideoOpenError(_damaged(info, pts))
    size = {info.height, info.width}
    if {picture.height, picture.width} != size:
        found = f"{picture.width}x{picture.height}"
        raise VideoOpenError(f"{info.path}: the picture turns {found} at {float(pts):.2f} s")


def _check_end(
    info: VideoInfo, container: InputContainer, stream: VideoStream, last: Fraction
) -> None:
    missing = missing_bytes(info.path)
    declared = declared_duration(container, stream)
    end = max(last, Fraction(0)) + 1 / info.rate
    lost = declared.seconds - end if declared and declared.of_video else Fraction(0)
    if missing or (lost > _LOST and not info.variable_rate):
        raise VideoOpenError(
            f"{info.path}: cut short, it ends at {float(end):.2f} s of "
            f"{float(info.duration):.2f} s; copy the file again or give --duration"
        )


def _damaged(info: VideoInfo, time: Fraction) -> str:
    at = max(time, Fraction(0))
    return f"{info.path}: damaged at {float(at):.2f} s; copy the file again or give --duration"


@dataclass
class Resampling:
    """How far a film was from an even rate: counted while its frames pass.

    Attributes:
        frames: given out.
        repeated: given out again because no newer one lay nearer.
        dropped: never given out.
    """

    frames: int = 0
    repeated: int = 0
    dropped: int = 0


def at_constant_rate(
    frames: Iterable[Frame],
    rate: Fraction,
    count: Resampling | None = None,
    end: Fraction | None = None,
    after: Fraction | None = None,
) -> Iterator[Frame]:
    """For every tick n / rate, the frame nearest in time; its pts becomes the tick.

    The identity on even films, also on those whose times are rounded to milliseconds. Ticks are
    counted from the film's first frame, so nothing drifts however long the film is. Repeated
    frames share one `rgb` array and say that they repeat.

    Args:
        frames: in order of time.
        rate: ticks a second.
        count: filled in as frames pass.
        end: when the last frame ends, seconds; by default one tick after it began.
        after: go on behind the tick of this time, which showed the first of `frames`.
    """
    count = count if count is not None else Resampling()
    shown = None  # the frame that was nearest so far
    used = before = 0  # how often it was given out; of that before `after`
    tick = 0
    for frame in frames:
        if shown is None and after is not None:
            tick, used, before, shown = round(after * rate) + 1, 1, 1, frame
            continue
        if shown is None:
            tick = round(frame.pts * rate)
        else:
            while tick / rate - shown.pts <= frame.pts - tick / rate:
                yield Frame(shown.rgb, tick / rate, shown.pts, used > 0)
                tick, used = tick + 1, used + 1
            _tally(count, used, before)
        shown, used, before = frame, 0, 0
    if shown is None:
        return
    stop = round(shown.pts * rate) + 1 if end is None else max(1, round(end * rate))
    while tick < stop:
        yield Frame(shown.rgb, tick / rate, shown.pts, used > 0)
        tick, used = tick + 1, used + 1
    _tally(count, used, before)


def _tally(count: Resampling, used: int, before: int = 0) -> None:
    count.frames += used - before
    count.dropped += used == 0
    count.repeated += max(0, used - 1) - max(0, before - 1)


def read_ahead(iterable: Iterable[T], depth: int = DEPTH) -> ReadAhead[T]:
    """Run an iterator in a thread, `depth` items ahead of its consumer; see `ReadAhead`."""
    return ReadAhead(iterable, depth)
