"""CAMM: the camera motion track of Street View cameras and some Insta360.

Source: developers.google.com/streetview/publish/camm-spec. All numbers little-endian.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from vr360.errors import MetadataError

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
