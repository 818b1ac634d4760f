import copy
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.temporal.cuts import (
    FLASH,
    REPEATS,
    Cuts,
    DetectedCuts,
    left_eye,
    open_cuts,
    read_cuts,
)
from vr360.errors import InputError
from vr360.frame import Frame, Stereo
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.stereo import split_eyes

from .conftest import Place

RATE = Fraction(30000, 1001)
EYE = left_eye(Stereo.MONO)


def film(pictures: Sequence[np.ndarray]) -> list[Frame]:
    return [Frame(rgb, n / RATE) for n, rgb in enumerate(pictures)]


def numbers(pictures: Sequence[np.ndarray], stereo: Stereo = Stereo.MONO) -> list[int]:
    """The frames with which a new shot begins, as they come out."""
    cuts = DetectedCuts(left_eye(stereo))
    return [n for n, f in enumerate(cuts.watch(film(pictures))) if f.begins_shot]


def shot(place: Place, count: int, pan: float = 0.01) -> list[np.ndarray]:
    return [place.see(pan * n) for n in range(count)]


def test_a_cut_is_found_on_its_frame(places: list[Place]):
    pictures = shot(places[0], 12) + shot(places[1], 12) + shot(places[2], 9)
    assert numbers(pictures) == [12, 24]


@pytest.mark.parametrize("at", [1, 2, 9])
def test_cuts_next_to_the_films_ends_are_found(places: list[Place], at: int):
    assert numbers(shot(places[0], at) + shot(places[1], 10 - at)) == [at]


def test_ten_bits_and_one_eye_of_two_are_seen(places: list[Place]):
    pictures = shot(places[0], 8) + shot(places[1], 8)
    assert numbers([p.astype(np.uint16) * 4 for p in pictures]) == [8]
    assert numbers([np.concatenate([p, p]) for p in pictures], Stereo.TOP_BOTTOM) == [8]


def test_frames_pass_unchanged_and_only_a_few_wait(places: list[Place]):
    frames = film(shot(places[0], 20))
    taken = []
    out = DetectedCuts(EYE).watch(taken.append(f) or f for f in frames)
    first = next(out)
    assert len(taken) == FLASH + 1
    assert [first, *out] == frames


@pytest.mark.parametrize("pan", [0.05, 0.7])
def test_a_camera_that_turns_steadily_does_not_cut(places: list[Place], pan: float):
    assert numbers(shot(places[0], 16, pan)) == []


def test_a_camera_that_is_jerked_round_does_not_cut(places: list[Place]):
    turned = [places[0].see(2.0 + 0.01 * n, 0.6, 0.3) for n in range(8)]
    assert numbers(shot(places[0], 8) + turned) == []


def test_a_cut_is_found_while_the_camera_turns(places: list[Place]):
    assert numbers(shot(places[0], 10, 0.05) + shot(places[1], 10, 0.05)) == [10]


def test_a_fade_is_no_cut(places: list[Place]):
    a, b = places[0].see(), places[1].see()
    mixed = [cv2.addWeighted(a, 1 - t, b, t, 0) for t in np.linspace(0, 1, 12)]
    down = [(b * g).astype(np.uint8) for g in np.linspace(1, 0, 12)]
    assert numbers([a] * 6 + mixed + [b] * 6 + down + [down[-1]] * 6) == []


@pytest.mark.parametrize("length", [1, 3])
@pytest.mark.parametrize("level", [0, 255])
def test_a_flash_is_no_cut(places: list[Place], length: int, level: int):
    pictures = shot(places[0], 20)
    pictures[9 : 9 + length] = [np.full_like(pictures[0], level)] * length
    assert numbers(pictures) == []


def test_a_lamp_that_is_switched_on_is_no_cut(places: list[Place]):
    dark = [places[0].see(0.01 * n, gain=0.3) for n in range(8)]
    assert numbers(dark + shot(places[0], 8)) == []


def test_a_cut_beside_a_flash_is_found(places: list[Place]):
    pictures = shot(places[0], 12) + shot(places[1], 12)
    pictures[7] = np.full_like(pictures[0], 255)
    assert numbers(pictures) == [12]


