"""What a file itself says about its sphere, and saying it in what we write."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.sidedata.sidedata import SideData

from vr360.errors import MetadataError
from vr360.frame import Projection, Stereo
from vr360.media.recognise import Layout

if TYPE_CHECKING:
    from vr360.spherical import SphericalMetadata

_PROJECTIONS = {
    0: Projection.EQUIRECT,
    1: Projection.CUBEMAP,
    2: Projection.EQUIRECT,  # cropped ("tiled"): still equirect coordinates
    3: Projection.HALF_EQUIRECT,
}
_STEREO = {0: Stereo.MONO, 1: Stereo.LEFT_RIGHT, 2: Stereo.TOP_BOTTOM}


def declared_layout(path: Path, frame: av.VideoFrame | None) -> Layout | None:
    """Layout from metadata, or None where the file says nothing."""
    if frame is None:
        return None
    sphere = frame.side_data.get("SPHERICAL")
    eyes = frame.side_data.get("STEREO3D")
    if sphere is None:
        return None
    projection = _PROJECTIONS.get(_first_int(sphere))
    stereo = _STEREO.get(_first_int(eyes) if eyes else 0)
    if projection is None or stereo is None:
        return None
    return Layout(projection, stereo, f"{projection}, {stereo}: the file's metadata says so")


def _first_int(data: object) -> int:
    """The enumeration that both structures begin with."""
    assert isinstance(data, SideData)
    return int.from_bytes(bytes(data)[:4], sys.byteorder)


def inject_checked(path: Path, metadata: SphericalMetadata) -> None:
    """Inject metadata and read it back.

    Raises:
        MetadataError: it cannot be written, or does not read back as it was given.
    """
    from vr360 import spherical

    spherical.inject(path, metadata)
    found = spherical.inspect(path).metadata
    if found != metadata:
        raise MetadataError(f"{path}: the metadata reads back as {found}, written was {metadata}")


def pixel_aspect(metadata: SphericalMetadata, height: int, width: int) -> Fraction:
    """Width over height of a pixel that gives each eye the shape of its part of the sphere.

    Squeezed eyes (1920x1080 for two of 2:1) play right only where the file says so.
    """
    across = 2 if metadata.stereo in (Stereo.LEFT_RIGHT, Stereo.RIGHT_LEFT) else 1
    down = 2 if metadata.stereo is Stereo.TOP_BOTTOM else 1
    if not metadata.is_equirect:
        return Fraction(1)
    eye = Fraction(2 * metadata.bounds.width / metadata.bounds.height).limit_denominator(1000)
    return eye * across * height / (down * width)
