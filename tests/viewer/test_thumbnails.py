"""Small pictures for the seek bar, from the same files that the player shows."""

import struct
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from clips import with_cover, write_clip
from waiting import wait_for

from viewer.film import open_film
from viewer.thumbnails import Thumbnails


@pytest.fixture
def clip(tmp_path):
    return write_clip(tmp_path / "film.mp4", 30)


def thumbnail(info, time=0.0):
    thumbnails = Thumbnails(info)
    wait_for(lambda: thumbnails.at(time) is not None, "a thumbnail")
    thumbnails.close()
    return thumbnails.at(time)


def test_a_cover_picture_is_no_thumbnail(clip, tmp_path):
    covered = replace(clip, path=with_cover(clip.path, tmp_path / "covered.mp4"))
    assert thumbnail(covered).shape == (72, 144, 3)
    assert np.array_equal(thumbnail(covered), thumbnail(clip))


def test_a_film_that_lies_on_its_side_has_thumbnails_that_stand(clip, tmp_path):
    side = tmp_path / "side.mp4"
    turn = ["-vf", "transpose=2", "-c:v", "libx264", "-crf", "10"]
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(clip.path), *turn, str(side)], check=True)
    data = bytearray(side.read_bytes())
    place = data.index(b"tkhd") + 44  # of its matrix
    one = 1 << 16
    data[place : place + 36] = struct.pack(">9i", 0, one, 0, -one, 0, 0, 0, 0, 1 << 30)
    side.write_bytes(data)
    stands, upright = thumbnail(open_film(side)).astype(int), thumbnail(clip)
    assert np.abs(stands - upright).mean() < 6
