from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipeline.quality.together import LARGEST, open_films, working_size
from vr360.errors import InputError


def refusal(*arguments, **options) -> str:
    with pytest.raises(InputError) as caught:
        open_films(*arguments, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def film(make_film, moving) -> Path:
    return make_film("film.mkv", moving(12), "-c:v", "ffv1", "-pix_fmt", "bgr0")


def test_films_of_different_sizes_are_refused(make_film, moving, film: Path):
    other = make_film("small.mkv", moving(12, 48, 96), "-c:v", "ffv1", "-pix_fmt", "bgr0")
    assert "small.mkv: 96x48, but" in refusal(film, other)


def test_films_of_different_rates_are_refused(make_film, moving, film: Path):
    options = ("-c:v", "ffv1", "-pix_fmt", "bgr0")
    other = make_film("slow.mkv", moving(6), *options, rate="12")
    assert "slow.mkv: 12 frames a second, but" in refusal(film, other)


def test_a_rate_that_matroska_rounds_is_the_same_rate(make_film, moving):
    options = ("-pix_fmt", "yuv420p")
    source = make_film("odd.mp4", moving(8), *options, rate="917425/30618")
    film = make_film("odd.mkv", moving(8), "-c:v", "ffv1", *options, rate="917425/30618")
    films = open_films(film, source)
    assert films.film.rate != films.source.rate
    assert len(list(films.moments())) == 8


def test_films_of_different_lengths_are_refused_with_the_remedy(make_film, moving, film: Path):
    other = make_film("long.mkv", moving(24), "-c:v", "ffv1", "-pix_fmt", "bgr0")
    assert "--duration" in refusal(film, other)
    assert "long.mkv: lasts 1.000 s" in refusal(film, film, other)
    films = open_films(film, other, duration=Fraction(1, 4))
    assert films.frames == 6
    assert len(list(films.moments())) == 6


def test_a_still_and_a_film_are_refused(make_film, moving, film: Path, tmp_path: Path):
    still = make_film("still.png", moving(1), "-frames:v", "1")
    assert "still.png" in refusal(film, still)


def test_moments_show_the_same_instant_of_all_films(make_film, moving, film: Path):
    frames = moving(12)
    inverse = make_film("inverse.mkv", 255 - frames, "-c:v", "ffv1", "-pix_fmt", "bgr0")
    moments = list(open_films(inverse, film, film).moments())
    assert [m.pts for m in moments] == [Fraction(n, 24) for n in range(12)]
    for moment, frame in zip(moments, frames, strict=True):
        assert np.array_equal(moment.source, frame)
        assert np.array_equal(moment.film, 255 - frame)
        assert np.array_equal(moment.baseline, frame)


def test_a_single_frame_is_one_moment(make_film, moving):
    one = make_film("one.mkv", moving(1), "-c:v", "ffv1", "-pix_fmt", "bgr0")
    assert len(list(open_films(one, one).moments())) == 1


def test_the_left_eye_is_measured(make_film, moving):
    eyes = np.concatenate([moving(6), 255 - moving(6)], axis=1)
    tagged = make_film("eyes_TB.mkv", eyes, "-c:v", "ffv1", "-pix_fmt", "bgr0")
    films = open_films(tagged, tagged)
    assert films.film.stereo.value == "tb"
    assert np.array_equal(next(films.moments()).film, moving(6)[0])


def test_large_eyes_are_reduced_and_keep_their_shape():
    assert working_size(np.zeros((1920, 3840, 3), np.uint8)) == LARGEST
    assert working_size(np.zeros((540, 1920, 3), np.uint8)) == (540, 1920)
