"""Ambisonic sound, first to third order, turned with the picture: ACN order, SN3D normalisation.

A turned field is a linear mix of its own channels. What that mix is follows from the plane waves
that make it up: it must take the channels of a wave from any direction to those of the wave from
the turned direction, and within an order of spherical harmonics there is exactly one that does
(as in Ivanic and Ruedenberg 1996, who build it by recursion). It is solved for here from more
directions than there are channels, which is exact to rounding.

Ambisonic axes: X ahead, Y left, Z up. Source: Nachbar et al., *AmbiX* (2011).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from vr360.frame import AudioInfo
from vr360.geometry import Array, lonlat_to_xyz, spiral
from vr360.spherical.model import Ambisonic

ORDERS = {4: 1, 9: 2, 16: 3}
HEAD_LOCKED = 2  # channels of stereo that do not turn, behind those that do
_FROM_PICTURE = np.array([[0.0, 0.0, -1.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
_DIRECTIONS = 64
_NAMED = re.compile(r"ambisonic (\d+)")  # a layout, as ffmpeg writes it
_NOTHING = 1e-12


def encode(xyz: Array, order: int) -> Array:
    """Channels (..., (order + 1)²) of plane waves of amplitude 1.

    Args:
        xyz: (..., 3) unit vectors to where they come from, x right, y up, -z ahead.
        order: 1 to 3.
    """
    x, y, z = np.moveaxis(np.asarray(xyz, float) @ _FROM_PICTURE.T, -1, 0)
    root = np.sqrt
    harmonics = [
        np.ones_like(x),
        *(y, z, x),
        *(root(3) * x * y, root(3) * y * z, (3 * z * z - 1) / 2, root(3) * x * z),
        root(3) / 2 * (x * x - y * y),
        root(5 / 8) * y * (3 * x * x - y * y),
        root(15) * x * y * z,
        root(3 / 8) * y * (5 * z * z - 1),
        z * (5 * z * z - 3) / 2,
        root(3 / 8) * x * (5 * z * z - 1),
        root(15) / 2 * z * (x * x - y * y),
        root(5 / 8) * x * (x * x - 3 * y * y),
    ]
    return np.stack(harmonics[: (order + 1) ** 2], axis=-1)


def turned_by(turn: Array, order: int) -> Array:
    """The mix (channels, channels) that turns a field as the picture turns.

    Args:
        turn: (3, 3) from the result's directions to the source's, as `build_sampler` takes it.
        order: 1 to 3.

    Returns:
        Rows are the channels of the result; the identity, bit for bit, for a turn that is none.
    """
    channels = (order + 1) ** 2
    if np.array_equal(turn, np.eye(3)):
        return np.eye(channels)
    mix = np.zeros((channels, channels))
    source = lonlat_to_xyz(*spiral(_DIRECTIONS))
    before, after = encode(source, order), encode(source @ np.asarray(turn), order)
    for degree in range(order + 1):
        own = slice(degree**2, (degree + 1) ** 2)  # orders of harmonics never mix
        mix[own, own] = np.linalg.lstsq(before[:, own], after[:, own], rcond=None)[0].T
    return np.where(np.abs(mix) < _NOTHING, 0.0, mix)


def order_of(track: AudioInfo, marks: Iterable[Ambisonic]) -> int:
    """The ambisonic order of a sound track; 0 where it is none.

    Args:
        track: as the container describes it.
        marks: what the file marks as ambisonic (`SA3D`). Without a mark, 4, 9 or 16 channels that
            declare no loudspeakers are taken for ambisonic, as `inject` does. Opus says its order
            itself (RFC 8486, mapping family 2).
    """
    if track.ambisonic:
        return track.ambisonic
    for mark in marks:
        if mark.channels == track.channels:
            return mark.order
    if named := _NAMED.match(track.layout):
        return int(named[1]) if int(named[1]) in ORDERS.values() else 0
    declared = "channels" not in track.layout
    return 0 if declared else ORDERS.get(track.channels, 0)


def mix_filter(mix: Array, channels: int, layout: str) -> str:
    """Ffmpeg's filter that mixes the first channels and passes the others, in single precision."""
    whole = np.eye(channels)
    whole[: len(mix), : len(mix)] = mix
    rows = (
        "+".join(f"{gain:.12g}*c{n}" for n, gain in enumerate(row) if gain).replace("+-", "-")
        for row in whole
    )
    mixed = "|".join(f"c{n}={row}" for n, row in enumerate(rows))
    return f"aformat=sample_fmts=fltp,pan={layout}|{mixed}"
