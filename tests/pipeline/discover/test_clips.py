from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipeline.discover.clips import open_clip
from pipeline.discover.score import score
from vr360.errors import VideoOpenError
from vr360.media.stills import write_still

from ..conftest import soft_noise

SIZE = 32, 64


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("still") / "still.png"
    write_still(path, soft_noise(64, 128, 5))
    return path


def test_a_clip_is_the_first_seconds_of_a_film_made_small(tiny_film: Path):
    clip = open_clip(tiny_film, SIZE, Fraction(1, 4))
    assert len(clip.frames) == 6
    assert {frame.shape for frame in clip.frames} == {(*SIZE, 3)}
    assert clip.rate == Fraction(24000, 1001)
    assert clip.identity != open_clip(tiny_film, SIZE, Fraction(1, 8)).identity


def test_a_still_has_no_time(still: Path):
    clip = open_clip(still, SIZE, Fraction(1))
    assert len(clip.frames) == 1
    assert clip.is_still
    figures = score(clip, clip.frames, None)
    assert figures["flash_rate"] is figures["warp_error_ratio"] is None
    assert figures["seam_ratio"] == 1


def test_one_eye_of_a_stereo_film_is_tried(tmp_path: Path):
    left = soft_noise(64, 128, 1)
    write_still(tmp_path / "pair_360_TB.png", np.concatenate([left, 255 - left]))
    clip = open_clip(tmp_path / "pair_360_TB.png", (64, 128), Fraction(1))
    assert (clip.frames[0] == left).all()


def test_no_such_clip_is_one_line(tmp_path: Path):
    with pytest.raises(VideoOpenError, match=r"missing\.mp4"):
        open_clip(tmp_path / "missing.mp4", SIZE, Fraction(1))


def test_the_source_itself_is_as_still_and_as_seamless_as_the_source(make_film, moving):
    clip = open_clip(make_film("film.mkv", moving(8), "-c:v", "ffv1"), SIZE, Fraction(1))
    figures = score(clip, clip.frames, None)
    assert figures["warp_error_ratio"] == figures["seam_ratio"] == 1
    assert figures["flash_rate"] == 0
    assert figures["style_loss"] is None


def test_a_look_that_boils_and_flashes_is_seen_to(make_film, moving):
    clip = open_clip(make_film("film.mkv", moving(13), "-c:v", "ffv1"), SIZE, Fraction(1))
    flashing = [frame if n // 2 % 2 else frame // 4 for n, frame in enumerate(clip.frames)]
    figures = score(clip, flashing, None)
    assert figures["flash_rate"] == 3
    assert figures["source_flash_rate"] == 0
    assert figures["warp_error_ratio"] > 10
