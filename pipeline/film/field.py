"""What channels a film's sound has, and how each recording comes into them.

Ambisonic recordings are a sound field, which turns with the picture. A sound with a direction is
put into that field. All others are heard alike whichever way one looks: head-locked stereo. A film
without a field is stereo.

Source: Nachbar et al., *AmbiX* (2011); Google's Spatial Audio RFC for the order of the channels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from pipeline.choices import Level
from pipeline.film.composing import turn_at
from pipeline.film.easing import at
from pipeline.film.hearing import RATE, Recording, Samples
from pipeline.film.script import Sound, SoundKind
from pipeline.film.timeline import Placed
from pipeline.take import unfolding_of
from vr360.errors import MetadataError
from vr360.geometry import Array, lonlat_to_xyz
from vr360.media.ambisonics import encode, order_of, turned_by
from vr360.media.turning import BLOCKS, Turning, turned_blocks
from vr360.spherical import inspect
from vr360.spherical.ambisonic import HEAD_LOCKED_ORDERS, ORDERS

STEREO = 2
Laying = Callable[[Samples, float], Samples]
"""(N, channels) of a recording, seconds of the scene's own time -> (N, `Field.channels`)."""


@dataclass(frozen=True)
class Field:
    """The channels of a film's sound.

    Attributes:
        order: of its ambisonics; 0 is plain stereo.
        stereo: two channels of stereo; behind the ambisonic ones they are head-locked.
    """

    order: int = 0
    stereo: bool = True

    @property
    def own(self) -> int:
        """Ambisonic channels."""
        return (self.order + 1) ** 2 if self.order else 0

    @property
    def channels(self) -> int:
        return self.own + STEREO * self.stereo

    @property
    def folded(self) -> str:
        """Ffmpeg's filter that folds it to stereo, as `decoded` does."""
        left, right = ("0.5*c0+0.5*c1", "0.5*c0-0.5*c1") if self.order else ("", "")
        locked = [f"c{self.own}", f"c{self.own + 1}"] if self.stereo else ["", ""]
        sides = ("+".join(filter(None, pair)) for pair in zip((left, right), locked, strict=True))
        return "pan=stereo|" + "|".join(f"c{n}={side}" for n, side in enumerate(sides))


def order_in(sound: Sound, source: Recording) -> int:
    """The ambisonic order of a recording; 0 where it is none."""
    if sound.ambisonic is not None:
        return (ORDERS | HEAD_LOCKED_ORDERS).get(source.info.channels, 0) if sound.ambisonic else 0
    with suppress(MetadataError):
        return order_of(source.info, inspect(source.path).ambisonic)
    return order_of(source.info, ())


def field_of(kind: SoundKind | None, heard: Sequence[tuple[Sound, Recording]]) -> Field:
    """What takes all recordings of a film as what they are, unless something else is asked for."""
    if kind is SoundKind.STEREO:
        return Field()
    orders = [order_in(sound, source) for sound, source in heard]
    directed = [sound.yaw is not None for sound, _ in heard]
    order = max([*orders, *directed, kind is SoundKind.AMBISONIC], default=0)
    plain = [not own and not to for own, to in zip(orders, directed, strict=True)]
    plain += [_has_stereo(own, source) for own, (_, source) in zip(orders, heard, strict=True)]
    return Field(int(order), not order or any(plain))


def _has_stereo(order: int, source: Recording) -> bool:
    """Whether head-locked stereo lies behind a recording's ambisonic channels."""
    return order > 0 and source.info.channels == (order + 1) ** 2 + STEREO


def laying(field: Field, placed: Placed, sound: Sound, source: Recording) -> Laying:
    """How samples of a recording come into the film's channels."""
    order = order_in(sound, source)
    if order:
        own, turning = (order + 1) ** 2, _turning(placed, levelled=True)
        return lambda samples, begins: _laid(
            field,
            _turned(samples[:, :own], order, turning, begins),
            samples[:, own : own + STEREO],
        )
    if sound.yaw is not None:
        return _voice(field, sound, _turning(placed))
    return lambda samples, _: _laid(field, samples[:, :0], as_stereo(samples))


