"""A level horizon in a film, by what the camera tells of how it lay."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.film.film import check
from tests.pipeline.film.test_film import made
from tests.pipeline.source.test_levelling import heading_of, off_by, shake, tilt
from vr360.errors import InputError

FILM = '[[scene]]\nsource = "{}"\nlevel = {}\n'


@pytest.fixture(scope="module")
def shaken(tmp_path_factory, run_ffmpeg):
    return shake(tmp_path_factory.mktemp("shaken"), run_ffmpeg, 12, (256, 512))


def test_a_level_scene_held_steady_keeps_its_horizon(shaken, script):
    film, _ = made(script(FILM.format(shaken.film, "true") + 'stabilise = "rotation"\n'))
    for n in (0, 5, 11):
        off = off_by(film[n], shaken.level[n], heading_of(tilt(n)))
        assert np.abs(off[[0, 2]]).max() < 0.3, (n, off)


def test_a_clip_that_does_not_tell_is_named_with_its_line(shaken, script):
    path: Path = script(FILM.format(shaken.plain, '"gravity"'))
    with pytest.raises(InputError, match=r"film\.toml:3: level: .*no telemetry"):
        check(path)
