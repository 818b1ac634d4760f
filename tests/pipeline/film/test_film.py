"""Films of scenes, made as a user makes them; clips are lossless, so every bit is known."""

from fractions import Fraction
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.film import rendering
from pipeline.film.film import FilmJob, check, make_film
from pipeline.film.light import mix
from pipeline.jobs.job import JobOptions
from tests.pipeline.film.conftest import frames_of
from vr360.errors import InputError
from vr360.frame import Frame, Stereo
from vr360.media.writer import FilmWriter
from vr360.spherical import inspect

TWO = """
[[scene]]
source = "a.mkv"
in = 0.5
out = 1.5
{first}
[[scene]]
source = "b.mkv"
out = 1
{second}
"""


def made(script: Path, name: str = "made.mkv", **options) -> tuple[np.ndarray, tuple[str, ...]]:
    target = script.with_name(name)
    report = make_film(FilmJob(script, target, force=True, **options))
    return frames_of(target), report.painted


@pytest.fixture
def two(clip, script):
    """A film of two clips: `two(first="...", second="...")` adds lines to its scenes."""
    clip("a.mkv", seed=1)
    clip("b.mkv", seed=2)
    return lambda first="", second="": script(TWO.format(first=first, second=second))


def test_scenes_that_are_not_painted_are_their_clips_to_the_bit(two, tmp_path: Path):
    film, painted = made(two())
    a, b = frames_of(tmp_path / "a.mkv"), frames_of(tmp_path / "b.mkv")
    assert np.array_equal(film, np.concatenate([a[6:18], b[:12]]))
    assert painted == ()
    assert inspect(tmp_path / "made.mkv").metadata is not None


def test_a_dissolve_mixes_the_light_of_both_scenes(two, tmp_path: Path):
    film, _ = made(two(second='transition = { kind = "dissolve", seconds = 0.25 }'))
    a, b = frames_of(tmp_path / "a.mkv")[6:18], frames_of(tmp_path / "b.mkv")[:12]
    assert len(film) == 21
    assert np.array_equal(film[:9], a[:9])
    assert np.array_equal(film[12:], b[3:])
    for n in range(3):
        assert np.array_equal(film[9 + n], mix(a[9 + n], b[n], (n + 1) / 4))


def test_a_fade_goes_to_its_colour_and_comes_from_it(two, tmp_path: Path):
    white = 'transition = { kind = "fade", seconds = 0.5, colour = "#ffffff" }'
    film, _ = made(two(second=white))
    assert len(film) == 24
    assert film[11].min() == 255
    assert np.array_equal(film[8], frames_of(tmp_path / "a.mkv")[14])
    assert film[13].mean() < film[12].mean() < 255
    opening, _ = made(two(first='transition = "fade"'))
    assert opening[0].max() == 0


def test_a_turned_scene_shows_the_direction_asked_for_in_the_middle(two, tmp_path: Path):
    film, _ = made(two(first="yaw = 90", second="yaw = [[0, 0], [1, 180]]"))
    a, b = frames_of(tmp_path / "a.mkv"), frames_of(tmp_path / "b.mkv")
    assert np.array_equal(film[0], np.roll(a[6], -32, axis=1))
    halfway = film[12 + 6].astype(int) - np.roll(b[6], -32, axis=1)
    assert np.array_equal(film[12], b[0])
    assert abs(halfway).max() == 0


def test_only_what_has_changed_is_painted_again(two, tiny_style: Path):
    paint = f'style = "{tiny_style}"'
    first, painted = made(two(paint, paint))
    assert painted == ("a", "b")
    again, painted = made(two(paint, paint))
    assert painted == ()
    assert np.array_equal(first, again)
    turned, painted = made(two(paint + "\nyaw = 90", paint))
    assert painted == ()
    assert np.array_equal(turned[0], np.roll(first[0], -32, axis=1))
    changed, painted = made(two(paint, paint + "\nstrength = [[0, 0], [1, 1]]"))
    assert painted == ("b",)
    assert np.array_equal(changed[:12], first[:12])


def test_a_look_that_grows_begins_with_the_clip_itself(two, tiny_style: Path, tmp_path: Path):
    grows = f'style = "{tiny_style}"\nstrength = [[0.25, 0], [0.5, 1, "smooth"]]'
    film, _ = made(two(first=grows))
    a = frames_of(tmp_path / "a.mkv")[6:18]
    assert np.array_equal(film[:4], a[:4])  # its times count from the scene's beginning
    assert not np.array_equal(film[6], a[6])


