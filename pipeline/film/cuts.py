"""A film cut elsewhere: an EDL (CMX 3600) or an OpenTimelineIO timeline becomes a film's file.

Of the first picture track, clips, their parts and their dissolves are taken; what plays at another
speed or is a gap is left out and told.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from urllib.parse import unquote, urlparse

import opentimelineio as otio
from otio_cmx3600_adapter import cmx_3600

from vr360.errors import InputError, OutputError, Vr360Error
from vr360.frame import Projection, Stereo, VideoInfo
from vr360.media.probe import probe


@dataclass(frozen=True)
class Cut:
    """A clip in the timeline.

    Attributes:
        name: that of the clip, or of its file.
        start, end: seconds of the clip, what dissolves show included.
        dissolve: seconds for which it and the clip before are seen together.
        note: what of the timeline is not kept.
    """

    name: str
    start: Fraction
    end: Fraction
    dissolve: Fraction = Fraction(0)
    note: str = ""


def read_cuts(path: Path, rate: Fraction) -> list[Cut]:
    """The clips of an EDL or a timeline, in order.

    Args:
        path: `.edl`, `.otio` or what else OpenTimelineIO has an adapter for.
        rate: frames a second of an EDL, which does not tell.

    Raises:
        InputError: it cannot be read, or has no clip.
    """
    try:
        read = _timeline(path, rate)
        tracks = read.video_tracks() if isinstance(read, otio.schema.Timeline) else []
        cuts = list(_cuts(tracks[0] if tracks else []))
    except (otio.exceptions.OTIOError, OSError, ValueError) as error:
        raise InputError(f"{path}: no timeline that can be read: {error}") from None
    if not cuts:
        raise InputError(f"{path}: no clip on its first picture track")
    return cuts


def write_script(cuts: Sequence[Cut], path: Path, clips: Path, rate: Fraction) -> list[Cut]:
    """Write a film's file.

    A clip's time code counts at the clip's own rate, whatever that of the timeline.

    Args:
        cuts: from `read_cuts`.
        path: of the file; it must not be there.
        clips: folder that clips are looked for in, by their names.
        rate: frames a second of the film.

    Returns:
        The cuts as they are written, with notes of what is not certain.

    Raises:
        OutputError: it is there already, or cannot be written.
    """
    files = sorted(file for file in clips.glob("*") if file.is_file())
    found = [_found(cut.name, files) for cut in cuts]
    written = [_from_zero(cut, clip) for cut, clip in zip(cuts, found, strict=True)]
    scenes = []
    for number, (cut, clip) in enumerate(zip(written, found, strict=True), 1):
        source = os.path.relpath(clip, path.parent) if clip else cut.name
        scenes.append(_scene(number, cut, source))
    text = "\n".join([f'[film]\nrate = "{rate}"\n', *scenes])
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise OutputError(f"{path}: is there already; name another file") from None
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from None
    return written


def _timeline(path: Path, rate: Fraction) -> otio.core.SerializableObject:
    if path.suffix.lower() == ".edl":
        text = path.read_text(encoding="utf-8", errors="replace")
        return cmx_3600.read_from_string(text, rate=float(rate))
    return otio.adapters.read_from_file(str(path))


def _cuts(track: Sequence[otio.core.Composable]) -> Iterator[Cut]:
    """What its clips show; a dissolve lengthens the clips on both of its sides."""
    last: Cut | None = None
    dissolve, early, note = Fraction(0), Fraction(0), ""
    for item in track:
        if isinstance(item, otio.schema.Transition):
            early, late = _seconds(item.in_offset), _seconds(item.out_offset)
            dissolve = early + late
            last = last and replace(last, end=last.end + late)
        elif isinstance(item, otio.schema.Clip):
            if last:
                yield last
            last = _cut(item, dissolve if last else Fraction(0), early, note)
            dissolve, early, note = Fraction(0), Fraction(0), ""
        else:
            note = f"{type(item).__name__.lower()} before it left out"
    if last:
        yield last


def _cut(clip: otio.schema.Clip, dissolve: Fraction, early: Fraction, note: str) -> Cut:
    part, media = clip.trimmed_range(), clip.media_reference
    zero = media.available_range.start_time if media and media.available_range else None
    start = _seconds(part.start_time) - (_seconds(zero) if zero else Fraction(0))
    end = start + _seconds(part.duration)
    effects = [f"{type(effect).__name__} left out" for effect in clip.effects]
    notes = "; ".join(filter(None, [note, *effects]))
    return Cut(_name(clip), max(Fraction(0), start - early), end, dissolve, notes)


def _name(clip: otio.schema.Clip) -> str:
    """Of its file; of an EDL the clip's: its adapter takes the file before for a dissolve's own."""
    url = getattr(clip.media_reference, "target_url", "") or ""
    file = Path(unquote(urlparse(url).path)).name
    names = [clip.name, file] if "cmx_3600" in clip.metadata else [file, clip.name]
    return next(filter(None, names), "clip")


def _seconds(time: otio.opentime.RationalTime) -> Fraction:
    return Fraction(time.value) / Fraction(time.rate).limit_denominator(1001)


def _found(name: str, files: Sequence[Path]) -> Path | None:
    """The clip's file."""
    likely = [file for file in files if name.lower() in (file.name.lower(), file.stem.lower())]
    return likely[0] if likely else None


def _from_zero(cut: Cut, file: Path | None) -> Cut:
    """The cut with times from the clip's beginning, where it counts by the camera's time code."""
    if file is None:
        return cut
    try:
        clip = probe(file, Projection.EQUIRECT, Stereo.MONO)
        zero = _time_code(clip)
    except (Vr360Error, ValueError) as error:
        reason = " ".join(str(error).split())
        return _noted(cut, f"times as they stand, its time code cannot be read: {reason}")
    if cut.start >= zero:
        return replace(cut, start=cut.start - zero, end=cut.end - zero)
    if cut.end <= clip.duration + 1 / (2 * clip.rate):
        return cut  # it counts from the clip's beginning
    told = f"before the clip's time code {clip.tags.timecode} at {clip.rate} frames/s: see --rate"
    return _noted(cut, f"times as they stand, they lie {told}")


def _noted(cut: Cut, note: str) -> Cut:
    return replace(cut, note="; ".join(filter(None, [cut.note, note])))


def _time_code(clip: VideoInfo) -> Fraction:
    """Seconds since midnight of a clip's first frame; 0 where it tells none.

    Raises:
        ValueError: its rate has no time code.
    """
    told = clip.tags.timecode
    if not told:
        return Fraction(0)
    return _seconds(otio.opentime.from_timecode(told, float(clip.rate)))


def _scene(number: int, cut: Cut, source: str) -> str:
    quoted = json.dumps(source, ensure_ascii=False)  # JSON's strings are TOML's
    name = json.dumps(f"{number:03d} {Path(cut.name).stem}", ensure_ascii=False)
    lines = [f"# {cut.note}"] if cut.note else []
    lines += ["[[scene]]", f"name = {name}", f"source = {quoted}"]
    lines += [f"in = {float(cut.start):.6g}", f"out = {float(cut.end):.6g}"]
    if cut.dissolve:
        seconds = f"{float(cut.dissolve):.6g}"
        lines.append(f'transition = {{ kind = "dissolve", seconds = {seconds} }}')
    return "\n".join(lines) + "\n"
