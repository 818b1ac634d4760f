"""The pose of a film: levelling the horizon, and keeping that in the film's metadata.

Convention (Spherical Video V2, `prhd`, and ffmpeg's AVSphericalMapping, which agree): the pose
turns the sphere about a viewer who stands still. Positive yaw takes what is in front to the right,
positive pitch upwards, positive roll tilts it to the right; roll is applied first, yaw last. The
viewer turns its rays the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import radians
from pathlib import Path

from viewer.layout import Layout
from vr360.errors import Vr360Error
from vr360.geometry import Array, rotation
from vr360.spherical import SphericalMetadata, inject, inspect


@dataclass(frozen=True)
class Pose:
    """Degrees."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0

    @property
    def orientation(self) -> Array | None:
        """(3, 3) rotation from the world to the picture; None where it turns nothing."""
        if self == Pose():
            return None
        turn: Array = rotation(radians(self.yaw), radians(self.pitch), radians(self.roll)).T
        return turn


def file_pose(path: Path) -> Pose:
    """What a film's metadata states; upright where it states nothing."""
    try:
        metadata = inspect(path).metadata
    except Vr360Error:
        return Pose()  # the film plays all the same
    if metadata is None:
        return Pose()
    return Pose(metadata.yaw, metadata.pitch, metadata.roll)


def save_levelled(source: Path, out: Path, layout: Layout, pose: Pose) -> None:
    """Copy a film byte for byte, with a pose in its metadata.

    Raises:
        OutputError: the copy exists, or cannot be written.
        MetadataError: the container cannot carry it.
    """
    found = inspect(source).metadata
    known = found or SphericalMetadata(layout.projection, layout.stereo)
    inject(source, replace(known, yaw=pose.yaw, pitch=pose.pitch, roll=pose.roll), out)
