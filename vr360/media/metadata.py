"""What the file itself says about projection and eyes."""

from __future__ import annotations

import sys
from pathlib import Path

import av
from av.sidedata.sidedata import SideData

from vr360.frame import Projection, Stereo
from vr360.media.recognise import Layout

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
