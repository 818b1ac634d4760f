"""Levelling the horizon, and keeping the correction in a film's metadata.

Convention (Spherical Video V2, `prhd`): the pose turns the picture; pitch lifts its front, roll
turns it clockwise as seen looking forward. The viewer turns its rays the other way round.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from viewer.layout import Layout
from vr360.errors import Vr360Error
from vr360.geometry import Array, rotation
from vr360.spherical import SphericalMetadata, inject, inspect


def levelling(roll: float, pitch: float) -> Array:
    """(3, 3) rotation from the world to a picture that a pose (radians) turns."""
    return rotation(0.0, pitch, roll).T


def file_pose(path: Path) -> tuple[float, float]:
    """(roll, pitch) in degrees that a file's metadata states; zeros where it states none."""
    try:
        metadata = inspect(path).metadata
    except Vr360Error:
        return 0.0, 0.0  # the film plays all the same
    return (metadata.roll, metadata.pitch) if metadata is not None else (0.0, 0.0)


def save_levelled(source: Path, out: Path, layout: Layout, roll: float, pitch: float) -> None:
    """Copy a film byte for byte, with a pose (degrees) in its metadata.

    Raises:
        OutputError: the copy exists, or cannot be written.
        MetadataError: the container cannot carry it.
    """
    found = inspect(source).metadata
    known = found or SphericalMetadata(layout.projection, layout.stereo)
    pose = replace(known, pitch=pitch, roll=roll)
    inject(source, pose, out)
