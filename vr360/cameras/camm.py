"""CAMM: the camera motion track of Street View cameras and some Insta360.

Source: developers.google.com/streetview/publish/camm-spec. All numbers little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vr360.cameras.attitude import (
    Attitude,
    integrated,
    interpolated,
    rotations,
    same_sign,
    settled,
    unit,
)
from vr360.errors import MetadataError
from vr360.geometry import Array

SIZES = {0: "3f", 1: "2i", 2: "3f", 3: "3f", 4: "3f", 5: "3d", 6: "didd7f", 7: "3f"}
NAMES = (
    "angle-axis",
    "exposure",
    "gyroscope",
    "acceleration",
    "position",
    "GPS",
    "GPS",
    "magnetic",
)
_TURNED, _UNTURNED = 2.0, 0.4  # seconds that down is averaged over
_FEWEST = 2  # readings that tell of a motion
WITH_PLACE = {5: (0, 1), 6: (2, 3)}  # which numbers are latitude and longitude


class Reading(NamedTuple):
    """One packet: what it is, and its numbers."""

    kind: int
    name: str
    numbers: tuple[float, ...]

    @property
    def place(self) -> tuple[float, float] | None:
        """Latitude and longitude, degrees; None where it is no place."""
        at = WITH_PLACE.get(self.kind)
        return None if at is None else (self.numbers[at[0]], self.numbers[at[1]])


def read(packet: bytes) -> Reading:
    """One packet.

    Raises:
        MetadataError: of no kind that is known, or cut short.
    """
    if len(packet) < 4:
        raise MetadataError("a CAMM packet is cut short")
    (kind,) = struct.unpack_from("<H", packet, 2)
    layout = SIZES.get(kind)
    if layout is None or len(packet) < 4 + struct.calcsize("<" + layout):
        raise MetadataError(f"a CAMM packet of kind {kind} is not known or cut short")
    return Reading(kind, NAMES[kind], struct.unpack_from("<" + layout, packet, 4))


def attitude(readings: Sequence[tuple[float, Reading]]) -> Attitude | None:
    """How the camera lay; None where no acceleration says which way is down.

    The specification leaves the axes to whoever writes them. Here x is right, and up is the axis
    along which most of gravity lies, as it is in a camera that stands.

    Args:
        readings: with their times, seconds on the film's clock, in order.
    """
    acceleration, gyroscope, angles = (_series(readings, kind) for kind in (3, 2, 0))
    if acceleration is None:
        return None
    axes = _axes(acceleration[1].mean(0))
    times, down = acceleration[0], -acceleration[1] @ axes
    orientation = None
    if angles is not None:
        turned = same_sign(rotations(-angles[1] @ axes))  # the camera's to the world's
        orientation = unit(interpolated(times, angles[0], turned))
    elif gyroscope is not None:
        moments, turned = integrated(gyroscope[0], gyroscope[1] @ axes)
        orientation = unit(interpolated(times, moments, turned))
    return settled(times, down, orientation, _UNTURNED if orientation is None else _TURNED)


def _series(readings: Sequence[tuple[float, Reading]], kind: int) -> tuple[Array, Array] | None:
    found = [(time, reading.numbers) for time, reading in readings if reading.kind == kind]
    if len(found) < _FEWEST:
        return None
    return np.array([t for t, _ in found]), np.array([numbers for _, numbers in found], float)


def _axes(held_up: Array) -> Array:
    """(3, 3) that takes readings to the picture's axes; `held_up` is the mean acceleration."""
    up = np.zeros(3)
    along = 1 + int(np.argmax(np.abs(held_up[1:])))
    up[along] = np.sign(held_up[along]) or 1
    right = np.array([1.0, 0.0, 0.0])
    return np.stack([right, up, np.cross(right, up)], axis=1)
