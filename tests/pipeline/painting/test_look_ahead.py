from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipeline.painting import look_ahead as ahead
from pipeline.painting.look_ahead import LookAhead, looking_ahead
from pipeline.painting.prepared import Prepared
from pipeline.painting.stages import Finisher, Painted
from pipeline.stylize import StylizeJob, stylize
from pipeline.temporal.smoothing import Smoother
from vr360.errors import InputError, OutputError
from vr360.frame import Rgb, Stereo
from vr360.media.probe import probe
from vr360.media.reader import read_frames

from ..temporal.test_smoothing import boiling, codes, sharpness, texture

PLACE, PAINT = codes(texture(9, 3.0)), texture(1)


def film(count: int, pan: int = 0, start: int = 0) -> list[Painted]:
    return [
        Painted(
            Prepared(
                [np.roll(PLACE, pan * n, 1)],
                Fraction(start + n),
                begins_shot=start > 0 and n == 0,
            ),
            [np.roll(codes(PAINT + boiling(n)), pan * n, 1)],
        )
        for n in range(count)
    ]


@pytest.fixture
def look_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LookAhead:
    """In windows of 16 frames."""
    monkeypatch.setattr(ahead, "WINDOW", 16)
    monkeypatch.setattr(ahead, "STRIDE", 8)
    return LookAhead(tmp_path, lambda: [Smoother()])


def finished(frames: Iterable[Painted]) -> list[Rgb]:
    finish = Finisher(Stereo.MONO, smoothers=[Smoother()])
    return [finish.step(frame).rgb for frame in frames]


def steps(pictures: list[Rgb], pan: int = 0) -> np.ndarray:
    """Mean change from each frame to the next, the pan taken out."""
    still = [np.roll(rgb, -pan * n, 1).astype(float) for n, rgb in enumerate(pictures)]
    return np.abs(np.diff(still, axis=0)).mean((1, 2, 3))


@pytest.mark.parametrize("pan", [0, 2])
def test_a_shot_begins_as_steady_as_it_goes_on(look_ahead: LookAhead, pan: int):
    frames = film(20, pan)
    one, two = steps(finished(frames), pan), steps(finished(look_ahead(frames)), pan)
    assert one[:4].mean() > 1.1 * one[8:].mean()
    assert two[:4].mean() < (0.4 if pan else 0.1) * one[:4].mean()
    assert two[:4].mean() < 1.2 * two[8:].mean() + 0.1


def test_nothing_jumps_from_window_to_window(look_ahead: LookAhead):
    frames = film(26)
    changes = steps(finished(look_ahead(frames)))[1:]
    assert changes.max() < 0.02 * steps([frame.eyes[0] for frame in frames]).mean()


def test_strokes_stay_as_sharp_as_they_were_to_the_last_frame(look_ahead: LookAhead):
    frames = film(20, 2)
    held = [sharpness(rgb) for rgb in finished(look_ahead(frames))]
    assert min(held) > 0.95 * sharpness(frames[0].eyes[0])
    assert max(held) < 1.03 * sharpness(frames[0].eyes[0])


def test_no_shot_knows_of_the_next_one(look_ahead: LookAhead):
    shots = film(7), film(5, start=7)
    together = finished(look_ahead([*shots[0], *shots[1]]))
    apart = [rgb for shot in shots for rgb in finished(look_ahead(shot))]
    np.testing.assert_array_equal(together, apart)


def test_frames_come_out_in_order_and_repeated_ones_stay_the_same_object(look_ahead: LookAhead):
    frames = film(22)
    for n in (5, 18, 19):
        frames[n] = Painted(frames[n].source, frames[n - 1].eyes, again=True)
    passed = list(look_ahead(frames))
    assert [frame.source.pts for frame in passed] == list(range(22))
    assert [n for n in range(1, 22) if passed[n].eyes is passed[n - 1].eyes] == [5, 18, 19]
    np.testing.assert_array_equal(passed[20].eyes, frames[20].eyes)
    np.testing.assert_array_equal(passed[20].source.eyes[0], frames[20].source.eyes[0])


