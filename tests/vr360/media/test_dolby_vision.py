"""Films with Dolby Vision, as ffprobe knows them too."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vr360.media.dolby_vision import dolby_vision_notes
from vr360.media.probe import probe

HLG = "log-level=none:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc"


def record(profile: int, compatible: int) -> bytes:
    """A configuration record of level 6 with RPU and base layer, in its box."""
    fields = (profile << 9) | (6 << 3) | 0b101
    body = bytes([1, 0]) + fields.to_bytes(2, "big") + bytes([compatible << 4]) + bytes(19)
    return (8 + len(body)).to_bytes(4, "big") + b"dvvC" + body


@pytest.fixture
def film(make_film: Callable[..., Path]) -> Path:
    """An HLG film as phones write it; its movie box is the last one."""
    coded = ("-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params", HLG, "-tag:v", "hvc1")
    return make_film("film.mp4", np.full((2, 64, 128, 3), 90, np.uint8), *coded)


def with_record(film: Path, box: bytes) -> Path:
    """Put a box at the end of the sample entry, and make all boxes around it larger."""
    data = bytearray(film.read_bytes())
    entry = data.index(b"hvc1", data.index(b"stsd")) - 4
    around = [data.rindex(kind, 0, entry) - 4 for kind in (b"moov", b"trak", b"mdia", b"minf")]
    around += [data.rindex(kind, 0, entry) - 4 for kind in (b"stbl", b"stsd")] + [entry]
    end = entry + int.from_bytes(data[entry : entry + 4], "big")
    for at in around:
        size = int.from_bytes(data[at : at + 4], "big") + len(box)
        data[at : at + 4] = size.to_bytes(4, "big")
    data[end:end] = box
    film.write_bytes(data)
    return film


@pytest.mark.parametrize(
    ("profile", "compatible", "said"),
    [
        (8, 4, "Dolby Vision profile 8.4 is read as its HLG base layer"),
        (8, 1, "Dolby Vision profile 8.1 is read as its HDR10 base layer"),
        (5, 0, "Dolby Vision profile 5 has no base layer"),
    ],
)
def test_what_is_read_of_it_is_said(film: Path, profile: int, compatible: int, said: str):
    assert dolby_vision_notes(film) == ()
    with_record(film, record(profile, compatible))
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-show_streams", "-of", "json", film],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    (found,) = json.loads(shown)["streams"][0]["side_data_list"]
    assert (found["dv_profile"], found["dv_bl_signal_compatibility_id"]) == (profile, compatible)
    info = probe(film)
    assert any(note.startswith(said) for note in info.notes)
    assert info.colour.transfer == "arib-std-b67"


def test_a_record_that_is_cut_short_says_nothing(film: Path):
    assert dolby_vision_notes(with_record(film, b"\x00\x00\x00\x0advvC\x01\x00")) == ()
