"""A V2 mesh (`mshp`) that lays two fisheye circles on the sphere.

The picture is a `vr360.projections.DualFisheye`, which knows where its lenses lie. Each half sphere
is a fan of rings around the axis of its lens.

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
from vr360.projections import BACK_LENS, FRONT_LENS, DualFisheye
from vr360.spherical.boxes import Bytes, parse, unpack

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

FULL_BOX = b"\0\0\0\0"
RINGS, SECTORS = 16, 48  # below the 10,000 coordinates that Android's player reads
LARGEST_MESH = 4 << 20
MOST_COORDINATES, MOST_VERTICES = 100_000, 100_000
TRIANGLES = 0
TOLERANCE = 2e-3  # of a direction; coordinates are 32-bit floats
FOV_STEP = 100  # a hundredth of a degree is read back


def dual_fisheye(fov_deg: float) -> bytes:
    """Payload of an `mshp` box for lenses of the given field of view, at least 180°."""
    vertices = np.concatenate([_lens(FRONT_LENS, fov_deg), _lens(BACK_LENS, fov_deg)]).astype(
        np.float32
    )
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
    directions, x, y = vertices[:, :3], 2 * vertices[:, 3] - 0.5, 0.5 - vertices[:, 4]
    fov = _widest(directions, x, y)
    if not 0 < fov < 360:
        raise MetadataError("a mesh projection that is not of two fisheye circles")
    expected, _ = _lenses(fov).directions(x, y)
    if not np.allclose(directions, expected, atol=TOLERANCE):
        raise MetadataError("a mesh projection that is not of two fisheye circles")
    return round(fov * FOV_STEP) / FOV_STEP


def _lenses(fov_deg: float) -> DualFisheye:
    """A picture one unit high: its pixel places are texture coordinates but for scale and sign."""
    return DualFisheye(1, 2, np.deg2rad(fov_deg))


def _widest(directions: Array, x: Array, y: Array) -> float:
    """The field of view, in degrees, that directions (n, 3) at such places mean; nan if none."""
    square = np.where(x > 0.5, 1, 0)  # their centres lie at x = 0 and x = 1
    axes, _ = _lenses(180).directions([0, 1], 0)
    angle = np.rad2deg(np.arccos(np.clip(np.sum(directions * axes[square], axis=1), -1, 1)))
    radius = np.hypot(x - square, y)
    rim = (angle > 45) & (radius > 0)
    return float(np.median(angle[rim] / radius[rim])) if rim.any() else np.nan


def _lens(lens: int, fov_deg: float) -> Array:
    """(vertices, 5) x, y, z, u, v of one half sphere: the axis, then ring after ring."""
    radius = np.repeat(np.linspace(0, 0.5, RINGS + 1), SECTORS)[SECTORS - 1 :]
    turn = np.concatenate([[0.0], np.tile(np.arange(SECTORS) / SECTORS, RINGS)]) * FULL_TURN
    x, y = lens + radius * np.cos(turn), -radius * np.sin(turn)
    xyz, _ = _lenses(180).directions(x, y)
    x, y, _ = _lenses(fov_deg).lens_pixels(lens, xyz)
    return np.stack([*xyz.T, (x + 0.5) / 2, 0.5 - y], axis=1)


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
