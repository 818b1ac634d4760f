from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.film.film import check
from vr360.errors import InputError

SAMPLE_FILM = Path(__file__).parents[3] / "sample_clips" / "film.toml"
Script = Callable[[str], Path]
Clip = Callable[..., Path]


def refused(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        check(path)
    return str(caught.value).removeprefix(f"{path}:").split(f"\n{path}:")


def test_everything_that_is_wrong_is_said_at_once_each_with_its_line(script: Script, clip: Clip):
    clip("a.mkv")
    found = refused(
        script("""\
[film]
rate = 0
sise = "64x32"

[[scene]]
source = "a.mkv"
stlye = "starry_night"
strength = 7
yaw = [[1, 0], [0, 1]]

[[scene]]
source = "nothing.mp4"
transition = { kind = "disolve", through = "paint" }

[[scene]]
name = "a"
source = "a.mkv"
in = 9
style = "stary_night"

[[scene]]
name = "b"
source = "a.mkv"
in = 1
out = 0.5
transition = "wipeout"

[masks.sky]
""")
    )
    told = {int(line.split(":")[0]): line for line in found}
    assert sorted(told) == [2, 3, 7, 8, 9, 12, 13, 16, 18, 19, 25, 26, 28]
    assert "did you mean size" in told[3]
    assert "did you mean style" in told[7]
    assert "'disolve' is none of cut, dissolve, fade" in told[13]
    assert "'a' again" in told[16]
    assert "lasts 2.00 s" in told[18]
    assert "did you mean starry_night" in told[19]
    assert "lies before in" in told[25]


def test_no_scene_no_file_and_no_toml_are_named(script: Script, tmp_path: Path):
    assert "no scene" in refused(script("[film]\n"))[0]
    with pytest.raises(InputError, match=r"no TOML: .*line 1"):
        check(script("[film\n"))
    with pytest.raises(InputError, match="cannot be read"):
        check(tmp_path / "none.toml")


def test_transitions_that_do_not_fit_and_late_keyframes_are_named(script: Script, clip: Clip):
    clip("a.mkv")
    found = refused(
        script("""\
[[scene]]
source = "a.mkv"
transition = "dissolve"
strength = [[0, 1], [2.5, 0]]
[[scene]]
name = "b"
source = "a.mkv"
out = 1
transition = { kind = "dissolve", seconds = 0.75 }
[[scene]]
name = "c"
source = "a.mkv"
transition = { kind = "dissolve", seconds = 0.75, through = "paint" }
""")
    )
    assert [line.split(":")[0] for line in found] == ["3", "4", "5", "5", "10"]
    assert "begins with a cut or a fade" in found[0]
    assert "a keyframe at 2.5 s, but the scene lasts 2 s" in found[1]
    assert any("its transitions take 9 at its beginning and 9 at its end" in f for f in found)
    assert "through paint" in found[4]
    assert "give it a style" in found[4]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ('style = "stary_night"', "did you mean starry_night"),
        ('style = "starry_night"\nin = 9', "lies behind its end"),
        ('style = "starry_night"\nin = 1\nout = 0.5', "lies before in"),
        ('stile = "starry_night"', "did you mean style"),
    ],
)
def test_what_only_follows_from_a_mistake_is_not_said(
    script: Script, clip: Clip, wrong: str, told: str
):
    clip("a.mkv")
    way = '{ kind = "dissolve", seconds = 0.75, through = "paint" }'
    first = '[[scene]]\nsource = "a.mkv"\nstyle = "starry_night"\n'
    (found,) = refused(
        script(f'{first}[[scene]]\nname = "b"\nsource = "a.mkv"\ntransition = {way}\n{wrong}\n')
    )
    assert told in found


def test_a_blur_that_cannot_be_is_named_with_its_line(script: Script, clip: Clip):
    clip("a.mkv")
    layer = '[[scene.layer]]\nmask = "sky"\nstyle = "starry_night"\nmedian = 4\n'
    (found,) = refused(script(f'[[scene]]\nsource = "a.mkv"\n{layer}'))
    assert found.startswith("6: median 4: give 0 (off) or an odd number")


