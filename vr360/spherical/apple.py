"""Apple's `vexu` and `hfov` boxes in the visual sample entry. Experimental.

Nothing here has proved playback on a device; the layout follows Apple's "ISO Base Media File
Format and Apple HEVC Stereo Video" and what FFmpeg 8 reads.
"""

from __future__ import annotations

import struct

from vr360.errors import MetadataError
from vr360.frame import Projection, Stereo
from vr360.spherical.boxes import Box, unpack
from vr360.spherical.model import SphericalMetadata

FULL_BOX = b"\0\0\0\0"
LEFT, RIGHT, REVERSED = 1, 2, 8
PROJECTIONS = {Projection.EQUIRECT: b"equi", Projection.HALF_EQUIRECT: b"hequ"}
PACKING = {
    Stereo.TOP_BOTTOM: b"over",
    Stereo.LEFT_RIGHT: b"side",
    Stereo.RIGHT_LEFT: b"side",
}
FIELD_OF_VIEW = {Projection.EQUIRECT: 360_000, Projection.HALF_EQUIRECT: 180_000}
SPHERICAL = (b"equi", b"hequ", b"fish")


def write(entry: Box, metadata: SphericalMetadata) -> None:
    """Put exactly one `vexu` and one `hfov` at the end of an opened entry.

    Raises:
        MetadataError: Apple has no code for the projection.
    """
    if metadata.projection not in PROJECTIONS:
        raise MetadataError(f"Apple's boxes have no code for {metadata.projection}")
    entry.drop(b"vexu", b"hfov")
    field = struct.pack(">I", FIELD_OF_VIEW[metadata.projection])
    if entry.children is not None:
        entry.children += [_vexu(metadata), Box(b"hfov", field)]


def remove(entry: Box) -> None:
    """Drop `vexu` and `hfov` that state a sphere; those of flat stereo films stay."""
    if any(_projection(box) in SPHERICAL for box in entry.all(b"vexu")):
        entry.drop(b"vexu", b"hfov")


def read(entry: Box) -> tuple[SphericalMetadata | None, str]:
    """(metadata, what is unusual) of an opened entry; both empty where there is no `vexu`."""
    vexu = entry.first(b"vexu")
    if vexu is None:
        return None, ""
    try:
        return _read(vexu)
    except MetadataError as error:
        return None, str(error)


def _read(vexu: Box) -> tuple[SphericalMetadata | None, str]:
    code = _projection(vexu)
    for projection, known in PROJECTIONS.items():
        if known == code:
            return SphericalMetadata(projection, _stereo(vexu)), ""
    return None, f"vexu with projection {code.decode('latin-1')!r}, not one of a sphere"


def _vexu(metadata: SphericalMetadata) -> Box:
    children = []
    stereo = metadata.stereo
    if stereo in PACKING:
        bits = LEFT | RIGHT | (REVERSED if stereo is Stereo.RIGHT_LEFT else 0)
        children.append(_nest(b"eyes", b"stri", bytes([bits])))
    children.append(_nest(b"proj", b"prji", PROJECTIONS[metadata.projection]))
    if stereo in PACKING:
        children.append(_nest(b"pack", b"pkin", PACKING[stereo]))
    return Box(b"vexu", b"", children=children)


def _nest(outer: bytes, inner: bytes, payload: bytes) -> Box:
    return Box(outer, b"", children=[Box(inner, FULL_BOX + payload)])


def _inner(vexu: Box, outer: bytes, inner: bytes) -> Box | None:
    box = vexu.open().first(outer)
    return box.open().first(inner) if box else None


def _projection(vexu: Box) -> bytes:
    try:
        prji = _inner(vexu, b"proj", b"prji")
    except MetadataError:
        return b""
    return bytes(prji.payload[4:8]) if prji else b""


def _stereo(vexu: Box) -> Stereo:
    stri, pkin = _inner(vexu, b"eyes", b"stri"), _inner(vexu, b"pack", b"pkin")
    if stri is None or pkin is None:
        return Stereo.MONO
    (bits,) = unpack(">B", stri.payload, 4, "stri")
    if bytes(pkin.payload[4:8]) == b"over":
        return Stereo.TOP_BOTTOM
    return Stereo.RIGHT_LEFT if bits & REVERSED else Stereo.LEFT_RIGHT
