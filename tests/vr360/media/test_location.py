"""The place is taken out of a film, and nothing else."""

import shutil
import struct
import subprocess
import tracemalloc
import zlib
from pathlib import Path

import av
import pytest

from tests.vr360.cameras.test_telemetry import FIXES, SAMPLE
from tests.vr360.cameras.writing import packet
from tests.vr360.spherical.synthetic import Track, box, media, movie
from vr360.cameras import camm, gpmf
from vr360.errors import MetadataError
from vr360.media.location import strip_location
from vr360.media.telemetry import telemetry_of
from vr360.spherical.ebml import CRC32, Node, nodes
from vr360.spherical.segment import Segment


@pytest.fixture
def gopro(tmp_path: Path) -> Path:
    """A film with a place in its tags, a GPMF track and one of camera motion."""
    entry = box(b"gpmd", bytes(6), b"\0\1", bytes(4))
    motion = box(b"camm", bytes(6), b"\0\1")
    tracks = [
        Track(),
        Track(b"meta", (entry,), (SAMPLE, SAMPLE)),
        Track(b"camm", (motion,), (packet(2, 1, 2, 3), packet(5, 48.1, 11.5, 520))),
    ]
    place = b"+48.1372+011.5756/"
    tags = box(b"udta", box(b"\xa9xyz", struct.pack(">HH", len(place), 0x15C7), place))
    path = tmp_path / "gopro.mp4"
    path.write_bytes(movie(*tracks, extra=tags))
    return path


def test_the_place_goes_and_all_else_stays(gopro: Path):
    before, old = media(gopro.read_bytes()), gopro.read_bytes()
    assert strip_location(gopro) > 80
    new = gopro.read_bytes()
    assert len(new) == len(old)
    assert b"48.1372" not in new
    after = media(new)
    assert after[1] == before[1]
    for sample in after[2]:
        gravity, gps, _ = gpmf.streams(sample)
        assert gravity.values.any()
        assert not gps.values.any()
    assert after[3][0] == before[3][0]
    assert camm.read(after[3][1]).numbers == (0, 0, 0)


def test_telemetry_is_found_by_what_it_holds(gopro: Path):
    told = telemetry_of(gopro)
    assert told is not None
    assert told.kind == "GPMF"
    assert told.place == pytest.approx((FIXES[0][0] / 1e7, FIXES[0][1] / 1e7))
    strip_location(gopro)
    again = telemetry_of(gopro)
    assert again is not None
    assert (again.sensors, again.place) == (told.sensors, None)


def test_a_film_that_tells_no_place_is_left_as_it_is(make_film, moving):
    film = make_film("plain.mp4", moving(4))
    before = film.stat()
    assert strip_location(film) == 0
    assert film.stat().st_ino == before.st_ino


def test_matroska_keeps_all_tags_but_the_place(make_film, moving, run_ffmpeg):
    words = ("-metadata", "location=+48.1372+011.5756/", "-metadata", "title=Holiday")
    more = ("-metadata", "GPSLatitude=48 deg 8 min")
    film = make_film("plain.mkv", moving(4), *words, *more)
    before = film.read_bytes()
    assert strip_location(film) > 10
    after = film.read_bytes()
    assert len(after) == len(before)
    assert b"48.1372" not in after
    assert b"48 deg" not in after
    with av.open(str(film)) as container:
        assert container.metadata["title"] == "Holiday"
        assert container.metadata["LOCATION"] == "+00.0000+000.0000/"
    if shutil.which("mkvinfo"):  # which checks the checksums
        told = subprocess.run(["mkvinfo", "-v", film], capture_output=True, text=True, check=True)
        assert "Holiday" in told.stdout
    with Path(film).open("rb") as file:
        segment = Segment(file, len(after))
        (tags,) = (head for head in segment.elements if head.id == 0x1254C367)
    first, *rest = nodes(after[tags.body : tags.end])
    if first.id == CRC32:
        found = zlib.crc32(b"".join(node.to_bytes() for node in rest))
        assert first.payload == struct.pack("<I", found)


def test_other_files_are_refused(make_film, moving):
    film = make_film("plain.avi", moving(4))
    with pytest.raises(MetadataError):
        strip_location(film)


def film_with(path: Path, *tags: Node) -> Path:
    head = Node(0x1A45DFA3, Node(0x4282, b"matroska").to_bytes())
    parts = Node(0x1654AE6B, b""), *tags
    segment = Node(0x18538067, b"".join(part.to_bytes() for part in parts))
    path.write_bytes(head.to_bytes() + segment.to_bytes())
    return path


def tags_of(*simple: Node) -> Node:
    return Node(0x1254C367, Node(0x7373, b"".join(n.to_bytes() for n in simple)).to_bytes())


def simple_tag(name: bytes, text: bytes, *inner: Node) -> Node:
    parts = Node(0x45A3, name), Node(0x4487, text), *inner
    return Node(0x67C8, b"".join(part.to_bytes() for part in parts))


def test_a_place_in_a_tag_of_a_tag_is_found(tmp_path: Path):
    tag = simple_tag(b"PLACE", b"here", simple_tag(b"LATITUDE", b"48.1372"))
    film = film_with(tmp_path / "film.mkv", tags_of(tag))
    before = film.read_bytes()
    assert strip_location(film) == 7
    assert film.read_bytes() == before.replace(b"48.1372", bytes([32]) * 7)


def test_tags_that_lie_thousands_deep_are_refused(tmp_path: Path):
    tag = simple_tag(b"LOCATION", b"here")
    for _ in range(3000):
        tag = Node(0x67C8, tag.to_bytes())
    film = film_with(tmp_path / "film.mkv", tags_of(tag))
    before = film.read_bytes()
    with pytest.raises(MetadataError, match=r"film\.mkv: tags lie more than"):
        strip_location(film)
    assert film.read_bytes() == before


def test_a_long_place_takes_little_memory(tmp_path: Path):
    film = film_with(tmp_path / "film.mkv", tags_of(simple_tag(b"LOCATION", b"x" * (1 << 20))))
    tracemalloc.start()
    count = strip_location(film)
    top = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 1 << 20
    assert top < 32 << 20
