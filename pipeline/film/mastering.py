"""The mixed sound as a file that a film can take along: with its chapters, at a wanted loudness."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from pipeline.film.field import STEREO, Field
from pipeline.film.hearing import RATE
from pipeline.film.sound import Heard, channels_of, mix_sound
from pipeline.film.timeline import Timeline
from vr360.errors import EncodeError
from vr360.frame import AudioInfo, VideoInfo
from vr360.media.encoder import ffmpeg_binary

PLAIN = Field()
CEILING = 10 ** (-1 / 20)
"""Of samples after a gain, 1 dB below full scale, as EBU R128 has it of true peaks."""


def master(film: Timeline, sounds: Sequence[Heard], folder: Path) -> VideoInfo:
    """What a film of these scenes takes its sound, its chapters and its colours from.

    Raises:
        Vr360Error: a recording is damaged, or ffmpeg failed.
    """
    first = next((s.info for s in film.scenes if not s.info.is_still), film.scenes[0].info)
    tags = replace(first.tags, telemetry=())  # which tells of one scene alone
    quiet = replace(first, audio=(), start_time=Fraction(0), rate=film.rate, tags=tags)
    if not sounds:
        return quiet
    raw, chapters, done = (folder / f"sound.{kind}" for kind in ("f32", "txt", "mka"))
    field = channels_of(film, sounds)
    try:
        mix_sound(film, sounds, raw, field)
        chapters.write_text(_chapters(film), encoding="utf-8")
        gain = _gain(raw, film.script.loudness, field)
        _encode(raw, chapters, done, gain, field.channels)
    finally:
        raw.unlink(missing_ok=True)
        chapters.unlink(missing_ok=True)
    layout = f"{field.channels} channels" if field.order else "stereo"
    sound = AudioInfo(0, "pcm_s24le", RATE, field.channels, layout, field.order)
    return replace(quiet, path=done, audio=(sound,))


def loudness(path: Path, field: Field = PLAIN) -> float:
    """Integrated loudness in LUFS of raw float32 samples (EBU R128, ITU-R BS.1770).

    A sound field is folded to stereo for that.
    """
    fold = f"{field.folded}," if field.order else ""
    told = _run([*_raw(path, field.channels), "-af", f"{fold}ebur128", "-f", "null", "-"], "info")
    found = re.findall(r"^\s+I:\s+(-?[\d.]+|-inf) LUFS", told, re.MULTILINE)
    return float(found[-1]) if found else float("-inf")


def _gain(raw: Path, target: float | None, field: Field) -> float:
    """Decibels that bring the sound to a loudness; none for silence."""
    if target is None:
        return 0.0
    measured = loudness(raw, field)
    return target - measured if measured > -70 else 0.0


def _encode(raw: Path, chapters: Path, done: Path, gain: float, channels: int) -> None:
    loud = f"volume={gain:.3f}dB,alimiter=limit={CEILING:.4f}:level=false:latency=true"
    filters = ["-af", loud] if gain else []
    sources = [
        *_raw(raw, channels),
        "-i",
        str(chapters.absolute()),
        "-map",
        "0:a",
        "-map_chapters",
        "1",
    ]
    target = ["-c:a", "pcm_s24le", "-f", "matroska", "-y", str(done.absolute())]
    _run([*sources, *filters, *target], "error")


def _raw(path: Path, channels: int) -> list[str]:
    kind = ["-f", "f32le", "-ar", str(RATE), "-ac", str(channels)]
    bare = ["-guess_layout_max", str(STEREO)]  # a sound field's channels are no loudspeakers
    return [*kind, *bare, "-i", str(path.absolute())]


def _run(arguments: Sequence[str], loglevel: str) -> str:
    command = [ffmpeg_binary(), "-hide_banner", "-nostdin", "-nostats", "-loglevel", loglevel]
    done = subprocess.run([*command, *arguments], capture_output=True, check=False)
    told = done.stderr.decode(errors="replace")
    if done.returncode:
        raise EncodeError(f"the film's sound: ffmpeg stopped: {told.strip().splitlines()[-1:]}")
    return told


def _chapters(film: Timeline) -> str:
    """A chapter for each scene, as ffmpeg's metadata files have it."""
    lines = [";FFMETADATA1"]
    for number, scene in enumerate(film.scenes):
        last = number == len(film.scenes) - 1
        end = film.frames if last else film.scenes[number + 1].first
        begin, stop = (round(frame / film.rate * 1000) for frame in (scene.first, end))
        title = re.sub(r"([=;#\\\n])", r"\\\1", scene.scene.name)
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={begin}", f"END={stop}", f"title={title}"]
    return "\n".join(lines) + "\n"
