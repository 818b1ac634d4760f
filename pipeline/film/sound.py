"""The sound of a film: every scene's recordings, levelled, cut and crossed over to the sample."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from pipeline.film.alignment import find_offset
from pipeline.film.easing import Track, at
from pipeline.film.field import Field, field_of, laying, order_in
from pipeline.film.hearing import RATE, Recording, Samples, read_blocks, read_samples, recording
from pipeline.film.script import Change, Sound, Transition
from pipeline.film.table import Problems
from pipeline.film.timeline import Placed, Timeline
from vr360.errors import InputError

BLOCK = 2 * RATE
"""Samples that are mixed at a time: whole steps of what changes over time."""
_STEP = RATE // 100  # samples between which a level changes in a straight line


@dataclass(frozen=True)
class Heard:
    """A recording in a scene."""

    placed: Placed
    sound: Sound
    source: Recording


@dataclass(frozen=True)
class Window:
    """When a scene is heard in the film, in samples.

    Attributes:
        first, last: the first sample, and the one behind the last.
        rise, fall: samples that its sound comes and goes in.
    """

    first: int
    last: int
    rise: int
    fall: int


def find_sounds(film: Timeline, problems: Problems) -> list[Heard]:
    """Every recording in the film; notes those that cannot be read or end before their scene."""
    found = []
    for placed in film.scenes:
        for sound in placed.scene.sounds:
            source = _recorded(placed, sound, problems)
            if source is None:
                continue
            _check_field(sound, source, problems)
            sound = _aligned(placed, sound, source, problems)
            _check_length(placed, sound, source, film.rate, problems)
            found.append(Heard(placed, sound, source))
    return found


def _check_field(sound: Sound, source: Recording, problems: Problems) -> None:
    order = order_in(sound, source)
    if sound.ambisonic and not order:
        text = f"{source.path} has {source.info.channels} channels; a field has 4, 9 or 16"
        text += ", or two more with head-locked stereo"
        problems.add((*sound.place, "ambisonic"), f"ambisonic: {text}")
    if order and sound.yaw is not None:
        text = f"{source.path} is ambisonic and has all directions: leave yaw and pitch out, or"
        problems.add((*sound.place, "yaw"), f"yaw: {text} write ambisonic = false")


def _recorded(placed: Placed, sound: Sound, problems: Problems) -> Recording | None:
    """Where a sound is; None where it is nowhere, which is a problem if it was asked for."""
    own = sound.source is None
    if own and not placed.info.audio:
        if sound.place != placed.scene.place:
            problems.add(sound.place, f"{placed.info.path} has no sound; name a source")
        return None
    path = sound.source or placed.info.path
    try:
        return recording(path, sound.track, placed.info if own else None)
    except InputError as error:
        problems.add((*sound.place, "source"), str(error))
        return None


def _aligned(placed: Placed, sound: Sound, source: Recording, problems: Problems) -> Sound:
    """The sound with its offset, found by the clip's own sound where the file does not say."""
    if sound.offset is not None:
        return sound
    found = None
    if placed.info.audio and source.seconds:
        own = recording(placed.info.path, 0, placed.info)
        clip = read_samples(own, Fraction(0), round(placed.info.duration * RATE))
        found = find_offset(clip, read_samples(source, Fraction(0), round(source.seconds * RATE)))
    if found is None:
        reason = "it has nothing clearly in common with the clip's own sound; give seconds"
        problems.add((*sound.place, "offset"), f"offset: {source.path}: {reason}")
    return replace(sound, offset=found or Fraction(0))


def _check_length(
    placed: Placed, sound: Sound, source: Recording, rate: Fraction, problems: Problems
) -> None:
    if sound.source is None or source.seconds is None:
        return
    begins = (sound.offset or Fraction(0)) - placed.start
    ends = begins + source.seconds
    length = placed.count / rate
    if ends <= 0 or begins >= length:
        text = f"{source.path} is over before the scene begins, or begins after it: see offset"
        problems.add(sound.place, text)
    elif ends < length - Fraction(1, 10):
        problems.add(
            sound.place,
            f"{source.path} ends at {float(ends):.2f} s of a scene of {float(length):.2f} s; "
            "fade_out cannot help, cut the scene or give another sound",
        )