def _voice(field: Field, sound: Sound, turning: Turning | Array) -> Laying:
    order = max(1, field.order)

    def lay(samples: Samples, begins: float) -> Samples:
        mono = samples.mean(axis=1, keepdims=True)
        shares = _shares(sound, begins, len(samples), order)
        return _laid(field, _turned(mono * shares, order, turning, begins))

    return lay


def as_stereo(samples: Samples) -> Samples:
    """Mono in both channels; of more than two, the first two."""
    return np.repeat(samples, 2, axis=1) if samples.shape[1] == 1 else samples[:, :STEREO]


def decoded(sound_field: Samples) -> Samples:
    """(N, 2) of what two cardioids hear that look left and right."""
    middle, side = sound_field[:, 0] / 2, sound_field[:, 1] / 2
    return np.stack([middle + side, middle - side], axis=1)


def _laid(field: Field, ambisonic: Samples, locked: Samples | None = None) -> Samples:
    """The channels of a recording in those of the film."""
    laid = np.zeros((len(ambisonic), field.channels), np.float32)
    if field.order:
        laid[:, : ambisonic.shape[1]] = ambisonic
    elif ambisonic.shape[1]:
        laid += decoded(ambisonic)
    if locked is not None and locked.shape[1] == STEREO and field.stereo:
        laid[:, field.own :] += locked
    return laid


def _shares(sound: Sound, begins: float, count: int, order: int) -> Samples:
    """(N or 1, channels): how a voice in a direction lies in the channels, over time."""
    yaw, pitch = sound.yaw, sound.pitch
    if yaw is None:
        raise ValueError("the sound has no direction")

    def share(moment: float) -> Array:
        xyz = lonlat_to_xyz(np.array(at(yaw, moment)), np.array(at(pitch, moment)))
        return encode(xyz, order)

    if yaw.is_constant and pitch.is_constant:
        return share(0.0)[None].astype(np.float32)
    step = RATE // BLOCKS
    knots = np.arange(0, count + step, step)
    found = np.stack([share(begins + float(knot) / RATE) for knot in knots])
    lines = [np.interp(np.arange(count), knots, channel) for channel in found.T]
    return np.stack(lines, axis=1).astype(np.float32)


def _turning(placed: Placed, levelled: bool = False) -> Turning | Array:
    """How the scene's picture is turned, over its own time; one turn where it stays."""
    scene, rate = placed.scene, float(placed.job.rate or placed.info.rate)
    level = _levelling(placed) if levelled else None
    still = scene.yaw.is_constant and scene.pitch.is_constant and scene.roll.is_constant
    if still and placed.steady is None and level is None:
        return turn_at(placed, 0, rate)

    def turns(times: Array) -> Array:
        own = np.clip((times * rate).astype(int), 0, placed.count - 1)
        turned = np.stack([turn_at(placed, int(frame), rate) for frame in own])
        return turned if level is None else level(times + float(placed.start)) @ turned

    return turns


def _levelling(placed: Placed) -> Turning | None:
    """What took a levelled clip's horizon out of it, which its sound has yet to follow."""
    if placed.job.level is Level.NONE:
        return None
    return unfolding_of(placed.job, placed.info).turning


def _turned(samples: Samples, order: int, turning: Turning | Array, begins: float) -> Samples:
    if callable(turning):
        step = RATE // BLOCKS
        blocks = (samples[at_ : at_ + step] for at_ in range(0, len(samples), step))

        def later(times: Array) -> Array:
            return turning(times + begins)

        return np.concatenate([*turned_blocks(blocks, RATE, order, later)] or [samples])
    mix = turned_by(turning, order)
    if np.array_equal(mix, np.eye(len(mix))):
        return samples
    return (samples @ mix.T).astype(np.float32)
