"""`SA3D` goes to ambisonic sound and to no other."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.vr360.spherical.conftest import need, run, stream_hashes
from tests.vr360.spherical.synthetic import Track, audio_entry, box, find, full, movie, noise, walk
from vr360.errors import MetadataError
from vr360.spherical import Ambisonic, SphericalMetadata, inject, inspect, remove
from vr360.spherical.ambisonic import aac_channels

SPHERE = SphericalMetadata()
FIRST_ORDER = bytes.fromhex(
    "00000024 53413344 00 00 00000001 00 00 00000004 00000000 00000001 00000002 00000003"
)


def film(path: Path, *entry_children: bytes, channels: int = 4, kind: bytes = b"lpcm") -> Path:
    sound = Track(b"soun", (audio_entry(kind, *entry_children, channels=channels),), noise(2))
    path.write_bytes(movie(Track(samples=noise(1)), sound))
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "film.mp4"


def test_the_bytes_of_first_order_are_those_of_the_specification(path: Path) -> None:
    notes = inject(film(path), SPHERE)
    assert FIRST_ORDER in path.read_bytes()
    assert "ambisonic" in notes[0]
    assert inspect(path).ambisonic == (Ambisonic(1, False, (0, 1, 2, 3)),)


@pytest.mark.parametrize(("channels", "order"), [(4, 1), (9, 2), (16, 3)])
def test_the_order_follows_from_the_channels(path: Path, channels: int, order: int) -> None:
    inject(film(path, channels=channels), SPHERE)
    (found,) = inspect(path).ambisonic
    assert (found.order, found.channel_map) == (order, tuple(range(channels)))


@pytest.mark.parametrize("channels", [1, 2, 5, 8])
def test_other_sound_is_left_alone(path: Path, channels: int) -> None:
    inject(film(path, channels=channels), SPHERE)
    assert b"SA3D" not in path.read_bytes()
    with pytest.raises(MetadataError, match=f"{channels} channels, not 4, 9 or 16"):
        inject(path, SPHERE, ambisonic="acn-sn3d")


@pytest.mark.parametrize(("channels", "order"), [(6, 1), (11, 2), (18, 3)])
def test_two_channels_more_are_head_locked_stereo(path: Path, channels: int, order: int) -> None:
    """Six channels are mostly 5.1, so they are never marked unasked."""
    inject(film(path, channels=channels), SPHERE)
    assert inspect(path).ambisonic == ()
    notes = inject(path, SPHERE, ambisonic="acn-sn3d")
    assert "head-locked stereo" in notes[0]
    assert inspect(path).ambisonic == (Ambisonic(order, True, tuple(range(channels))),)


def layout(tag: int, *labels: int) -> bytes:
    parts = b"".join(struct.pack(">5I", label, 0, 0, 0, 0) for label in labels)
    return full(b"chan", struct.pack(">3I", tag, 0, len(labels)), parts)


@pytest.mark.parametrize("chan", [layout(108 << 16 | 4), layout(0, 1, 2, 5, 6)])
def test_declared_loudspeakers_are_believed_until_overruled(path: Path, chan: bytes) -> None:
    notes = inject(film(path, chan), SPHERE)
    assert "declares" in notes[0]
    assert inspect(path).ambisonic == ()
    inject(path, SPHERE, ambisonic="acn-sn3d")
    assert len(inspect(path).ambisonic) == 1


@pytest.mark.parametrize("chan", [layout(190 << 16 | 4), layout(147 << 16 | 4), layout(0, 65536)])
def test_ambisonic_and_discrete_layouts_are_marked(path: Path, chan: bytes) -> None:
    inject(film(path, chan), SPHERE)
    assert len(inspect(path).ambisonic) == 1


def test_marks_can_be_taken_away_and_are_not_doubled(path: Path) -> None:
    inject(film(path), SPHERE)
    inject(path, SPHERE)
    inject(path, SPHERE, ambisonic="acn-sn3d")
    assert path.read_bytes().count(b"SA3D") == 1
    inject(path, SPHERE, ambisonic="none")
    assert b"SA3D" not in path.read_bytes()


def test_remove_takes_the_mark_too(path: Path) -> None:
    plain = film(path).read_bytes()
    inject(path, SPHERE)
    remove(path)
    assert path.read_bytes() == plain


def test_without_sound_there_is_nothing_to_mark(path: Path) -> None:
    path.write_bytes(movie())
    with pytest.raises(MetadataError, match="no audio track"):
        inject(path, SPHERE, ambisonic="acn-sn3d")


def test_an_unknown_kind_of_ambisonics_is_named(path: Path) -> None:
    inject(film(path), SPHERE)
    path.write_bytes(path.read_bytes().replace(b"SA3D\0\0", b"SA3D\0\5"))
    assert "other than ACN" in inspect(path).problems[-1]


def test_opus_says_how_many_channels_it_has(path: Path) -> None:
    ambix = box(b"dOps", bytes([0, 9]), bytes(8), bytes([2]))
    inject(film(path, ambix, channels=2, kind=b"Opus"), SPHERE)
    assert inspect(path).ambisonic[0].order == 2
    quad = box(b"dOps", bytes([0, 4]), bytes(8), bytes([1]))
    assert "Opus surround" in inject(film(path, quad, channels=2, kind=b"Opus"), SPHERE)[0]


def test_quicktime_sound_descriptions_are_as_long_as_their_version_says(path: Path) -> None:
    entry = bytearray(audio_entry(b"in24", channels=4))
    entry[17] = 1
    one = struct.pack(">I", len(entry) + 16) + bytes(entry[4:]) + bytes(16)
    path.write_bytes(
        movie(Track(samples=noise(1)), Track(b"soun", (one,), noise(2)), brand=b"qt  ")
    )
    inject(path, SPHERE)
    data = path.read_bytes()
    (stsd, end) = find(data, "moov/trak/mdia/minf/stbl/stsd")[1]
    ((_, body, stop),) = walk(data, stsd + 8, end)
    assert data[body + 28 + 16 : stop] == FIRST_ORDER


@pytest.mark.parametrize(("channels", "name"), [(1, "mono"), (2, "stereo"), (4, "4.0"), (6, "5.1")])
def test_aac_channels_are_those_that_were_encoded(tmp_path: Path, channels: int, name: str) -> None:
    path = tmp_path / "sound.mp4"
    pan = f"aevalsrc={'|'.join(['sin(t)'] * channels)}:d=0.1:c={name}"
    run(need("ffmpeg"), "-v", "error", "-f", "lavfi", "-i", pan, "-c:a", "aac", path)
    data = path.read_bytes()
    at = data.index(b"esds")
    (size,) = struct.unpack_from(">I", data, at - 4)
    assert aac_channels(data[at + 4 : at - 4 + size]) == channels


def test_real_four_channel_sound_is_marked_and_plays_on(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    source = ("-f", "lavfi", "-i", "testsrc2=s=128x64:r=10:d=0.3")
    four = "aevalsrc=sin(t)|sin(2*t)|sin(3*t)|sin(4*t):d=0.3:c=4.0"
    codecs = ("-c:v", "libx264", "-c:a", "aac")
    run(need("ffmpeg"), "-v", "error", *source, "-f", "lavfi", "-i", four, *codecs, path)
    before = stream_hashes(path)
    inject(path, SPHERE)
    assert FIRST_ORDER in path.read_bytes()
    assert stream_hashes(path) == before


def test_a_program_config_element_is_counted() -> None:
    # AAC LC, 48 kHz, configuration 0; front: one pair and one single, side: one pair, one LFE
    bits = "0001000110000000"  # object type, rate, configuration, frame flags
    bits += "0000010011001000010000010000000000"
    bits += "100000000110010"
    config = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8))
    esds = bytes(4) + bytes([3, 22 + len(config)]) + bytes(3)
    esds += bytes([4, 15 + len(config)]) + bytes(13) + bytes([5, len(config)]) + config
    assert aac_channels(esds) == 2 + 1 + 2 + 1
