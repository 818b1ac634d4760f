"""What a film, a still or a folder of frames is, found out without decoding more than a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from vr360.cameras.lens_files import lens_files
from vr360.cameras.pairs import PairKind
from vr360.errors import NotEquirectError, VideoOpenError
from vr360.frame import AudioInfo, Projection, Rgb, Stereo, VideoInfo, bit_depth
from vr360.media.colour import RgbConverter, colour_of, depth_of
from vr360.media.containers import (
    clock_slack,
    counts_frames,
    declared_duration,
    first_frame,
    is_known,
    opened,
    packet_times,
)
from vr360.media.dolby_vision import dolby_vision_notes
from vr360.media.folders import frames_in, holes_in
from vr360.media.interlacing import interlacing_notes
from vr360.media.metadata import declared_layout, unread_xmp
from vr360.media.pairing import find_pair, first_picture, side_by_side
from vr360.media.recognise import Layout, recognise
from vr360.media.rotation import display_matrix, upright
from vr360.media.stills import read_still, still_colour
from vr360.media.tags import tags_of
from vr360.stereo import eye_size, picture_size

FOLDER_RATE = Fraction(24)
_STANDARD_RATES = tuple(
    Fraction(n) for n in ("24000/1001", "24", "25", "30000/1001", "30", "48", "50")
) + tuple(Fraction(n) for n in ("60000/1001", "60", "90", "100", "120000/1001", "120"))
_NANOSECONDS = Fraction(2, 10**9)
_COMMON = 0.05  # share of the steps that counts as a good part of the film
_SNAP = Fraction(1, 100)
ALONE = Projection.CUBEMAP  # a size that nothing contradicts: one picture is taken as it is
_SAMPLE = 500  # packets that are looked at where the container has no table of frames
_REORDERED = 16  # of them the last ones may lack a neighbour that comes later
_IN_HALVES = (Projection.EQUIRECT, Projection.HALF_EQUIRECT)  # over a pole, or its front
_STILL_DEMUXERS = ("image2", "_pipe")


@dataclass(frozen=True)
class _Timing:
    rate: Fraction
    duration: Fraction
    frames: int
    variable: bool


def probe(
    path: Path,
    projection: Projection | None = None,
    stereo: Stereo | None = None,
    rate: Fraction | None = None,
    parts: bool = False,
) -> VideoInfo:
    """Everything the pipeline needs to know about a source.

    Args:
        path: a film, a still (JPEG, PNG, WebP, HEIC, AVIF, JPEG XL, OpenEXR), or a folder of them.
        projection: what the user knows better than the file.
        stereo: likewise.
        rate: frames a second of a folder of frames; films know their own.
        parts: take pictures that show a part of the sphere, see `VideoInfo.bounds`.

    Raises:
        VideoOpenError: missing, empty, corrupt, or without a picture.
        NotEquirectError: no 360° picture as far as one can tell, and no override given; or one
            whose size contradicts its projection or its eyes.
    """
    info = _probe_lens_files(Path(path), projection, stereo)
    info = info or _probe(Path(path), projection, stereo, rate)
    if info.is_part and not parts:
        raise NotEquirectError(
            f"{info.path}: covers only a part of the sphere, its metadata says; make it whole with "
            "vr360 convert, or say that it is whole with --from equirect"
        )
    _check_size(info)
    return info


def _probe(
    path: Path, projection: Projection | None, stereo: Stereo | None, rate: Fraction | None
) -> VideoInfo:
    if path.is_dir():
        return _probe_folder(path, projection, stereo, rate)
    with opened(path) as (container, stream):
        if container.format.name.endswith(_STILL_DEMUXERS):
            return _probe_still(path, projection, stereo)
        return _probe_film(path, container, stream, projection, stereo)


def _probe_lens_files(
    path: Path, projection: Projection | None, stereo: Stereo | None
) -> VideoInfo | None:
    """The film of two files of one lens each, of which `path` is one; None of any other."""
    files = lens_files(path)
    if projection is ALONE or not files or not all(file.is_file() for file in files):
        return None
    first, second = (_probe(file, ALONE, Stereo.MONO, None) for file in files)
    return side_by_side(first, second, projection, stereo)


def _check_size(info: VideoInfo) -> None:
    """Two eyes are equally large, and a sphere has an opposite for each of its columns."""
    size = info.height, info.width
    height, width = eye_size(size, info.stereo)
    if picture_size((height, width), info.stereo) != size:
        raise NotEquirectError(
            f"{info.path}: {info.width}x{info.height} does not divide into two equal eyes "
            f"({info.stereo}); if it is one picture, say so with --stereo mono, else cut a line off"
        )
    if info.projection in _IN_HALVES and width % 2 and not info.is_part:
        raise NotEquirectError(
            f"{info.path}: {width}x{height} is no {info.projection} sphere: an even width was "
            f"expected, because its halves belong together; scale it, as with "
            f"ffmpeg -i INPUT -vf scale={info.width + info.width // width}:{info.height} OUTPUT"
        )


def _probe_still(path: Path, projection: Projection | None, stereo: Stereo | None) -> VideoInfo:
    rgb = read_still(path)
    layout = recognise(
        rgb, path.name, declared_layout(path, projection is not None), projection, stereo
    )
    return _picture_info(path, path, rgb, layout, rate=Fraction(0), frames=1)


def _probe_folder(
    path: Path, projection: Projection | None, stereo: Stereo | None, rate: Fraction | None
) -> VideoInfo:
    files = frames_in(path)
    rgb = read_still(files[0])
    layout = recognise(
        rgb, path.name, declared_layout(files[0], projection is not None), projection, stereo
    )
    note = f"a folder has no frame rate: {FOLDER_RATE} frames a second assumed"
    notes = (*(() if rate else (note,)), *holes_in(files))
    return _picture_info(path, files[0], rgb, layout, rate or FOLDER_RATE, len(files), notes)


def _picture_info(
    path: Path,
    picture: Path,
    rgb: Rgb,
    layout: Layout,
    rate: Fraction,
    frames: int,
    notes: Sequence[str] = (),
) -> VideoInfo:
    colour, told = still_colour(picture)
    return VideoInfo(
        path=path,
        height=rgb.shape[0],
        width=rgb.shape[1],
        rate=rate,
        duration=frames / rate if rate else Fraction(0),
        frames=frames,
        projection=layout.projection,
        stereo=layout.stereo,
        reason=layout.reason,
        declared=layout.declared,
        bounds=layout.bounds,
        pose=layout.pose,
        pixel_format="rgb",
        bit_depth=bit_depth(rgb),
        colour=colour,
        notes=(*layout.notes, *notes, *told, *unread_xmp(picture)),
    )


def _probe_film(
    path: Path,
    container: InputContainer,
    stream: VideoStream,
    projection: Projection | None,
    stereo: Stereo | None,
) -> VideoInfo:
    first = first_frame(path, container, stream)
    colour, colour_notes = colour_of(first, first.height)
    depth = depth_of(first)
    rgb = upright(RgbConverter(colour, depth)(first), display_matrix(first))
    pair = find_pair(path, container, rgb, projection is ALONE)
    notes = () if pair is None else (pair.note,)
    asked = projection is not None or stereo is not None
    if pair is not None:
        rgb = pair.join(rgb, first_picture(path, 1))
        strips = pair.kind is PairKind.STRIPS  # which can be nothing else
        projection = pair.projection if strips else projection or pair.projection
        stereo = stereo or Stereo.MONO
    declared = declared_layout(path, projection is not None)
    aspect = _pixel_aspect(stream, first.rotation)
    layout = recognise(rgb, path.name, declared, projection, stereo, aspect)
    if pair is not None and not asked:
        layout = replace(layout, reason=f"{layout.projection}, {layout.stereo}: two video tracks")
    timing = _timing(path, container, stream)
    audio, audio_notes = _audio(container)
    tags, tag_notes = tags_of(container, stream)
    return VideoInfo(
        path=path,
        height=rgb.shape[0],
        width=rgb.shape[1],
        rate=timing.rate,
        duration=timing.duration,
        frames=timing.frames,
        projection=layout.projection,
        stereo=layout.stereo,
        reason=layout.reason,
        declared=layout.declared,
        bounds=layout.bounds,
        pose=layout.pose,
        codec=stream.codec_context.codec.canonical_name,
        pixel_format=first.format.name,
        bit_depth=depth,
        variable_rate=timing.variable,
        rotation=first.rotation,
        interlaced=first.interlaced_frame,
        pair=pair,
        tags=tags,
        colour=colour,
        audio=audio,
        start_time=_start_time(container, first),
        notes=(
            *layout.notes,
            *colour_notes,
            *audio_notes,
            *interlacing_notes(first),
            *dolby_vision_notes(path),
            *(("its transparency is left out: all of it is shown",) if has_alpha(first) else ()),
            *notes,
            *tag_notes,
        ),
    )


def has_alpha(frame: av.VideoFrame) -> bool:
    """Whether a decoded frame says how transparent it is."""
    return any(component.is_alpha for component in frame.format.components)


def _start_time(container: InputContainer, first: av.VideoFrame) -> Fraction:
    if counts_frames(container):
        return Fraction(0)
    return (first.pts or 0) * Fraction(first.time_base or 1)


def _pixel_aspect(stream: VideoStream, rotation: int) -> Fraction:
    aspect = Fraction(stream.sample_aspect_ratio or 1)
    return 1 / aspect if rotation % 180 else aspect


def _audio(container: InputContainer) -> tuple[tuple[AudioInfo, ...], list[str]]:
    """The sound tracks, and a note for each that no decoder knows."""
    tracks, notes = [], []
    for stream in container.streams.audio:
        context = stream.codec_context
        if not is_known(stream):
            notes.append(f"sound track {stream.index} is of an unknown kind and is left out")
            continue
        codec, layout = context.codec.canonical_name, context.layout.name
        rate = context.sample_rate or 0
        tracks.append(AudioInfo(stream.index, codec, rate, context.channels, layout))
    return tuple(tracks), notes


def _timing(path: Path, container: InputContainer, stream: VideoStream) -> _Timing:
    """Rate, length and evenness; reads packet times where the container leaves a doubt."""
    average, nominal = unrounded_rate(stream.average_rate), unrounded_rate(stream.base_rate)
    declared = declared_duration(container, stream)
    length = declared.seconds if declared and declared.of_video else None
    exact = stream.frames or ("matroska" in container.format.name and _begins_even(path, average))
    if average and average == nominal and length and exact:
        frames = max(1, round(length * average))
        frames = min(frames, stream.frames or frames)  # an edit list may hide some of them
        return _Timing(average, frames / average, frames, variable=False)
    times, tick = packet_times(path)
    if not times:
        raise VideoOpenError(
            f"{path}: says no times for its frames, as a bare stream does; wrap it first, as with "
            "ffmpeg -framerate 30 -i INPUT -c copy OUTPUT.mp4"
        )
    step = _usual_step(times)
    for rate in (nominal, stream.guessed_rate, average, snapped_rate(step)):
        if rate and _is_even(times, rate, tick):
            return _Timing(rate, len(times) / rate, len(times), variable=False)
    duration = length or (times[-1] - times[0] + step if times else step)
    return _Timing(snapped_rate(step), duration, len(times), variable=True)


def _usual_step(times: Sequence[Fraction]) -> Fraction:
    """The mean of the steps that are about as long as most, which undoes rounded times.

    Where a good part of the film runs two, three or four times as fast, it is those steps: nothing
    of it may be lost.
    """
    steps = np.diff(np.array([float(t) for t in times]))
    if not len(steps) or np.median(steps) <= 0:
        return 1 / FOLDER_RATE
    for divisor in (4, 3, 2, 1):
        usual = steps[np.abs(steps * divisor / np.median(steps) - 1) < 0.1]
        if len(usual) > _COMMON * len(steps):
            break
    return Fraction(float(usual.mean()))


def _begins_even(path: Path, rate: Fraction | None) -> bool:
    """Whether the first packets bear the rate out, where no table of frames does."""
    if not rate:
        return False
    times, tick = packet_times(path, _SAMPLE)
    return _is_even(times[: _SAMPLE - _REORDERED], rate, tick)


def unrounded_rate(rate: Fraction | None) -> Fraction | None:
    """The standard rate that Matroska's whole nanoseconds a frame stand for, else the same."""
    if not rate:
        return None
    nearest = min(_STANDARD_RATES, key=lambda r: abs(r - rate))
    return nearest if abs(1 / nearest - 1 / rate) < _NANOSECONDS else rate


def snapped_rate(step: Fraction) -> Fraction:
    """The standard rate next to a frame spacing in seconds, or a small fraction if none is near."""
    rate = 1 / step
    nearest = min(_STANDARD_RATES, key=lambda r: abs(r - rate))
    return nearest if abs(nearest / rate - 1) < _SNAP else rate.limit_denominator(1001)


def _is_even(times: Sequence[Fraction], rate: Fraction, tick: Fraction) -> bool:
    """Whether frame n lies at n / rate, give or take the clock's rounding (1 ms in Matroska)."""
    slack = clock_slack(tick)
    return all(abs(t - times[0] - n / rate) <= slack for n, t in enumerate(times))
