"""Small films made on the spot, and the real ones where they are at hand."""

import os
import shutil
import struct
import subprocess
import tempfile
import wave
import zlib
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pytest

from vr360.cubemap import FACES, face_to_xyz
from vr360.frame import Projection
from vr360.geometry import Array

CACHE = "VR360_TEST_CACHE"


def pytest_configure(config: pytest.Config) -> None:
    """What is kept between runs is kept for this one only, by all its processes together."""
    if CACHE not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="vr360-cache-")
        config.add_cleanup(folder.cleanup)
        os.environ[CACHE] = folder.name
    os.environ["XDG_CACHE_HOME"] = os.environ[CACHE]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With VR360_NO_SKIPS set, as in CI, a skipped test is a failed one."""
    report = yield
    if report.skipped and os.environ.get("VR360_NO_SKIPS"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be: {report.longrepr}"
    return report


SHARED = Path(__file__).parents[1] / "../shared/data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real footage; it lies beside the checkout of those who have it."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared/data beside the checkout")
    return SHARED


@pytest.fixture(scope="session")
def ffmpegs() -> list[str]:
    """Every ffmpeg that a user may have: the system's, and the one a dependency ships."""
    system = shutil.which("ffmpeg")
    return [*([system] if system else []), imageio_ffmpeg.get_ffmpeg_exe()]


@pytest.fixture(scope="session")
def run_ffmpeg(ffmpegs: list[str]) -> Callable[..., bytes]:
    """Run ffmpeg quietly; returns what it writes to standard output."""

    def run(*arguments: str | Path, data: bytes | None = None) -> bytes:
        command = [ffmpegs[0], "-y", "-v", "error", *map(str, arguments)]
        done = subprocess.run(command, input=data, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    return run


@pytest.fixture
def make_film(tmp_path: Path, run_ffmpeg: Callable[..., bytes]) -> Callable[..., Path]:
    """A film of given frames: `make_film(name, frames, *options, rate=, inputs=)`.

    Frames are (N, H, W, 3) uint8; `inputs` are further inputs such as `("-i", sound)`.
    """

    def make(
        name: str,
        frames: np.ndarray,
        *options: str | Path,
        rate: str = "24",
        inputs: Sequence[str | Path] = (),
    ) -> Path:
        path = tmp_path / name
        _, height, width, _ = frames.shape
        raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}")
        video = (*raw, "-framerate", rate, "-i", "pipe:")
        run_ffmpeg(*video, *inputs, *options, path, data=frames.tobytes())
        return path

    return make


@pytest.fixture
def make_sound(tmp_path: Path) -> Callable[..., Path]:
    """A WAV file of (samples, channels) floats in -1..1: `make_sound(name, samples, rate=)`."""

    def make(name: str, samples: np.ndarray, rate: int = 48000) -> Path:
        path = tmp_path / name
        with wave.open(str(path), "wb") as file:
            file.setnchannels(samples.shape[1])
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(np.rint(samples * 32767).astype("<i2").tobytes())
        return path

    return make


@pytest.fixture
def two_tracks(tmp_path: Path, run_ffmpeg: Callable[..., bytes]) -> Callable[..., Path]:
    """A film of two video tracks and a tone: `two_tracks(name, first, second, *options)`."""

    def make(name: str, first: np.ndarray, second: np.ndarray, *options: str) -> Path:
        lossless = ("-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuv444p")
        inputs: list[str | Path] = []
        for n, frames in enumerate((first, second)):
            for i, frame in enumerate(frames):
                cv2.imwrite(str(tmp_path / f"{n}_{i:03d}.png"), frame[..., ::-1])
            inputs += ["-framerate", "25", "-i", tmp_path / f"{n}_%03d.png"]
        tone = ("-f", "lavfi", "-i", "sine=440:duration=0.2")
        maps = ("-map", "0", "-map", "2", "-map", "1", "-f", "mp4")
        run_ffmpeg(*inputs, *tone, *(options or lossless), *maps, tmp_path / name)
        return tmp_path / name

    return make


@pytest.fixture
def two_files(tmp_path: Path, run_ffmpeg: Callable[..., bytes]) -> Callable[[Path], Path]:
    """The tracks of a film in two files of a lens each: `two_files(film)`, the first of them."""

    def split(film: Path) -> Path:
        lenses = [tmp_path / f"VID_20190101_120000_{n}0_001.insv" for n in (0, 1)]
        for lens, maps in zip(lenses, (("0:v:0", "0:a"), ("0:v:1",)), strict=True):
            mapped = [word for each in maps for word in ("-map", each)]
            run_ffmpeg("-i", film, *mapped, "-c", "copy", "-f", "mp4", lens)
        return lenses[0]

    return split


@pytest.fixture(scope="session")
def moving() -> Callable[..., np.ndarray]:
    """Frames (N, H, W, 3) with a square that moves: `moving(n, height, width)`."""

    def frames(count: int, height: int = 64, width: int = 128) -> np.ndarray:
        picture = np.full((count, height, width, 3), 90, np.uint8)
        picture[..., 0] += np.arange(width, dtype=np.uint8) // 2
        for n in range(count):
            at = n * 3 % (width - 16)
            picture[n, 20:36, at : at + 16] = (230, 40, 120)
        return picture

    return frames


def huge_png(side: int) -> bytes:
    """A PNG that says it is `side` pixels a side, and ends."""

    def chunk(kind: bytes, data: bytes = b"") -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b""))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND")


def face_directions(
    size: int, projection: Projection = Projection.EQUI_ANGULAR, margin: int = 0
) -> Array:
    """Unit vectors through every pixel centre of six faces.

    Args:
        size: pixels of a face's side.
        projection: `CUBEMAP` (gnomonic) or `EQUI_ANGULAR`.
        margin: pixels by which the plane of each face goes on beyond its edges.

    Returns:
        (6, size + 2 margin, size + 2 margin, 3).

    Raises:
        ValueError: no cube, or an equi-angular margin of half a face and more, which would reach
            a quarter turn away.
    """
    pixels = np.arange(-margin, size + margin)
    u, v = np.meshgrid(pixels, pixels)
    faces = np.arange(len(FACES))[:, None, None]
    return face_to_xyz(faces, u, v, size, projection)
