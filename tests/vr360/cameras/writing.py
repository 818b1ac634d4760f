"""GPMF and CAMM as cameras write them, of motions that are known."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from tests.vr360.spherical.synthetic import Track, box, movie
from vr360.cameras import camm

TO_GOPRO = np.array([1.0, -1.0, -1.0])  # x right, y down, z ahead


def klv(key: bytes, kind: bytes, size: int, values: bytes) -> bytes:
    padded = values + bytes(-len(values) % 4)
    return struct.pack(">4scBH", key, kind, size, len(values) // size) + padded


def nest(key: bytes, *items: bytes) -> bytes:
    whole = b"".join(items)
    return struct.pack(">4scBH", key, b"\0", 4, len(whole) // 4) + whole


def stream(key: bytes, values: np.ndarray, scale: int = 32767, *described: bytes) -> bytes:
    """One sensor's readings (N, columns), divided by `scale` when read."""
    numbers = np.rint(values * scale).astype(">i2")
    scaled = klv(b"SCAL", b"s", 2, struct.pack(">h", scale))
    return nest(b"STRM", *described, scaled, klv(key, b"s", 2 * values.shape[1], numbers.tobytes()))


def quaternions(matrices: np.ndarray) -> np.ndarray:
    """(N, 4), w first, of rotations (N, 3, 3)."""
    return Rotation.from_matrix(matrices).as_quat(scalar_first=True)


def gravity_and_orientation(to_picture: np.ndarray) -> bytes:
    """GPMF of a MAX: GRAV, CORI and IORI of rotations (N, 3, 3) from the world to the picture."""
    down = to_picture @ np.array([0.0, -1.0, 0.0])
    since_start = to_picture @ to_picture[0].T
    turned = quaternions(since_start * np.outer(TO_GOPRO, TO_GOPRO))
    still = np.tile([1.0, 0.0, 0.0, 0.0], (len(turned), 1))
    return nest(
        b"DEVC",
        klv(b"DVNM", b"c", 1, b"GoPro Max"),
        stream(b"CORI", turned),
        stream(b"IORI", still),
        stream(b"GRAV", down * TO_GOPRO),
    )


def beside(
    film: Path, run_ffmpeg: Callable[..., bytes], entry: bytes, samples: list[bytes], ticks: int
) -> Path:
    """The film with a track of telemetry, `ticks` milliseconds a sample."""
    kind = box(entry, bytes(6), b"\0\1", *([bytes(4)] if entry == b"gpmd" else []))
    track = Track(b"meta", (kind,), tuple(samples), ticks=ticks)
    alone, both = film.with_name("telemetry.mp4"), film.with_name(f"with_{film.stem}.mp4")
    alone.write_bytes(movie(track))
    run_ffmpeg(
        *("-i", film, "-i", alone, "-map", "0", "-map", "1", "-c", "copy"),
        *("-copy_unknown", "-f", "mp4", both),
    )
    return both


def packet(kind: int, *numbers: float) -> bytes:
    """One of CAMM's."""
    return struct.pack("<HH" + camm.SIZES[kind], 0, kind, *numbers)


def strips_of(faces: np.ndarray, overlap: int) -> tuple[np.ndarray, np.ndarray]:
    """Two strips as the camera writes them, of a picture (2 H, 3 H, 3) in the layout `eac`."""
    size = faces.shape[0] // 2

    def cut(face: np.ndarray) -> list[np.ndarray]:
        half = (size + overlap) // 2
        return [face[:, :half], face[:, half - overlap :]]

    strips = []
    for row in np.split(faces, 2):
        left, middle, right = np.split(row, 3, axis=1)
        strips.append(np.concatenate([*cut(left), middle, *cut(right)], axis=1))
    return strips[0], strips[1]


def insta360_trailer(*records: tuple[int, bytes]) -> bytes:
    """What Insta360 puts behind a file: records of a kind each, the last of them told first."""
    *before, (kind, last) = records
    body = b"".join(data + struct.pack("<HI", number, len(data)) for number, data in before) + last
    footer = struct.pack("<HI32xII", kind, len(last), len(body) + 78, 3)
    return body + footer + b"8db42d694ccc418790edff439fe026bf"
