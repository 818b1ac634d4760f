"""What a film says of itself beside picture and sound: title, place, time code, subtitles."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer
from av.video.stream import VideoStream

from vr360.cameras import insta360
from vr360.frame import Tags
from vr360.media.containers import is_known
from vr360.media.telemetry import telemetry_kinds

CARRIED = (
    *("title", "artist", "album", "comment", "description", "copyright"),
    *("creation_time", "date", "location", "make", "model"),
)
TEXT = ("mov_text", "subrip", "ass", "ssa", "webvtt", "text")


def tags_of(container: InputContainer, stream: VideoStream) -> tuple[Tags, list[str]]:
    """The tags of a film, and a note for what cannot be carried."""
    words = {key.lower(): value for key, value in container.metadata.items()}
    kept = tuple((key, words[key]) for key in CARRIED if words.get(key))
    streams = container.streams.subtitles
    text = tuple(s.index for s in streams if is_known(s) and s.codec_context.name in TEXT)
    pictures = len(streams) - len(text)
    notes = [f"{pictures} subtitle tracks are no text and are left out"] if pictures else []
    path = Path(container.name)
    if path.is_file() and insta360.has_trailer(path):
        notes.append("what Insta360 puts behind the film (motion, lenses, GPS) is left out")
    telemetry = telemetry_kinds(path) if container.streams.data else ()
    return Tags(kept, timecode_of(container, stream), text, telemetry), notes


def timecode_of(container: InputContainer, stream: VideoStream) -> str:
    """Time code of the first frame, wherever the container keeps it."""
    places: list[Mapping[str, str]] = [stream.metadata, container.metadata]
    places += [s.metadata for s in container.streams]
    found = (value for place in places for key, value in place.items() if key.lower() == "timecode")
    return next(found, "")


def shifted(timecode: str, start: Fraction, rate: Fraction) -> str:
    """The time code of the frame `start` seconds later; empty where that cannot be told.

    Numbers that drop-frame time code leaves out are two at every minute but the tenth (SMPTE 12M).
    """
    frames = round(start * rate)
    if not timecode or not frames:
        return timecode
    digits = timecode.replace(";", ":").split(":")
    if len(digits) != 4 or not all(part.isdecimal() for part in digits):
        return ""
    nominal = round(rate)
    drop = ";" in timecode
    hours, minutes, seconds, number = map(int, digits)
    total = ((hours * 60 + minutes) * 60 + seconds) * nominal + number
    left_out = round(nominal / 15) if drop else 0
    whole = hours * 60 + minutes
    total += frames - left_out * (whole - whole // 10)
    if drop:
        total += left_out * _dropped(total, nominal, left_out)
    seconds, number = divmod(total, nominal)
    clock = f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{clock}{';' if drop else ':'}{number:02d}"


def _dropped(frames: int, nominal: int, left_out: int) -> int:
    """How often numbers were left out before a frame, counted from midnight."""
    minute = 60 * nominal - left_out
    tens, rest = divmod(frames, 10 * minute + left_out)
    return 9 * tens + max(0, (rest - left_out) // minute)


def tag_options(tags: Tags, muxer: str, start: Fraction, rate: Fraction) -> dict[str, str]:
    """Output options of ffmpeg that say the same of the result."""
    timecode = shifted(tags.timecode, start, rate)
    words = [*tags.words]
    if timecode and muxer == "matroska":
        words.append(("timecode", timecode))
    options = {f"metadata:g:{n}": f"{key}={value}" for n, (key, value) in enumerate(words)}
    if timecode and muxer != "matroska":
        options["timecode"] = timecode
    if tags.subtitles:
        options["c:s"] = "srt" if muxer == "matroska" else "mov_text"
    return options
