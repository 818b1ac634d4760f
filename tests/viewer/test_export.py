from math import radians

import av
import pytest
from clips import number_on_screen, write_clip

from viewer.camera import Camera
from viewer.clock import Span
from viewer.export import export_journey
from viewer.film import open_film
from viewer.journey import Journey
from vr360.errors import InputError, OutputError

SIZE = (180, 320)
AHEAD = Journey().with_keyframe(0.0, Camera())


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "film.mp4"
    write_clip(path, 24, sound=True)
    return open_film(path)


def pictures(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_every_frame_is_written_once_with_its_sound(film, tmp_path):
    out = tmp_path / "flat.mkv"
    assert export_journey(film, AHEAD, out, SIZE) == 24
    assert [number_on_screen(p, 0) for p in pictures(out)] == list(range(24))
    with av.open(str(out)) as container:
        assert len(container.streams.audio) == 1
        assert container.streams.video[0].average_rate == 30


def test_in_and_out_points_are_kept(film, tmp_path):
    out = tmp_path / "part.mp4"
    assert export_journey(film, AHEAD, out, SIZE, Span(5 / 30, 11 / 30)) == 6
    assert [number_on_screen(p, 0) for p in pictures(out)] == list(range(5, 11))


def test_the_camera_follows_the_path(film, tmp_path):
    path = AHEAD.with_keyframe(0.5, Camera(fov=radians(110)))
    out = tmp_path / "zoom.mkv"
    export_journey(film, path, out, SIZE)
    shown = pictures(out)
    assert number_on_screen(shown[20], 0, radians(110)) == 20
    middle = path.camera_at(8 / 30)
    assert radians(90) < middle.fov < radians(110)
    assert number_on_screen(shown[8], 0, middle.fov) == 8


def test_a_film_that_exists_is_not_replaced(film, tmp_path):
    out = tmp_path / "there.mp4"
    out.write_bytes(b"precious")
    with pytest.raises(OutputError, match="there"):
        export_journey(film, AHEAD, out, SIZE)
    assert out.read_bytes() == b"precious"


def test_stopping_half_way_leaves_nothing(film, tmp_path):
    def stop(times, _):
        yield from times[:3]
        raise InputError("stopped")

    with pytest.raises(InputError, match="stopped"):
        export_journey(film, AHEAD, tmp_path / "half.mp4", SIZE, progress=stop)
    assert not list(tmp_path.iterdir())


def test_a_path_without_keyframes_is_refused(film, tmp_path):
    with pytest.raises(InputError, match="keyframes"):
        export_journey(film, Journey(), tmp_path / "none.mp4", SIZE)
