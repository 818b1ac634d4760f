"""Playing, against a wall clock that the test turns by hand."""

from __future__ import annotations

import threading

import pytest
from clips import at_frame, info_of, number_on_screen, write_clip
from waiting import LIMIT, open_files, wait_for

from viewer.clock import Span
from viewer.composition import Compare, compose
from viewer.layout import Layout
from viewer.player import Player
from viewer.renderer import Look
from vr360.errors import VideoOpenError

SIZE = (360, 640)
FRAMES = 60
RATE = 30


class Wall:
    """A wall clock that stands still unless it is turned."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="module")
def clip(folder):
    return write_clip(folder / "film.mp4", FRAMES)


@pytest.fixture(scope="module")
def original(folder):
    return write_clip(folder / "original.mkv", FRAMES, tint=(40, 40, 40), gop=7)


@pytest.fixture
def wall():
    return Wall()


@pytest.fixture
def player(clip, wall):
    player = Player(clip, wall=wall)
    yield player
    player.close()


def settle(player):
    """Poll until what was asked for has been given out."""
    wait_for(lambda: (player.poll(), player.settled)[1], "the picture asked for")
    return player.current


def play_through(player, wall, frames, step=1 / RATE):
    """Turn the wall clock frame by frame; every picture given out."""
    seen = []
    for _ in range(frames):
        wall.now += step + 1e-5  # beyond rounding: the frame is due, not almost due
        wait_for(lambda: has_next(player), "a picture decoded ahead")
        shown = player.poll()
        if shown is not None:
            seen.append(shown)
    return seen


def has_next(player):
    """The decoder is as far as the clock needs it, or at its end."""
    with player._changed:
        newest = player._queue[-1].a.pts if player._queue else -1
        return newest >= player.position or len(player._queue) == 5 or player._decoders[0].at_end


def test_the_first_picture_is_there_at_once(player):
    assert player.poll().a.index == 0
    assert player.poll() is None


def test_playing_shows_every_frame_in_order_and_drops_none(player, wall):
    settle(player)
    player.play()
    indices = [shown.a.index for shown in play_through(player, wall, FRAMES - 1)]
    assert indices == list(range(1, FRAMES))
    assert player.counters.dropped == 0
    assert player.counters.shown == FRAMES - 1


def test_five_steps_forward_and_one_back_give_frame_four(player):
    settle(player)
    for _ in range(5):
        player.step(1)
    player.step(-1)
    assert settle(player).a.index == 4


def test_each_step_counts_even_when_keys_are_faster_than_the_decoder(player):
    player.seek(at_frame(20))
    for _ in range(30):
        player.step(1)
    for _ in range(7):
        player.step(-1)
    assert settle(player).a.index == 43


def test_steps_stop_at_both_ends(player):
    player.step(-3)
    assert settle(player).a.index == 0
    player.step(500)
    assert settle(player).a.index == FRAMES - 1


def test_a_step_while_playing_pauses_and_goes_from_what_is_shown(player, wall):
    settle(player)
    player.play()
    play_through(player, wall, 10)
    shown = player.current.a.index
    player.step(1)
    assert settle(player).a.index == shown + 1
    assert not player.playing


def test_playing_on_the_last_picture_begins_again(player, wall):
    player.seek(99.0)
    assert settle(player).a.index == FRAMES - 1
    player.play()
    assert settle(player).a.index == 0
    assert player.playing


def test_the_newest_of_many_seeks_wins(player):
    for index in range(0, FRAMES, 3):
        player.seek(at_frame(index))
    player.seek(at_frame(31))
    assert settle(player).a.index == 31


def test_a_seek_while_playing_goes_on_from_there(player, wall):
    settle(player)
    player.play()
    play_through(player, wall, 3)
    player.seek(at_frame(40))
    assert settle(player).a.index == 40
    assert player.playing
    assert [s.a.index for s in play_through(player, wall, 3)] == [41, 42, 43]


def test_the_clock_waits_for_the_picture_of_a_seek(player, wall):
    settle(player)
    player.play()
    player.seek(at_frame(30))
    wall.now += 5.0
    assert settle(player).a.index == 30
    assert player.position == pytest.approx(1.0)


def test_a_window_that_was_busy_drops_pictures_and_counts_them(player, wall):
    settle(player)
    player.play()
    wait_for(lambda: len(player._queue) == 5, "five pictures ahead")
    wall.now += 4 / RATE + 0.001
    assert player.poll().a.index == 4
    assert player.counters.dropped == 3


def test_a_window_held_up_once_shows_every_picture_it_missed_and_is_in_time_again(player, wall):
    settle(player)
    player.play()
    play_through(player, wall, 10)
    wall.now += 0.05
    seen = play_through(player, wall, 10, step=0.6 / RATE)
    assert [s.a.index for s in seen] == list(range(11, 11 + len(seen)))
    assert player.counters.dropped == 0
    assert player.position - seen[-1].a.pts < 1 / RATE


def test_a_window_that_is_always_too_slow_drops_evenly_and_stays_in_time(player, wall):
    settle(player)
    player.play()
    indices = [s.a.index for s in play_through(player, wall, 12, step=2.5 / RATE)]
    assert max(indices[i + 1] - indices[i] for i in range(3, 11)) <= 3
    assert player.position - player.current.a.pts < 1 / RATE


def test_a_hold_up_at_the_end_still_shows_the_last_picture(player, wall):
    player.seek(at_frame(FRAMES - 4))
    settle(player)
    player.play()
    wait_for(lambda: len(player._queue) == 3, "the last three pictures")
    wall.now += 3.2 / RATE
    seen = []
    while player.playing:
        shown = player.poll()
        seen += [shown.a.index] if shown else []
        wall.now += 0.01
    assert seen[-1] == FRAMES - 1


def test_double_speed_shows_two_frames_in_the_time_of_one(player, wall):
    settle(player)
    player.set_speed(2.0)
    player.play()
    seen = play_through(player, wall, 10)
    assert seen[-1].a.index == 20


def test_half_speed_shows_each_frame_for_twice_its_time(player, wall):
    settle(player)
    player.set_speed(0.5)
    player.play()
    assert [s.a.index for s in play_through(player, wall, 10)] == [1, 2, 3, 4, 5]


def test_playing_stops_at_the_end_and_begins_again_on_demand(player, wall):
    player.seek(at_frame(FRAMES - 3))
    settle(player)
    player.play()
    play_through(player, wall, 6)
    assert not player.playing
    assert player.current.a.index == FRAMES - 1
    player.play()
    assert settle(player).a.index == 0
    assert player.playing


def test_a_loop_returns_to_the_in_point(player, wall):
    player.span = Span(10 / RATE, 14.5 / RATE)
    player.loop = True
    player.seek(at_frame(12))
    settle(player)
    player.play()
    indices = []
    for _ in range(12):
        play_through(player, wall, 1)
        indices.append(settle(player).a.index)
    assert max(indices) == 14
    assert min(indices[3:]) == 10


def test_a_and_b_show_the_same_frame_number_always(clip, original, wall, renderer):
    player = Player(clip, original, wall=wall)

    def numbers():
        renderer.upload("a", player.current.a, Layout())
        renderer.upload("b", player.current.b, Layout())
        rgb = renderer.image(compose(SIZE, ["a", "b"], Compare.WIPE), Look(), SIZE)
        return number_on_screen(rgb, 0), number_on_screen(rgb, 1)

    settle(player)
    assert numbers() == (0, 0)
    for index in (0, 59, 23, 24, 7, 6, 36):
        player.seek(at_frame(index))
        settle(player)
        assert numbers() == (index, index)
    player.step(3)
    settle(player)
    assert numbers() == (39, 39)
    player.step(-16)
    settle(player)
    assert numbers() == (23, 23)
    player.play()
    for _ in range(12):
        play_through(player, wall, 1)
        a, b = numbers()
        assert a == b
    player.close()


def test_an_original_that_is_shorter_ends_earlier(clip, folder, wall):
    short = write_clip(folder / "short.mp4", 30)
    player = Player(clip, short, wall=wall)
    player.seek(at_frame(29))
    assert settle(player).b.index == 29
    player.seek(at_frame(45))
    assert settle(player).b is None
    player.seek(at_frame(3))
    assert settle(player).b.index == 3
    player.close()


@pytest.fixture
def cut_short(folder, wall):
    """The player of a film whose second half is missing."""
    write_clip(folder / "whole.ts", FRAMES)
    cut = folder / "cut.ts"
    data = (folder / "whole.ts").read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    player = Player(info_of(cut, FRAMES, 320, RATE), wall=wall)
    settle(player)
    yield player
    player.close()


def test_a_film_that_is_cut_short_stops_with_a_message(cut_short, wall):
    cut_short.play()
    play_through(cut_short, wall, 2 * FRAMES)
    assert not cut_short.playing
    assert "incomplete" in cut_short.message
    assert "cut.ts" in cut_short.message


def test_a_film_that_is_cut_short_plays_again_and_again(cut_short, wall):
    for _ in range(3):
        cut_short.play()
        first = settle(cut_short).a.index
        shown = play_through(cut_short, wall, 2 * FRAMES)
        assert [s.a.index for s in shown[:5]] == [first + 1 + n for n in range(5)]
        assert not cut_short.playing
    cut_short.seek(0.2)
    assert settle(cut_short).a.index == 6
    cut_short.play()
    assert [s.a.index for s in play_through(cut_short, wall, 3)] == [7, 8, 9]


def test_a_film_that_is_cut_short_loops(cut_short, wall):
    cut_short.loop = True
    cut_short.play()
    indices = []
    for _ in range(3 * FRAMES):
        play_through(cut_short, wall, 1)
        indices.append(settle(cut_short).a.index)
    assert cut_short.playing
    assert indices.count(0) >= 2


def test_a_film_whose_sound_cannot_be_read_plays_on_and_says_so(folder):
    film = write_clip(folder / "loud.mp4", 30, sound=True)
    player = Player(film)
    settle(player)
    film.path.rename(folder / "gone.mp4")  # the pictures come from the file that is open
    player.play()
    wait_for(lambda: (player.poll(), "the sound stops" in player.message)[1], "a word about it")
    wait_for(lambda: (player.poll(), player.current.a.index > 5)[1], "the film playing on")
    player.close()


def test_a_disk_that_fails_stops_the_film_until_it_is_asked_again(player, monkeypatch):
    def refuse(*_):
        raise VideoOpenError("film.mp4: cannot be read (Input/output error)")

    settle(player)
    with monkeypatch.context() as disk:
        disk.setattr(player._decoders[0], "seek", refuse)
        player.play()
        player.seek(1.0)
        wait_for(lambda: (player.poll(), not player.playing)[1], "the player giving up")
        assert "Input/output error" in player.message
    player.seek(1.0)
    assert settle(player).a.index == 30
    assert player.message == ""


def test_a_file_that_does_not_open_is_refused_at_once(folder):
    with pytest.raises(VideoOpenError, match="absent"):
        Player(info_of(folder / "absent.mp4", 1, 320, RATE))


def test_an_original_that_does_not_open_leaves_nothing_open(clip, folder):
    before = open_files()
    with pytest.raises(VideoOpenError, match="absent"):
        Player(clip, info_of(folder / "absent.mp4", 1, 320, RATE))
    assert clip.path not in open_files() - before


def test_files_are_closed_when_the_decoding_thread_has_let_go_of_them(clip, monkeypatch):
    """A disk that hangs holds up the decoder longer than anybody waits for it."""
    answers, asked = threading.Event(), threading.Event()
    player = Player(clip)
    decoder = player._decoders[0]

    def hang(*_):
        asked.set()
        answers.wait(LIMIT)
        return decoder._window[0]  # still there

    monkeypatch.setattr(decoder, "seek", hang)
    monkeypatch.setattr("viewer.player.PATIENCE", 0.05)
    player.seek(1.0)
    assert asked.wait(LIMIT)
    player.close()
    assert clip.path in open_files()
    answers.set()
    wait_for(lambda: not player._thread.is_alive(), "the end of the thread")
    assert clip.path not in open_files()


def test_closing_ends_the_thread_even_in_the_middle_of_a_seek(clip):
    player = Player(clip)
    player.seek(at_frame(55))
    player.close()
    assert not player._thread.is_alive()


def test_no_picture_beyond_the_out_point_is_shown_by_a_late_window(player, wall):
    player.span = Span(0.0, 4 / RATE)
    settle(player)
    player.play()
    wait_for(lambda: len(player._queue) == 5, "five pictures ahead")
    wall.now += 5.5 / RATE
    assert player.poll().a.index == 3
    assert not player.playing