def test_a_dissolve_through_paint_paints_both_sides_most(two, tiny_style: Path, tmp_path: Path):
    paint = f'style = "{tiny_style}"\nstrength = 0'
    through = '\ntransition = { kind = "dissolve", seconds = 0.25, through = "paint" }'
    film, _ = made(two(paint, paint + through))
    a, b = frames_of(tmp_path / "a.mkv")[6:18], frames_of(tmp_path / "b.mkv")[:12]
    assert np.array_equal(film[:6], a[:6])
    assert np.array_equal(film[-6:], b[-6:])
    assert not np.array_equal(film[8], a[8])
    assert not np.array_equal(film[12], b[3])


def test_stereo_scenes_keep_their_eyes_and_mono_ones_show_both_the_same(clip, script):
    clip("a.mkv", seed=1, size=(128, 128))
    clip("b.mkv", seed=2)
    path = script(
        '[[scene]]\nsource = "a.mkv"\nstereo = "tb"\nyaw = 90\n[[scene]]\nsource = "b.mkv"\n'
    )
    target = path.with_name("made.mkv")
    make_film(FilmJob(path, target))
    film = frames_of(target, Stereo.TOP_BOTTOM)
    a, b = frames_of(path.with_name("a.mkv"), Stereo.TOP_BOTTOM), frames_of(path.with_name("b.mkv"))
    assert np.array_equal(film[3], np.roll(a[3], -32, axis=1))
    assert np.array_equal(film[24], np.concatenate([b[0], b[0]]))
    assert inspect(target).metadata.stereo is Stereo.TOP_BOTTOM


def test_a_preview_is_a_quarter_and_a_scene_can_be_made_alone(clip, script):
    clip("a.mkv", seed=1, size=(128, 256))
    path = script('[[scene]]\nsource = "a.mkv"\n[[scene]]\nname = "b"\nsource = "a.mkv"\nout = 1\n')
    assert made(path, preview=True)[0].shape == (36, 32, 64, 3)
    assert made(path, scene="b")[0].shape == (12, 128, 256, 3)
    with pytest.raises(InputError, match="there are a, b"):
        check(path, scene="c")


def test_a_clip_at_another_rate_fills_the_films_frames(clip, script):
    clip("a.mkv", seed=1)
    film, _ = made(
        script('[film]\nrate = "30000/1001"\n[[scene]]\nsource = "a.mkv"\nin = 0.51\nout = 1.49\n')
    )
    assert len(film) == round(1.49 * 30000 / 1001) - round(0.51 * 30000 / 1001)


def test_a_still_is_shown_for_as_long_as_it_is_told(clip, script, tmp_path: Path):
    clip("a.mkv")
    still = frames_of(tmp_path / "a.mkv")[3]
    cv2.imwrite(str(tmp_path / "still.png"), still[..., ::-1])
    film, _ = made(script('[film]\nrate = 12\n[[scene]]\nsource = "still.png"\nout = 0.5\n'))
    assert np.array_equal(film, np.stack([still] * 6))


LAYERED = """
[masks.left]
circle = 90
yaw = -90
[masks.door]
polygon = [
  [0, [[-30, -30], [30, -30], [30, 30], [-30, 30]]],
  [2, [[0, -30], [60, -30], [60, 30], [0, 30]]],
]
[masks.both]
is = "left - door"
feather = 2
[masks.roto]
file = "roto.mkv"

[[scene]]
source = "a.mkv"
style = "{style}"
[[scene.layer]]
mask = "{mask}"
"""


def test_layers_show_the_clip_where_their_mask_holds(clip, script, tiny_style: Path, make_film):
    path = clip("a.mkv", seed=1)
    grey = np.zeros((24, 64, 128, 3), np.uint8)
    grey[12:, :, :64] = 255
    make_film("roto.mkv", grey, "-c:v", "ffv1", "-pix_fmt", "bgr0", rate="12")
    a = frames_of(path)
    film, painted = made(script(LAYERED.format(style=tiny_style, mask="left")))
    assert painted == ("a",)
    assert np.array_equal(film[:, 20:44, 4:60], a[:, 20:44, 4:60])
    assert not np.array_equal(film[5, 20:44, 68:124], a[5, 20:44, 68:124])
    film, painted = made(script(LAYERED.format(style=tiny_style, mask="roto & ~door")))
    assert painted == ("a",)
    assert np.array_equal(film[12:, :, :40], a[12:, :, :40])
    assert not np.array_equal(film[4, :, :40], a[4, :, :40])
    assert made(script(LAYERED.format(style=tiny_style, mask="roto & ~door")))[1] == ()


