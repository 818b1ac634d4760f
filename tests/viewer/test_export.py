from math import radians

import av
import numpy as np
import pytest
from clips import number_on_screen, write_clip

from viewer.camera import Camera
from viewer.clock import Span
from viewer.export import Flat, export_journey
from viewer.film import open_film
from viewer.journey import Journey
from viewer.layout import Eyes, Layout
from vr360.errors import InputError, OutputError
from vr360.frame import Stereo

SMALL = Flat((180, 320))
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
    assert export_journey(film, AHEAD, out, SMALL) == 24
    assert [number_on_screen(p, 0) for p in pictures(out)] == list(range(24))
    with av.open(str(out)) as container:
        assert len(container.streams.audio) == 1
        assert container.streams.video[0].average_rate == 30


def test_in_and_out_points_are_kept(film, tmp_path):
    out = tmp_path / "part.mp4"
    assert export_journey(film, AHEAD, out, SMALL, Span(5 / 30, 11 / 30)) == 6
    assert [number_on_screen(p, 0) for p in pictures(out)] == list(range(5, 11))


def test_the_camera_follows_the_path(film, tmp_path):
    path = AHEAD.with_keyframe(0.5, Camera(fov=radians(110)))
    out = tmp_path / "zoom.mkv"
    export_journey(film, path, out, SMALL)
    shown = pictures(out)
    assert number_on_screen(shown[20], 0, radians(110)) == 20
    middle = path.camera_at(8 / 30)
    assert radians(90) < middle.fov < radians(110)
    assert number_on_screen(shown[8], 0, middle.fov) == 8


def test_a_film_that_exists_is_not_replaced(film, tmp_path):
    out = tmp_path / "there.mp4"
    out.write_bytes(b"precious")
    with pytest.raises(OutputError, match="there"):
        export_journey(film, AHEAD, out, SMALL)
    assert out.read_bytes() == b"precious"


def test_stopping_half_way_leaves_nothing(film, tmp_path):
    def stop(times, _):
        yield from times[:3]
        raise InputError("stopped")

    with pytest.raises(InputError, match="stopped"):
        export_journey(film, AHEAD, tmp_path / "half.mp4", SMALL, progress=stop)
    assert not list(tmp_path.iterdir())


def test_a_path_without_keyframes_is_refused(film, tmp_path):
    with pytest.raises(InputError, match="keyframes"):
        export_journey(film, Journey(), tmp_path / "none.mp4", SMALL)


@pytest.mark.parametrize(
    ("eyes", "left", "right"), [(Eyes.LEFT, 0, 0), (Eyes.RIGHT, 255, 255), (Eyes.BOTH, 0, 255)]
)
def test_the_eyes_and_the_layout_wanted_are_written(tmp_path, eyes, left, right):
    rgb = np.zeros((128, 256, 3), np.uint8)
    rgb[64:] = 255
    with av.open(str(tmp_path / "pair.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 256, 128, "yuv420p"
        out.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        out.mux(stream.encode(None))
    by_hand = Layout(stereo=Stereo.TOP_BOTTOM)  # the shape says mono
    flat = Flat((90, 160), eyes, by_hand)
    export_journey(open_film(tmp_path / "pair.mp4"), AHEAD, tmp_path / "flat.mkv", flat)
    (shown,) = pictures(tmp_path / "flat.mkv")
    assert np.abs(shown[:, :78].astype(int) - left).max() < 20
    assert np.abs(shown[:, 82:].astype(int) - right).max() < 20