def test_a_recording_that_ends_early_is_named(script: Script, clip: Clip, make_sound):
    clip("a.mkv")
    make_sound("short.wav", np.zeros((48000, 1)))
    (found,) = refused(
        script('[[scene]]\nsource = "a.mkv"\n[[scene.sound]]\nsource = "short.wav"\n')
    )
    assert found.startswith("3: ")
    assert "ends at 1.00 s of a scene of 2.00 s" in found


def test_masks_that_cannot_be_are_named(script: Script, clip: Clip, tmp_path: Path):
    clip("a.mkv")
    cv2.imwrite(str(tmp_path / "square.png"), np.zeros((64, 64), np.uint8))
    found = refused(
        script("""\
[masks.a]
circle = 500
[masks.b]
is = "a - nobody"
[masks.c]
is = "c + a"
[masks.d]
feather = 3
[masks.e]
polygon = [[0, 0], [1, 1]]
[masks.f]
file = "square.png"
[masks.g]
band = [10, -10]
[[scene]]
source = "a.mkv"
[[scene.layer]]
mask = "sky - moon"
strength = [[0, 0], [9, 1]]
""")
    )
    told = {int(line.split(":")[0]): line for line in found}
    assert sorted(told) == [2, 4, 6, 7, 10, 12, 14, 18, 19]
    assert "no mask 'nobody'; there are a, b, c" in told[4]
    assert "cannot be made of itself" in told[6]
    assert "one of circle, band" in told[7]
    assert "make it 2:1" in told[12]
    assert "no mask 'moon'" in told[18]


def test_the_sample_film_as_python_objects_is_the_film_of_its_file():
    clip = SAMPLE_FILM.with_name("valley_2048x1024.mp4")
    usual = {"source": clip, "stabilise": "rotation", "nadir": "fill"}
    meadow = usual | {
        "name": "meadow",
        "in": None,  # as if it were not there
        "out": Fraction(9, 4),
        "style": "starry_night",
        "strength": ((0, 0), (1, 1, "smooth")),
        "layer": [{"mask": "sky", "style": "original"}],
    }
    lake = usual | {
        "name": "lake",
        "in": np.int64(2),
        "style": "great_wave",
        "strength": [(1, 1), (1.75, 0, "smooth")],
        "match": "yaw -10 -> 20",
        "transition": {"kind": "dissolve", "seconds": 0.5, "through": "paint"},
        "sound": [
            {"level": np.array([[0, 0], [1, -6]])},
            {"source": clip, "offset": 1.5, "level": -6, "fade_in": 0.25},
        ],
    }
    title = {
        "text": "The valley",
        "at": 0.25,
        "seconds": 1.5,
        "yaw": -10,
        "pitch": -14,
        "width": 60,
    }
    film = {"loudness": -20, "end": {"kind": "fade", "seconds": 0.5}}
    told = check({"film": film, "scene": [meadow, lake], "title": [title]})
    assert told == check(SAMPLE_FILM)


def test_everything_that_is_wrong_with_values_is_said_at_once_by_scene_and_key(clip: Clip):
    path = clip("a.mkv")
    lake = {"name": "lake", "source": path, "in": 9, "sound": [{"level": 99}], 3: 4}
    scenes = [{"source": path, "stlye": "harvest", "strength": 7}, lake, {"source": "none.mp4"}]
    with pytest.raises(InputError) as caught:
        check({"film": {"end": {"kind": "fade", "colour": [1, 2, 3]}}, "scene": scenes})
    found = str(caught.value).splitlines()
    first = f"scene 1 ({path})"
    expected = [
        "film, end: colour: [1, 2, 3]: a colour is",
        f"{first}: strength: 7: a number from 0 to 1.5",
        f"{first}: stlye: no such key; did you mean style",
        "scene 2 (lake): 3: no such key",
        "scene 2 (lake): in: ",
        "scene 2 (lake), sound 1: level: 99: a number",
        "scene 3 (none.mp4): source: 'none.mp4': there is no none.mp4",
    ]
    assert len(found) == len(expected)
    for start in expected:
        assert any(line.startswith(start) for line in found), (start, found)
    assert [line.split(":")[0] for line in found] == sorted(line.split(":")[0] for line in found)


@pytest.mark.parametrize("endless", [float("inf"), float("nan")])
def test_times_without_end_are_refused(endless: float, clip: Clip):
    with pytest.raises(InputError, match=r"out: (inf|nan): seconds"):
        check({"scene": [{"source": clip("a.mkv"), "out": endless}]})
