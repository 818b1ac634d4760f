"""Spherical Video V2: `st3d` and `sv3d` in the visual sample entry.

Source: Spherical Video V2 RFC of google/spatial-media.
"""

from __future__ import annotations

import struct

from vr360.errors import MetadataError
from vr360.frame import Projection, Stereo
from vr360.spherical import mesh
from vr360.spherical.boxes import Box, Bytes, name, unpack
from vr360.spherical.model import (
    BOUND_STEPS,
    FULL,
    POSE_STEPS,
    Bounds,
    SphericalMetadata,
)

FULL_BOX = b"\0\0\0\0"  # version 0, no flags
STEREO_MODES = {
    Stereo.MONO: 0,
    Stereo.TOP_BOTTOM: 1,
    Stereo.LEFT_RIGHT: 2,
    Stereo.RIGHT_LEFT: 4,
}
CONFIGURATION = (  # codec boxes, after which readers expect ours
    *(b"avcC", b"hvcC", b"lhvC", b"vvcC", b"evcC", b"av1C", b"vpcC", b"apvC", b"esds", b"glbl"),
    *(b"dvcC", b"dvvC", b"dvwC", b"hvcE", b"jp2h", b"d263"),
)


def write(entry: Box, metadata: SphericalMetadata) -> None:
    """Put exactly one `st3d` and one `sv3d` behind the codec configuration of an opened entry."""
    remove(entry)
    children = entry.children or []
    at = max((i + 1 for i, box in enumerate(children) if box.kind in CONFIGURATION), default=0)
    children[at:at] = [_st3d(metadata.stereo), _sv3d(metadata)]
    entry.children = children


def remove(entry: Box) -> None:
    entry.drop(b"st3d", b"sv3d")


def read(entry: Box) -> tuple[SphericalMetadata | None, Stereo | None, str]:
    """(metadata, stereo that `st3d` states, what is wrong or unusual) of an opened entry.

    Metadata is None where there is none or readers would not take it.
    """
    stereo_boxes, sphere_boxes = entry.all(b"st3d"), entry.all(b"sv3d")
    if len(stereo_boxes) > 1 or len(sphere_boxes) > 1:
        return None, None, "st3d or sv3d is there twice; ffmpeg refuses the whole file"
    try:
        stereo = read_stereo(stereo_boxes[0]) if stereo_boxes else None
        if not sphere_boxes:
            return None, stereo, "st3d without sv3d" if stereo_boxes else ""
        return _read_sv3d(sphere_boxes[0], stereo or Stereo.MONO), stereo, ""
    except MetadataError as error:
        return None, None, str(error)


def equi(bounds: Bounds) -> bytes:
    """The 20 bytes of an `equi` payload: version and flags, then four 0.32 fractions."""
    sides = (bounds.top, bounds.bottom, bounds.left, bounds.right)
    return FULL_BOX + struct.pack(">4I", *(round(side * BOUND_STEPS) for side in sides))


def read_equi(payload: Bytes) -> Bounds:
    return Bounds(*(side / BOUND_STEPS for side in unpack(">4I", payload, 4, "equi")))


def cbmp() -> bytes:
    """Payload of a `cbmp` box: layout 0 (three faces by two), no padding."""
    return FULL_BOX + struct.pack(">2I", 0, 0)


def read_cbmp(payload: Bytes) -> None:
    layout, padding = unpack(">2I", payload, 4, "cbmp")
    if layout or padding:
        raise MetadataError(f"a cubemap of layout {layout} with padding {padding} is not known")


def _st3d(stereo: Stereo) -> Box:
    return Box(b"st3d", FULL_BOX + bytes([STEREO_MODES[stereo]]))


def read_stereo(box: Box) -> Stereo:
    (mode,) = unpack(">B", box.payload, 4, "st3d")
    for stereo, value in STEREO_MODES.items():
        if value == mode:
            return stereo
    raise MetadataError(f"st3d has stereo mode {mode}, which no reader here knows")


def _sv3d(metadata: SphericalMetadata) -> Box:
    pose = (round(v * POSE_STEPS) for v in (metadata.yaw, metadata.pitch, metadata.roll))
    projection = [Box(b"prhd", FULL_BOX + struct.pack(">3i", *pose)), _layout(metadata)]
    source = FULL_BOX + metadata.software.encode() + b"\0"
    return Box(
        b"sv3d", b"", children=[Box(b"svhd", source), Box(b"proj", b"", children=projection)]
    )


def _layout(metadata: SphericalMetadata) -> Box:
    if metadata.is_equirect:
        return Box(b"equi", equi(metadata.bounds))
    if metadata.projection is Projection.CUBEMAP:
        return Box(b"cbmp", cbmp())
    return Box(b"mshp", mesh.dual_fisheye(metadata.lens_fov))


def _read_sv3d(box: Box, stereo: Stereo) -> SphericalMetadata:
    header, outer = box.open().first(b"svhd"), box.first(b"proj")
    if header is None:
        raise MetadataError("sv3d lacks its svhd box; ffmpeg ignores the projection")
    if outer is None:
        raise MetadataError("sv3d lacks its proj box")
    pose = outer.open().first(b"prhd")
    angles = unpack(">3i", pose.payload, 4, "prhd") if pose else (0, 0, 0)
    projection, bounds, fov = _read_layout(outer)
    yaw, pitch, roll = (angle / POSE_STEPS for angle in angles)
    software = bytes(header.payload[4:]).split(b"\0")[0].decode("utf-8", "replace")
    return SphericalMetadata(
        projection, stereo, yaw, pitch, roll, bounds, fov, printable(software) or "unknown"
    )


def _read_layout(outer: Box) -> tuple[Projection, Bounds, float]:
    found = outer.all(b"equi", b"cbmp", b"mshp")
    if len(found) != 1:
        kinds = ", ".join(name(box.kind) for box in found) or "none"
        raise MetadataError(f"proj must hold one of equi, cbmp and mshp; found {kinds}")
    if found[0].kind == b"equi":
        return Projection.EQUIRECT, read_equi(found[0].payload), 0.0
    if found[0].kind == b"cbmp":
        read_cbmp(found[0].payload)
        return Projection.CUBEMAP, FULL, 0.0
    return Projection.DUAL_FISHEYE, FULL, mesh.read_dual_fisheye(found[0].payload)


def printable(text: str) -> str:
    """Text from a file, cut down to what a one-line name may hold."""
    return "".join(c for c in text if c.isprintable())[:1000].strip()
