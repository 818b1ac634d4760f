from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from vr360.frame import Rgb
from vr360.media import writer
from vr360.media.probe import probe
from vr360.media.reader import read_frames

GPANO = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:GPano="http://ns.google.com/photos/1.0/panorama/" '
    b'GPano:ProjectionType="equirectangular" GPano:PoseHeadingDegrees="40"/></rdf:RDF></x:xmpmeta>'
)


@pytest.fixture(params=["system", "shipped"])
def each_ffmpeg(request: pytest.FixtureRequest, ffmpegs: list[str], monkeypatch) -> str:
    """Run the test with the first ffmpeg found and with the one that imageio-ffmpeg ships."""
    binary = ffmpegs[0] if request.param == "system" else imageio_ffmpeg.get_ffmpeg_exe()
    monkeypatch.setattr(writer, "ffmpeg_binary", lambda: binary)
    return binary


@pytest.fixture
def noise() -> Callable[..., list[Rgb]]:
    """Random frames over the whole range: `noise(count, height, width, bit_depth)`."""

    def make(count: int, height: int, width: int, bit_depth: int) -> list[Rgb]:
        kind = np.uint8 if bit_depth == 8 else np.uint16
        shape = (count, height, width, 3)
        return list(np.random.default_rng(7).integers(0, 1 << bit_depth, shape).astype(kind))

    return make


@pytest.fixture
def decoded() -> Callable[[Path], list[Rgb]]:
    """All pictures of a film."""
    return lambda path: [frame.rgb for frame in read_frames(probe(path))]
