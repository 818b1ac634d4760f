import pytest

from viewer.clock import Clock, Span, next_speed, timecode


def test_a_paused_clock_stands_and_a_playing_one_runs():
    clock = Clock(10.0)
    assert clock.position(99.0) == 0.0
    clock.play(100.0)
    assert clock.position(101.5) == 1.5
    clock.pause(102.0)
    assert clock.position(150.0) == 2.0


def test_speed_changes_only_what_comes_after():
    clock = Clock(10.0)
    clock.play(0.0)
    clock.set_speed(2.0, 0.5)
    assert clock.position(4.0) == 3.0


def test_the_clock_stays_within_the_film():
    clock = Clock(10.0)
    clock.play(0.0)
    assert clock.position(50.0) == 10.0
    clock.seek(50.0, -3.0)
    assert clock.position(50.0) == 0.0


def test_following_a_master_converges_without_jumping():
    clock = Clock(100.0)
    clock.play(0.0)
    clock.follow(0.0, 0.0)
    steps = []
    for i in range(1, 100):
        before = clock.position(i * 0.1)
        clock.follow(i * 0.1, i * 0.1 + 0.2)
        steps.append(clock.position(i * 0.1) - before)
    assert max(steps) <= 0.021
    assert clock.position(9.9) == pytest.approx(10.1, abs=0.001)


def test_how_often_a_master_is_asked_makes_no_difference():
    late = []
    for asked in (10, 250):
        clock = Clock(100.0)
        clock.play(0.0)
        clock.follow(0.0, 0.0)
        for i in range(1, asked + 1):
            clock.follow(i / asked, i / asked + 0.2)
        late.append(1.2 - clock.position(1.0))
    assert late[0] == pytest.approx(late[1], rel=0.02)


def test_after_a_start_the_clock_waits_for_the_master():
    clock = Clock(100.0)
    clock.play(0.0)
    clock.follow(0.1, -0.02)
    assert clock.position(0.1) == 0.0
    clock.follow(0.2, 0.08)
    assert clock.position(0.2) == pytest.approx(0.1, abs=0.01)


def test_a_large_error_is_taken_at_once():
    clock = Clock(100.0)
    clock.play(0.0)
    clock.follow(1.0, 5.0)
    assert clock.position(1.0) == 5.0


def test_a_speed_outside_the_range_is_refused():
    with pytest.raises(ValueError, match="speed"):
        Clock(1.0).set_speed(0.0, 4.0)


def test_speeds_step_through_the_list_and_stop_at_the_ends():
    assert next_speed(1.0, 1) == 1.25
    assert next_speed(0.25, -1) == 0.25
    assert next_speed(2.0, 1) == 2.0


def test_an_in_point_after_the_out_point_forgets_it():
    assert Span(1.0, 3.0).with_start(4.0) == Span(4.0, None)
    assert Span(5.0).with_end(2.0) == Span(0.0, 2.0)
    assert Span(1.0, 30.0).stop(10.0) == 10.0


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "00:00.000"), (61.5, "01:01.500"), (3661.0009, "1:01:01.001")]
)
def test_timecode(seconds, text):
    assert timecode(seconds) == text