def test_a_matched_cut_puts_one_point_of_interest_onto_the_other(two, tmp_path: Path):
    second = 'match = "yaw 45 -> 135"'
    film, _ = made(two(first="yaw = [[0, 0], [1, 90]]", second=second))
    b = frames_of(tmp_path / "b.mkv")
    # at the cut the first scene is turned by 90: its yaw 45 lies at -45, and so does 135 of the
    # second one, which is turned by 180 for that
    assert np.array_equal(film[12], np.roll(b[0], -64, axis=1))


@pytest.mark.parametrize("kind", ["wipe", "iris"])
def test_sweeps_show_both_scenes_each_on_its_side(two, tmp_path: Path, kind: str):
    told = f'transition = {{ kind = "{kind}", seconds = 0.25, yaw = 90, feather = 5 }}'
    film, _ = made(two(second=told))
    a, b = frames_of(tmp_path / "a.mkv")[6:18], frames_of(tmp_path / "b.mkv")[:12]
    assert np.array_equal(film[10, 28:36, 90:100], b[1, 28:36, 90:100])
    assert np.array_equal(film[10, 28:36, 26:36], a[10, 28:36, 26:36])


def test_a_long_scene_that_is_killed_goes_on_with_its_segment(
    two, tiny_style: Path, monkeypatch: pytest.MonkeyPatch
):
    path = two("", f'style = "{tiny_style}"\nin = 0.25')
    truth, _ = made(path, "at_once.mkv")
    monkeypatch.setattr(rendering, "LONG", 0.5)
    monkeypatch.setattr(rendering, "JobOptions", partial(JobOptions, length=4))
    taken: list[int] = []

    def broken_off(frames, total):
        for n, frame in enumerate(frames):
            if n == 6:
                raise KeyboardInterrupt
            yield frame

    def counted(frames, total):
        taken.append(0)
        for frame in frames:
            taken[-1] += 1
            yield frame

    job = FilmJob(path, path.with_name("made.mkv"))
    with pytest.raises(KeyboardInterrupt):
        make_film(job, broken_off)
    report = make_film(job, counted)
    assert report.painted == ("b",)
    assert taken[0] < 9  # of nine, the first segment was kept
    assert np.array_equal(frames_of(job.output), truth)


def test_smoothness_over_the_time_of_a_scene(two, tiny_style: Path):
    paint = f'style = "{tiny_style}"\nsmoothness = '
    still = check(two(paint + "0.5", paint + "0.1")).film.scenes
    assert [scene.job.smoothness for scene in still] == [0.5, 0.1]
    (first, second) = check(two(paint + "[[0, 0.5], [0.5, 0]]", paint + "0")).film.scenes
    assert first.job.smoothness == "0.500000s:0.5,1.000000s:0"  # of the clip, from in = 0.5 on
    assert second.job.smoothness == 0
    fades, _ = made(two(paint + "[[0, 0.5], [0.5, 0]]"))
    bare, _ = made(two(paint + "0"))
    held, _ = made(two(paint + "0.5"))
    assert np.array_equal(fades[6:12], bare[6:12])
    assert not np.array_equal(fades[3], bare[3])
    assert not np.array_equal(fades[5], held[5])  # by then its memory is shorter than six frames


@pytest.mark.parametrize("kind", ["dissolve", "fade", "wipe", "iris"])
def test_a_transition_of_a_stereo_film_is_right_in_each_eye(
    clip, script, tmp_path: Path, kind: str
):
    """Each eye is the film that is made of that eye alone."""
    place = ", yaw = 40, feather = 10" if kind in ("wipe", "iris") else ""
    change = f'transition = {{ kind = "{kind}", seconds = 0.5{place} }}'
    for n, name in enumerate("ab"):
        pair = clip(f"{name}.mkv", seed=n + 1, size=(128, 128))
        for eye, top in (("left", 0), ("right", 64)):
            with FilmWriter(
                tmp_path / f"{eye}_{name}.mkv", 64, 128, Fraction(12), "archive"
            ) as film:
                for m, frame in enumerate(frames_of(pair, Stereo.MONO)):
                    film.write(Frame(frame[top : top + 64], Fraction(m, 12)))
    both, _ = made(script(TWO.format(first='stereo = "tb"', second=f'stereo = "tb"\n{change}')))
    for eye, top in (("left", 0), ("right", 64)):
        text = TWO.format(first="", second=change)
        for name in "ab":
            text = text.replace(f'"{name}.mkv"', f'"{eye}_{name}.mkv"')
        alone, _ = made(script(text), f"{eye}.mkv")
        assert np.array_equal(both[:, top : top + 64], alone)