def test_a_window_is_all_that_waits(look_ahead: LookAhead, tmp_path: Path):
    passed = look_ahead(film(18))
    most = max(len(list(tmp_path.iterdir())) for _ in passed)
    assert most <= 2 * 16
    assert not list(tmp_path.iterdir())


def test_a_look_that_changes_is_not_seen_before_its_time(look_ahead: LookAhead):
    frames = film(14)
    for n in range(7, 14):
        eye = 255 - frames[n].eyes[0]
        frames[n] = Painted(frames[n].source, [eye], changed=1.0 if n == 7 else 0.0)
    held = finished(look_ahead(frames))
    assert np.abs(held[6].astype(float) - PAINT).mean() < 10
    assert np.abs(held[7].astype(float) - (255 - PAINT)).mean() < 10


def test_each_eye_is_looked_at_by_itself(tmp_path: Path):
    def both(frames: list[Painted]) -> Iterator[Painted]:
        for frame, other in zip(frames, film(4, 2), strict=True):
            source = Prepared(frame.source.eyes + other.source.eyes, frame.source.pts)
            yield Painted(source, frame.eyes + other.eyes)

    ahead = LookAhead(tmp_path, lambda: [Smoother(), Smoother()])
    left, right = zip(*(frame.ahead or () for frame in ahead(both(film(4)))), strict=True)
    alone = LookAhead(tmp_path, lambda: [Smoother()])
    for eye, pan in ((left, 0), (right, 2)):
        for seen, frame in zip(eye, alone(film(4, pan)), strict=True):
            np.testing.assert_array_equal(seen.picture, (frame.ahead or ())[0].picture)


def test_nothing_is_left_beside_the_film_when_it_is_broken_off(tmp_path: Path):
    def interrupted() -> Iterator[Painted]:
        yield from film(3)
        raise KeyboardInterrupt

    output = tmp_path / "film.mp4"
    with (
        pytest.raises(KeyboardInterrupt),
        looking_ahead(output, lambda: [Smoother()]) as look,
    ):
        list(look(interrupted()))
    assert not list(tmp_path.iterdir())


def test_a_film_in_two_passes_keeps_its_frames_and_its_times(
    tmp_path: Path, tiny_film: Path, tiny_style: Path
):
    one, two = tmp_path / "one.mkv", tmp_path / "two.mkv"
    stylize(StylizeJob(tiny_film, one, str(tiny_style)))
    report = stylize(StylizeJob(tiny_film, two, str(tiny_style), passes=2))
    films = [list(read_frames(probe(path))) for path in (one, two)]
    assert report.frames == report.painted == 12
    assert [f.pts for f in films[0]] == [f.pts for f in films[1]]
    assert not np.array_equal(films[0][0].rgb, films[1][0].rgb)
    assert sorted(tmp_path.iterdir()) == [one, two]


def test_as_many_passes_as_there_are_not_are_refused(
    tmp_path: Path, tiny_film: Path, tiny_style: Path
):
    with pytest.raises(InputError, match="--passes 3: give 1 or 2"):
        stylize(StylizeJob(tiny_film, tmp_path / "a.mkv", str(tiny_style), passes=3))


def test_a_disk_without_room_is_one_clear_line(tmp_path: Path):
    look = LookAhead(tmp_path / "gone", lambda: [Smoother()])
    with pytest.raises(OutputError, match=r"gone: .*--passes 1"):
        list(look(film(1)))


def test_what_is_laid_on_a_painting_comes_back_with_it(look_ahead: LookAhead):
    frames = [
        replace(
            frame,
            kept=[np.full(PLACE.shape[:2], n / 8, np.float32)],
            sharp=[np.full_like(PLACE, n)],
        )
        for n, frame in enumerate(film(5))
    ]
    for given, frame in zip(frames, look_ahead(frames), strict=True):
        assert np.array_equal(frame.kept[0], given.kept[0])
        assert np.array_equal(frame.sharp[0], given.sharp[0])