@pytest.mark.parametrize("times", [2, 3, 4])
def test_repeated_frames_neither_make_cuts_nor_hide_them(places: list[Place], times: int):
    pictures = shot(places[0], 6, 0.1) + shot(places[1], 6, 0.1)
    assert numbers([p for p in pictures for _ in range(times)]) == [6 * times]


def test_a_picture_that_freezes_after_a_cut_is_let_through_with_it(places: list[Place]):
    frozen = [places[1].see()] * 30
    pictures = shot(places[0], 8) + frozen
    assert numbers(pictures) == [8]
    taken = []
    out = DetectedCuts(EYE).watch(taken.append(f) or f for f in film(pictures))
    for n, _ in enumerate(out):
        assert len(taken) <= n + 1 + FLASH * (REPEATS + 1)


def test_black_films_and_single_frames_have_no_cuts(places: list[Place]):
    black = np.zeros((64, 128, 3), np.uint8)
    grain = np.random.default_rng(0).integers(0, 3, (20, 64, 128, 3), np.uint8)
    assert numbers([black] * 10) == []
    assert numbers(list(grain)) == []
    assert numbers([places[0].see()]) == []
    assert numbers([]) == []


@pytest.mark.parametrize("at", range(24))
def test_a_search_that_is_interrupted_finds_the_same(places: list[Place], at: int):
    pictures = shot(places[0], 12, 0.1) + shot(places[1], 6) + shot(places[2], 6)
    frames = film([*pictures[:5], *pictures[4:]])
    whole, first, second = (DetectedCuts(EYE) for _ in range(3))
    found = [frame for part in frames[:at] for frame in first.step(part)]
    second.state = copy.deepcopy(first.state)
    found += second.watch(frames[at:])
    expected = list(whole.watch(frames))
    assert [f.begins_shot for f in found] == [f.begins_shot for f in expected]
    assert [n for n, f in enumerate(found) if f.begins_shot] == [13, 19]


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_list_holds_frame_numbers_and_times(tmp_path: Path):
    text = "24\n\n0:02  # two seconds\n00:01:00.5\n3.5\n"
    times = read_cuts(write(tmp_path / "cuts.txt", text), Fraction(24))
    assert times == [1, 2, Fraction(121, 2), Fraction(7, 2)]


def test_a_rounded_time_means_the_frame_nearest_to_it(tmp_path: Path):
    cuts = Cuts(read_cuts(write(tmp_path / "cuts.txt", "0.834\n"), RATE))  # frame 25 is at 0.83417
    frames = film([np.zeros((2, 4, 3), np.uint8)] * 30)
    assert [n for n, f in enumerate(cuts.watch(frames)) if f.begins_shot] == [25]


@pytest.mark.parametrize("line", ["abc", "-3", "1:2:3:4", "12s"])
def test_a_line_that_is_no_frame_and_no_time_is_named(tmp_path: Path, line: str):
    path = write(tmp_path / "cuts.txt", f"24\n{line}\n")
    with pytest.raises(InputError, match=r"cuts\.txt, line 2: ") as caught:
        read_cuts(path, RATE)
    assert "\n" not in str(caught.value)


def test_a_list_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"nowhere\.txt: no list of cuts"):
        open_cuts(str(tmp_path / "nowhere.txt"), RATE, EYE)


def test_cuts_can_be_left_alone(places: list[Place]):
    cuts = open_cuts("none", RATE, EYE)
    frames = film(shot(places[0], 4) + shot(places[1], 4))
    assert not any(f.begins_shot for f in cuts.watch(frames))


def real(path: Path, seconds: Fraction) -> list[Frame]:
    info = probe(path)
    eyes = (split_eyes(frame.rgb, info.stereo)[0] for frame in read_frames(info, duration=seconds))
    return [Frame(cv2.resize(eye, (256, 128)), Fraction(n)) for n, eye in enumerate(eyes)]


def test_a_real_walk_has_no_cut_and_real_places_that_follow_each_other_have(shared_data: Path):
    clips = shared_data / "clips"
    walk = real(clips / "ricoh_walk_mono_640.mp4", Fraction(10))
    forest = real(clips / "congo_stereo_tb.mp4", Fraction(1, 2))
    room = real(clips / "testroom_mono_1920.mp4", Fraction(1, 2))
    frames = [f.rgb for part in (walk, forest, room) for f in part]
    assert numbers(frames) == [len(walk), len(walk) + len(forest)]