def windows(film: Timeline) -> list[Window]:
    """When each scene is heard: from the middle of the transition before to that of the one after,
    and half of their crossing beyond each.
    """
    found = []
    for number, placed in enumerate(film.scenes):
        opens, ends = number == 0, number == len(film.scenes) - 1
        rise = _crossing(placed.scene.enter, opens)
        fall = _crossing(placed.leave, ends)
        first = _at(film, placed.first, placed.scene.enter, opens, placed.enters)
        last = _at(film, placed.after, placed.leave, ends, -placed.leaves)
        before, after = _beyond(placed.scene.enter, rise, opens), _beyond(placed.leave, fall, ends)
        found.append(Window(max(0, first - before), last + after, rise, fall))
    return found


def _crossing(transition: Transition, at_an_end: bool) -> int:
    seconds = transition.sound_seconds
    if transition.kind is Change.FADE and not at_an_end:
        seconds /= 2  # one goes, then the other comes
    return round(seconds * RATE)


def _beyond(transition: Transition, samples: int, at_an_end: bool) -> int:
    """Of a crossing, what lies outside of the scene's half."""
    return 0 if at_an_end or transition.kind is Change.FADE else samples // 2


def _at(film: Timeline, frame: int, transition: Transition, at_an_end: bool, overlap: int) -> int:
    """The sample of a scene's end in the middle of its transition."""
    inside = Fraction(overlap, 2) if transition.overlap and not at_an_end else Fraction(0)
    return round((frame + inside) / film.rate * RATE)


def channels_of(film: Timeline, sounds: Sequence[Heard]) -> Field:
    """The channels that the film's sound has."""
    return field_of(film.script.sound, [(heard.sound, heard.source) for heard in sounds])


def mix_sound(film: Timeline, sounds: Sequence[Heard], path: Path, field: Field) -> None:
    """Write the film's sound as raw float32 samples, `field.channels` of them at a time.

    Raises:
        InputError: a recording is damaged.
    """
    total = round(film.frames / film.rate * RATE)
    mixed = np.memmap(path, np.float32, "w+", shape=(total, field.channels))
    for placed, window in zip(film.scenes, windows(film), strict=True):
        last = min(window.last, total)
        for heard in (each for each in sounds if each.placed.scene is placed.scene):
            first = window.first
            for added in _scene_sound(film, replace(heard, placed=placed), window, field):
                room = mixed[first : min(first + len(added), last)]
                room += added[: len(room)]
                first += len(added)
    mixed.flush()


def _scene_sound(film: Timeline, heard: Heard, window: Window, field: Field) -> Iterator[Samples]:
    """What one recording adds to the film in a scene's window, block by block."""
    placed, sound, count = heard.placed, heard.sound, window.last - window.first
    begins = Fraction(window.first, RATE) - placed.first / film.rate  # of the scene's own time
    offset = (sound.offset or Fraction(0)) if sound.source else Fraction(0)
    gain = ramp(count, window.rise, window.fall)
    gain *= ramp(count, round(sound.fade_in * RATE), round(sound.fade_out * RATE))
    laid, done = laying(field, placed, sound, heard.source), 0
    for samples in read_blocks(heard.source, placed.start + begins - offset, count, BLOCK):
        own = slice(done, done + len(samples))
        moment = float(begins + Fraction(done, RATE))
        level = levels(sound.level, moment, len(samples))
        yield laid(samples, moment) * (gain[own] * level)[:, None]
        done = own.stop


def levels(track: Track[float], begins: float, count: int) -> Samples:
    """(N,) factors of a level in decibels, from `begins` seconds of the scene on."""
    if track.is_constant:
        return np.full(count, 10 ** (track.keys[0].value / 20), np.float32)
    knots = np.arange(0, count + _STEP, _STEP)
    decibels = [at(track, begins + float(knot) / RATE) for knot in knots]
    return np.interp(np.arange(count), knots, 10 ** (np.array(decibels) / 20)).astype(np.float32)


def ramp(count: int, rise: int, fall: int) -> Samples:
    """(N,) factors that come and go as sine and cosine: two that cross keep their power."""
    gain = np.ones(count, np.float32)
    for samples, side in ((min(rise, count), gain), (min(fall, count), gain[::-1])):
        side[:samples] *= np.sin((np.arange(samples) + 0.5) / max(1, samples) * np.pi / 2)
    return gain
