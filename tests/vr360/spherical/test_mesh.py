"""The mesh of a dual-fisheye picture: where each vertex points, and that it reads back."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest

from vr360.errors import MetadataError
from vr360.spherical.boxes import parse
from vr360.spherical.mesh import _unpacked, _vertices, dual_fisheye, read_dual_fisheye


class Bits:
    """Bit by bit, as the specification words it."""

    def __init__(self, data: bytes) -> None:
        self.bits = "".join(f"{byte:08b}" for byte in data)
        self.at = 0

    def take(self, count: int) -> int:
        self.at += count
        return int(self.bits[self.at - count : self.at], 2)

    def delta(self, count: int) -> int:
        value = self.take(count)
        return -(value + 1) // 2 if value % 2 else value // 2

    def align(self) -> None:
        self.at = -(-self.at // 8) * 8


def decode(payload: bytes) -> tuple[np.ndarray, np.ndarray]:
    """(vertices, triangles) by a reader written from the specification alone."""
    (crc,) = struct.unpack_from(">I", payload, 4)
    assert crc == zlib.crc32(payload[8:])
    assert payload[8:12] == b"dfl8"
    data = zlib.decompress(payload[12:], wbits=-15)
    assert data[4:8] == b"mesh"
    bits = Bits(data[8:])
    count = bits.take(32)
    coordinates = [struct.unpack(">f", bits.take(32).to_bytes(4))[0] for _ in range(count)]
    assert count <= 10_000  # what Android's player reads
    vertex_count = bits.take(32)
    width = int(np.ceil(np.log2(count * 2)))
    places, vertices = [0] * 5, []
    for _ in range(vertex_count):
        places = [place + bits.delta(width) for place in places]
        vertices.append([coordinates[place] for place in places])
    bits.align()
    assert bits.take(32) == 1  # one list
    assert (bits.take(8), bits.take(8)) == (0, 0)  # this video, triangles
    index, indices = 0, []
    width = int(np.ceil(np.log2(vertex_count * 2)))
    for _ in range(bits.take(32)):
        index += bits.delta(width)
        indices.append(index)
    return np.array(vertices), np.array(indices).reshape(-1, 3)


@pytest.mark.parametrize("fov", [180.0, 190.0, 195.37, 204.5, 280.0])
def test_the_field_of_view_reads_back(fov: float) -> None:
    assert read_dual_fisheye(dual_fisheye(fov)) == fov


def test_both_readers_see_the_same_vertices() -> None:
    payload = dual_fisheye(190)
    np.testing.assert_array_equal(_vertices(_unpacked(payload)), decode(payload)[0])


def test_convention_the_left_circle_looks_ahead_and_the_right_one_back() -> None:
    vertices, _ = decode(dual_fisheye(200))
    by_place = {(round(u, 4), round(v, 4)): xyz for *xyz, u, v in vertices}
    np.testing.assert_allclose(by_place[0.25, 0.5], [0, 0, -1], atol=1e-6)  # ahead
    np.testing.assert_allclose(by_place[0.75, 0.5], [0, 0, 1], atol=1e-6)  # behind
    rim = 0.5 * 90 / 100  # 90° off the axis of a lens of 200°
    np.testing.assert_allclose(by_place[0.25 + rim / 2, 0.5], [1, 0, 0], atol=1e-6)  # right
    np.testing.assert_allclose(by_place[0.25, round(0.5 + rim, 4)], [0, 1, 0], atol=1e-6)  # up
    np.testing.assert_allclose(by_place[round(0.75 + rim / 2, 4), 0.5], [-1, 0, 0], atol=1e-6)


def test_triangles_cover_the_sphere_once_and_turn_counter_clockwise() -> None:
    vertices, triangles = decode(dual_fisheye(190))
    a, b, c = (vertices[triangles[:, i], :3] for i in range(3))
    seen_from_inside = np.einsum("ij,ij->i", np.cross(b - a, c - a), a + b + c)
    assert (seen_from_inside < 0).all()
    solid = 2 * np.arctan2(
        np.abs(np.einsum("ij,ij->i", a, np.cross(b, c))),
        1 + np.einsum("ij,ij->i", a, b) + np.einsum("ij,ij->i", b, c) + np.einsum("ij,ij->i", c, a),
    )
    assert solid.sum() == pytest.approx(4 * np.pi, rel=1e-6)


def packed(body: bytes) -> bytes:
    rest = b"raw " + struct.pack(">I4s", len(body) + 8, b"mesh") + body
    return bytes(4) + struct.pack(">I", zlib.crc32(rest)) + rest


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"", "too short"),
        (dual_fisheye(190)[:-1], "checksum"),
        (packed(b""), "too short"),
        (packed(struct.pack(">II", 0, 0)), "damaged"),
        (packed(struct.pack(">I", 1 << 30)), "too short"),
        (packed(struct.pack(">IfI", 1, 1, 1 << 20)), "absurdly large"),
        (packed(struct.pack(">I2fI", 2, 0, 1, 3) + bytes(8)), "not of two fisheye"),
        (packed(struct.pack(">IfI", 1, float("nan"), 1) + bytes(8)), "damaged"),
    ],
)
def test_other_and_damaged_meshes_are_refused(payload: bytes, message: str) -> None:
    with pytest.raises(MetadataError, match=message):
        read_dual_fisheye(payload)


def test_a_mesh_for_each_eye_is_left_to_others() -> None:
    data = zlib.decompress(dual_fisheye(190)[12:], wbits=-15)
    assert len(parse(data, "mshp")[0]) == 1
    rest = b"raw " + data + data
    both = bytes(4) + struct.pack(">I", zlib.crc32(rest)) + rest
    with pytest.raises(MetadataError, match="2 meshes"):
        read_dual_fisheye(both)
