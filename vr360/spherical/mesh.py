"""A V2 mesh (`mshp`) that lays two fisheye circles on the sphere.

The lenses are ideal: equidistant, opposite each other, their circles inscribed in the left (front)
and right (back) half of the picture. Each half sphere is a fan of rings around its lens axis.

Source: Spherical Video V2 RFC of google/spatial-media, Mesh Projection Box: -z forward, +x right,
+y up, counter-clockwise triangles; (u, v) from the lower left corner.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from vr360.errors import MetadataError
from vr360.geometry import FULL_TURN
from vr360.spherical.boxes import Bytes, parse, unpack

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

FULL_BOX = b"\0\0\0\0"
RINGS, SECTORS = 16, 48  # below the 10,000 coordinates that Android's player reads
CENTRES = (0.25, 0.75)  # u of the front and the back lens
LARGEST_MESH = 4 << 20
MOST_COORDINATES, MOST_VERTICES = 100_000, 100_000
TRIANGLES = 0
TOLERANCE = 2e-3  # of a direction; coordinates are 32-bit floats
FOV_STEP = 100  # a hundredth of a degree is read back


def dual_fisheye(fov_deg: float) -> bytes:
    """Payload of an `mshp` box for lenses of the given field of view, at least 180°."""
    vertices = np.concatenate([_lens(0, fov_deg), _lens(1, fov_deg)]).astype(np.float32)
    fan = _fan()
    triangles = np.concatenate([fan, fan + len(vertices) // 2]).ravel()
    body = _mesh(vertices, triangles)
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    rest = b"dfl8" + packer.compress(struct.pack(">I4s", len(body) + 8, b"mesh") + body)
    rest += packer.flush()
    return FULL_BOX + struct.pack(">I", zlib.crc32(rest)) + rest


def read_dual_fisheye(payload: Bytes) -> float:
    """Field of view in degrees of a mesh as above.

    Raises:
        MetadataError: damaged, or a mesh of another shape.
    """
    vertices = _vertices(_unpacked(bytes(payload)))
    directions, across, up = vertices[:, :3], vertices[:, 3], vertices[:, 4] - 0.5
    back = across > 0.5
    across = (across - np.where(back, *reversed(CENTRES))) * 2
    facing = np.where(back, -1, 1)  # the back lens looks along +z, its right is -x
    angle = np.rad2deg(np.arccos(np.clip(-facing * directions[:, 2], -1, 1)))
    radius = np.hypot(across, up)
    rim = (angle > 45) & (radius > 0)
    if not rim.any():
        raise MetadataError("a mesh projection that is not of two fisheye circles")
    fov = float(np.median(angle[rim] / radius[rim]))
    turn, bend = np.arctan2(up, across), np.deg2rad(radius * fov)
    side = (facing * np.cos(turn), np.sin(turn))
    expected = np.stack([*(np.sin(bend) * s for s in side), -facing * np.cos(bend)], axis=1)
    if not np.allclose(directions, expected, atol=TOLERANCE):
        raise MetadataError("a mesh projection that is not of two fisheye circles")
    return round(fov * FOV_STEP) / FOV_STEP


def _lens(which: int, fov_deg: float) -> Array:
    """(vertices, 5) x, y, z, u, v of one half sphere: the axis, then ring after ring."""
    angle = np.repeat(np.linspace(0, 90, RINGS + 1), SECTORS)[SECTORS - 1 :]
    turn = np.concatenate([[0.0], np.tile(np.arange(SECTORS) / SECTORS, RINGS)]) * FULL_TURN
    across, up = np.cos(turn), np.sin(turn)
    side, ahead = np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle))
    radius = angle / fov_deg
    facing = 1 if which == 0 else -1  # the back lens looks along +z, its right is -x
    columns = (facing * side * across, side * up, -facing * ahead)
    return np.stack([*columns, CENTRES[which] + radius * across / 2, 0.5 + radius * up], axis=1)


def _fan() -> Ints:
    """(triangles, 3) vertex numbers of one half sphere, counter-clockwise from inside."""
    here = np.arange(SECTORS)
    after = (here + 1) % SECTORS
    found = [np.stack([np.zeros_like(here), 1 + here, 1 + after], axis=1)]
    for ring in range(RINGS - 1):
        inner, outer = 1 + ring * SECTORS, 1 + (ring + 1) * SECTORS
        found.append(np.stack([inner + here, outer + here, outer + after], axis=1))
        found.append(np.stack([inner + here, outer + after, inner + after], axis=1))
    return np.concatenate(found)


def _mesh(vertices: NDArray[np.float32], triangles: Ints) -> bytes:
    coordinates, numbers = np.unique(vertices, return_inverse=True)
    places = numbers.reshape(vertices.shape)
    return b"".join(
        (
            struct.pack(">I", len(coordinates)),
            coordinates.astype(">f4").tobytes(),
            struct.pack(">I", len(vertices)),
            _pack(np.diff(places, axis=0, prepend=0), _bits(len(coordinates))),
            struct.pack(">IBBI", 1, 0, TRIANGLES, len(triangles)),
            _pack(np.diff(triangles, prepend=0), _bits(len(vertices))),
        )
    )


def _bits(count: int) -> int:
    """ceil(log2(2 count)), the width of a zig-zag difference of numbers below `count`."""
    return (2 * count - 1).bit_length()


def _pack(differences: Ints, width: int) -> bytes:
    flat = differences.ravel()
    zigzag = np.where(flat < 0, -2 * flat - 1, 2 * flat)
    bits = zigzag[:, None] >> np.arange(width - 1, -1, -1) & 1
    return np.packbits(bits.astype(np.uint8)).tobytes()


def _unpack(data: bytes, width: int, count: int) -> Ints:
    bits = np.unpackbits(np.frombuffer(data, np.uint8), count=width * count)
    zigzag = bits.reshape(count, width).astype(np.int64) @ (1 << np.arange(width - 1, -1, -1))
    return np.where(zigzag % 2, -(zigzag + 1) // 2, zigzag // 2)


def _unpacked(payload: bytes) -> Bytes:
    """Payload of the only `mesh` box."""
    crc, coding = unpack(">II", payload, 4, "mshp")
    if zlib.crc32(payload[8:]) != crc:
        raise MetadataError("the mesh projection has a wrong checksum")
    data = payload[12:]
    if coding == int.from_bytes(b"dfl8"):
        try:
            data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, LARGEST_MESH)
        except zlib.error:
            raise MetadataError("the mesh projection cannot be unpacked") from None
    meshes = [box for box in parse(data, "mshp")[0] if box.kind == b"mesh"]
    if len(meshes) != 1:
        raise MetadataError(f"a mesh projection of {len(meshes)} meshes, left to mesh players")
    return meshes[0].payload


def _vertices(data: Bytes) -> Array:
    """(vertices, 5) x, y, z, u, v."""
    (count,) = unpack(">I", data, 0, "mesh")
    at = 4 + 4 * count
    (vertices,) = unpack(">I", data, at, "mesh")
    if count > MOST_COORDINATES or vertices > MOST_VERTICES:
        raise MetadataError("the mesh of the projection is absurdly large")
    coordinates = np.frombuffer(data[4:at], ">f4").astype(np.float64)
    width = _bits(count) if count else 1
    end = at + 4 + (vertices * 5 * width + 7) // 8
    if not vertices or end > len(data) or not np.isfinite(coordinates).all():
        raise MetadataError("the mesh of the projection is damaged")
    deltas = _unpack(bytes(data[at + 4 : end]), width, vertices * 5).reshape(vertices, 5)
    places = np.cumsum(deltas, axis=0)
    if places.min() < 0 or places.max() >= count:
        raise MetadataError("the mesh of the projection is damaged")
    found: Array = coordinates[places]
    return found
