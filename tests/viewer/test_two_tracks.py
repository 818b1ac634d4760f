"""Films with two tracks: the viewer decodes the picture that the reader makes of them."""

from fractions import Fraction

import numpy as np
import pytest

from tests.vr360.cameras.writing import strips_of
from viewer.decoder import Decoder
from viewer.film import layout_of, open_film
from viewer.picture import picture_to_rgb
from vr360.cubelayout import CubeLayout
from vr360.frame import Projection
from vr360.media.reader import read_frames

FRAMES = 5
CODED = {
    "444": ("-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuv444p"),
    "420": ("-c:v", "libx264", "-qp", "1", "-pix_fmt", "yuv420p"),
    "ten": ("-c:v", "libx265", "-x265-params", "log-level=none:crf=1", "-pix_fmt", "yuv420p10le"),
}


def numbered(height: int, width: int) -> np.ndarray:
    """Smooth pictures, each of another brightness."""
    y, x = np.mgrid[:height, :width]
    picture = np.stack([x * 150 / width, y * 150 / height, (x + y) % 64], axis=-1)
    return (picture + 15 * np.arange(FRAMES)[:, None, None, None]).astype(np.uint8)


@pytest.fixture(params=CODED)
def gopro(request, two_tracks):
    strips = [strips_of(faces, 8) for faces in numbered(256, 384)]
    first, second = (np.stack(part) for part in zip(*strips, strict=True))
    return two_tracks("GS010001.360", first, second, *CODED[request.param])


@pytest.fixture(params=["444", "420"])
def squeezed(request, two_tracks):
    """The shape of a MAX's strips, whose halves are squeezed: 168 lines and 4 pixels more."""
    strips = numbered(168, 512)
    return two_tracks("GS010001.360", strips, strips[:, :, ::-1], *CODED[request.param])


@pytest.fixture
def insta360(two_tracks):
    first, second = np.split(numbered(128, 256), 2, axis=2)
    return two_tracks("VID_00.insv", first, second, *CODED["420"])


def off(one: np.ndarray, other: np.ndarray) -> float:
    """Mean difference: chroma is interpolated in ways of their own."""
    return float(np.abs(one.astype(float) - other).mean())


def seen(decoder: Decoder) -> np.ndarray:
    return picture_to_rgb(decoder.current)


def test_lenses_in_two_files_are_shown_as_those_on_two_tracks(insta360, two_files):
    with Decoder(open_film(two_files(insta360))) as files, Decoder(open_film(insta360)) as tracks:
        for n in (0, 3, 1):
            time = Fraction(n, 25)
            shown = [picture_to_rgb(each.seek(time)) for each in (files, tracks)]
            assert np.array_equal(*shown)


def test_the_strips_become_the_faces_that_the_reader_gives(gopro):
    info = open_film(gopro)
    layout = layout_of(info)
    assert info.projection is Projection.EQUI_ANGULAR
    assert layout.cube_layout(info.height, info.width) is CubeLayout.EAC
    with Decoder(info) as decoder:
        for frame in read_frames(info):
            expected = frame.rgb if frame.rgb.dtype == np.uint8 else frame.rgb / 1023 * 255
            assert seen(decoder).shape == expected.shape
            assert off(seen(decoder), expected) < 1.5
            decoder.next()


def test_halves_that_a_camera_squeezes_become_what_the_reader_gives(squeezed):
    info = open_film(squeezed)
    assert (info.height, info.width) == (336, 504)
    with Decoder(info) as decoder:
        assert len(decoder.current.planes) == 3
        assert off(seen(decoder), next(read_frames(info)).rgb) < 1.5


def test_planes_stay_as_they_are_stored(gopro):
    with Decoder(open_film(gopro)) as decoder:
        assert len(decoder.current.planes) == 3


def test_lenses_lie_side_by_side_at_every_seek(insta360):
    info = open_film(insta360)
    frames = [frame.rgb for frame in read_frames(info)]
    with Decoder(info) as decoder:
        for number in (3, 0, 4, 1, 2):
            picture = decoder.seek(Fraction(number, 25))
            assert picture.index == number
            assert off(seen(decoder), frames[number]) < 1.5
        decoder.seek(Fraction(3, 25))
        decoder.previous()
        assert off(seen(decoder), frames[2]) < 1.5
