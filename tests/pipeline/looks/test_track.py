import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.looks.track import Look, parse_look
from vr360.errors import InputError


def test_a_single_style_is_a_blend_of_one():
    assert parse_look("starry_night").at(3) == Look({"starry_night": 1.0}, 1.0)


def test_shares_are_normalised_and_that_is_said(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        look = parse_look("a:2,b:6").at()
    assert look.shares == {"a": 0.25, "b": 0.75}
    assert "add up to 8" in caplog.text


def test_shares_that_add_up_are_taken_without_a_word(caplog: pytest.LogCaptureFixture):
    assert parse_look("a:0.7,b:0.3").at().shares == pytest.approx({"a": 0.7, "b": 0.3})
    assert not caplog.text


def test_a_style_in_a_file_keeps_its_name_whatever_colons_are_in_it():
    shares = parse_look(r"C:\mine.safetensors,b.safetensors#the_kiss:3").at().shares
    assert shares == {r"C:\mine.safetensors": 0.25, "b.safetensors#the_kiss": 0.75}


def test_strength_runs_straight_between_keyframes_and_stays_beyond_them():
    track = parse_look("a", "1s:0.2,3s:1")
    assert [track.at(t).strength for t in (0, 1, 2, 3, 9)] == pytest.approx([0.2, 0.2, 0.6, 1, 1])


def test_styles_change_over_time_by_their_shares():
    track = parse_look(["a", "4s:a:0.5,b:0.5"])
    assert track.at(2).shares == pytest.approx({"a": 0.75, "b": 0.25})
    assert track.styles == ["a", "b"]


@given(st.floats(0, 10), st.floats(0, 10))
def test_nothing_ever_jumps(first: float, second: float):
    track = parse_look(["a", "2s:b", "5s:a:0.5,c:0.5"], "0s:0.3,2.5s:1.5,4s:0")
    looks = track.at(first), track.at(second)
    steepest = 1.5 / 1.5 + 1.5 / 2  # strength per second, and styles at their strongest
    assert looks[0].distance(looks[1]) <= steepest * abs(first - second) + 1e-9
    assert sum(looks[0].shares.values()) == pytest.approx(1)


def test_looks_are_as_far_apart_as_they_look():
    a, b = Look({"a": 1.0}), Look({"b": 1.0})
    assert a.distance(b) == 1
    assert a.distance(Look({"a": 1.0}, 0.4)) == pytest.approx(0.6)
    assert Look({"a": 1.0}, 0).distance(Look({"b": 1.0}, 0)) == 0


def test_only_a_track_without_any_strength_leaves_the_film_alone():
    assert parse_look("a", 0).is_nothing
    assert not parse_look("a", "0,1s:0.1").is_nothing


@pytest.mark.parametrize("strength", ["-1", "1.6", "much", "nan", "1s:2", ""])
def test_strengths_that_cannot_be_are_refused_in_one_line(strength: str):
    with pytest.raises(InputError, match=r"--strength .*0 to 1\.5") as refusal:
        parse_look("a", strength)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("style", ["", "a:0", "a:1,b:-1", "a,,b"])
def test_blends_that_cannot_be_are_refused_in_one_line(style: str):
    with pytest.raises(InputError, match="--style"):
        parse_look(style)


def test_two_values_for_one_moment_are_refused():
    with pytest.raises(InputError, match=r"--style: two values .* 2\.5s:VALUE"):
        parse_look(["a", "b"])


def test_strokes_follow_their_keyframes():
    track = parse_look("a", 1, "0s:0.5,2s:2")
    assert [track.at(second).stroke for second in (0, 1, 2, 9)] == [0.5, 1.25, 2, 2]
    assert not track.is_constant
    assert Look({"a": 1.0}, 1, 0.5).distance(Look({"a": 1.0}, 1, 1)) == 1


@pytest.mark.parametrize(
    ("stroke", "reduction"),
    [
        ("1", 1),
        ("2", 2),
        ("0.5", 0.5),
        ("4", 4),
        ("1.3", 2**0.5),
        ("1.1", 1),
        ("0s:1,2s:2", 2**0.5),
    ],
)
def test_the_canvas_has_one_size_for_the_middle_of_the_strokes(stroke: str, reduction: float):
    assert parse_look("a", 1, stroke).reduction == pytest.approx(reduction)


@pytest.mark.parametrize("stroke", ["0.4", "4.1", "long", "nan"])
def test_strokes_that_cannot_be_are_refused_in_one_line(stroke: str):
    with pytest.raises(InputError, match=r"--stroke .*0\.5 to 4"):
        parse_look("a", 1, stroke)


def test_the_way_that_a_look_is_taking_is_straight_up_to_the_one_to_come():
    slow = parse_look("a", "0s:0.6,1s:0.8,3s:0.8")
    assert slow.coming(0.1).strength == pytest.approx(0.72)  # half a second later
    assert slow.coming(0.8).strength == pytest.approx(0.8)  # the next keyframe
    fast = parse_look(["0s:a", "1s:b"])
    assert fast.coming(0).shares == pytest.approx({"a": 0.66, "b": 0.34})  # a third of a look
    through = parse_look("a", "0s:0.4,1s:0.6")
    assert through.coming(0.25).strength == pytest.approx(0.5)  # a strength that was learned
    assert through.coming(0.5).strength == pytest.approx(0.6)
    assert parse_look("a").coming(7) == parse_look("a").at(7)
