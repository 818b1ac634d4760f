import random
import struct
import subprocess
from dataclasses import replace
from fractions import Fraction
from math import radians

import av
import cv2
import numpy as np
import pytest
from clips import info_of, number_on_screen, numbered_picture, with_cover, write_clip
from waiting import open_files

from viewer.camera import Camera
from viewer.composition import compose
from viewer.decoder import Decoder
from viewer.film import light_note, open_film
from viewer.layout import Layout
from viewer.picture import picture_from_rgb, picture_to_rgb
from viewer.renderer import Look
from vr360.errors import VideoOpenError

SIZE = (360, 640)
FRAMES = 60


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("clip") / "numbered.mp4", FRAMES)


@pytest.fixture(scope="module")
def decoder(clip):
    with Decoder(clip) as decoder:
        yield decoder


@pytest.fixture(scope="module")
def read(renderer):
    """The number that a picture shows, read back from the framebuffer."""

    def number(picture):
        renderer.upload("a", picture, Layout())
        return number_on_screen(renderer.image(compose(SIZE, ["a"]), Look(Camera()), SIZE), 0)

    return number


@pytest.mark.parametrize("number", [0, 1, 5, 2730, 4095])
def test_the_number_is_read_back_as_it_was_painted(read, number):
    assert read(picture_from_rgb(numbered_picture(number, 320, (90, 120, 150)))) == number


def test_seeks_land_on_the_exact_frame(decoder, read):
    for number in [0, 59, 1, 23, 24, 25, 47, 48, *random.Random(3).sample(range(FRAMES), 12)]:
        picture = decoder.seek(Fraction(number, 30))
        assert (picture.index, read(picture)) == (number, number)


def test_a_time_within_a_frame_shows_that_frame(decoder, read):
    assert read(decoder.seek(Fraction(7, 30) + Fraction(1, 31))) == 7
    assert read(decoder.seek(Fraction(8, 30) - Fraction(1, 10**6))) == 7


def test_times_outside_the_film_show_its_first_and_last_frame(decoder):
    assert decoder.seek(Fraction(-3)).index == 0
    assert decoder.seek(Fraction(99)).index == FRAMES - 1
    assert decoder.seek(Fraction(0)).index == 0


def test_reading_on_after_a_seek_gives_every_frame_once(decoder, read):
    numbers = [read(decoder.seek(Fraction(20, 30)))]
    while (picture := decoder.next()) is not None:
        numbers.append(read(picture))
    assert numbers == list(range(20, FRAMES))
    assert decoder.ended


def test_stepping_back_through_the_whole_film_gives_every_frame_once(decoder, read):
    numbers = [read(decoder.seek(Fraction(99)))]
    while (picture := decoder.previous()) is not None:
        numbers.append(read(picture))
    assert numbers == list(range(FRAMES - 1, -1, -1))


def test_five_steps_forward_and_one_back_give_frame_four(decoder, read):
    decoder.seek(Fraction(0))
    for _ in range(5):
        decoder.next()
    assert read(decoder.previous()) == 4
    assert read(decoder.next()) == 5


def test_a_search_that_became_stale_ends_early(clip):
    with Decoder(clip) as decoder:
        asked = iter([False, False, True])
        assert decoder.seek(Fraction(20, 30), lambda: next(asked)).index < 20


def test_frames_at_uneven_times_keep_their_numbers(tmp_path, read):
    times = [0, 30, 100, 110, 250, 400, 410, 420, 700, 1000]
    info = write_clip(tmp_path / "uneven.mkv", len(times), times=times, gop=4)
    with Decoder(info) as decoder:
        for number in (4, 0, 9, 7):
            picture = decoder.seek(Fraction(times[number] + 1, 1000))
            assert (picture.index, read(picture)) == (number, number)


def test_a_transport_stream_that_starts_late_begins_at_zero(tmp_path, read):
    info = write_clip(tmp_path / "late.ts", 40)
    with Decoder(info) as decoder:
        assert decoder.current.pts == 0
        assert read(decoder.seek(Fraction(33, 30))) == 33
        assert read(decoder.seek(Fraction(2, 30))) == 2


def test_a_still_is_a_film_of_one_frame(tmp_path, read):
    path = tmp_path / "still.png"
    picture = numbered_picture(77, 320, (90, 120, 150))
    with av.open(str(path), "w", format="image2", options={"update": "1"}) as out:
        stream = out.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 640, 320, "rgb24"
        out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))
    with Decoder(info_of(path, 1, 320, 1)) as decoder:
        assert read(decoder.seek(Fraction(5))) == 77
        assert decoder.next() is None
        assert decoder.previous() is None


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_a_transparent_still_shows_what_the_reader_gives(depth, tmp_path):
    rgba = np.full((32, 64, 4), np.iinfo(depth).max, depth)
    rgba[:, :32, 3] //= 4
    cv2.imwrite(str(tmp_path / "clear.png"), rgba)
    with Decoder(open_film(tmp_path / "clear.png")) as decoder:
        shown = picture_to_rgb(decoder.current)
    assert shown[:, 32:].min() == 255
    assert abs(int(shown[0, 0, 0]) - 63) <= 1


def test_a_file_cut_short_shows_what_there_is(clip, tmp_path):
    whole = tmp_path / "whole.ts"
    write_clip(whole, FRAMES)
    cut = tmp_path / "cut.ts"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with Decoder(info_of(cut, FRAMES, 320, 30)) as decoder:
        last = decoder.seek(Fraction(99)).index
        assert 5 < last < FRAMES - 5
        assert decoder.ended
        assert decoder.seek(Fraction(3, 30)).index == 3


@pytest.mark.parametrize("content", [b"", b"no film at all" * 100])
def test_what_is_no_film_is_refused_with_its_name(tmp_path, content):
    path = tmp_path / "nonsense.mp4"
    path.write_bytes(content)
    with pytest.raises(VideoOpenError, match=r"nonsense\.mp4"):
        Decoder(info_of(path, 1, 320, 30))


def test_a_missing_file_is_refused_with_its_name(tmp_path):
    with pytest.raises(VideoOpenError, match=r"absent\.mp4"):
        Decoder(info_of(tmp_path / "absent.mp4", 1, 320, 30))


def test_the_camera_is_where_the_number_reader_believes(read):
    assert Camera().fov == pytest.approx(radians(90))


@pytest.mark.parametrize("name", ["film.mov", "film.mkv", "film.ts", "film.webm", "film.gif"])
def test_every_container_lands_on_the_exact_frame(clip, tmp_path, read, name):
    path = tmp_path / name
    codec = {".webm": ["-c:v", "libvpx", "-b:v", "2M"], ".gif": []}.get(path.suffix, ["-c", "copy"])
    command = ["ffmpeg", "-v", "error", "-i", str(clip.path), *codec, str(path)]
    subprocess.run(command, check=True)
    info = open_film(path)
    with Decoder(info) as decoder:
        for number in (40, 10, 59, 30, 31, 29):
            picture = decoder.seek((number + Fraction(1, 4)) / info.rate)
            assert (picture.index, read(picture)) == (number, number)


def test_a_bare_stream_without_times_is_refused_with_the_remedy(clip, tmp_path):
    path = tmp_path / "bare.h264"
    command = ["ffmpeg", "-v", "error", "-i", str(clip.path), "-c", "copy", str(path)]
    subprocess.run(command, check=True)
    with pytest.raises(VideoOpenError, match="-c copy"):
        Decoder(open_film(path))


MATRICES = [  # a, b, c, d; the last four mirror
    (1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0),
    (-1, 0, 0, 1), (1, 0, 0, -1), (0, 1, 1, 0), (0, -1, -1, 0),
]  # fmt: skip


@pytest.mark.parametrize("matrix", MATRICES)
def test_turned_and_mirrored_films_show_as_ffmpeg_shows_them(tmp_path, clip, matrix):
    data = bytearray(clip.path.read_bytes())
    a, b, c, d = (value << 16 for value in matrix)
    place = data.index(b"tkhd") + 44  # of its matrix
    data[place : place + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path = tmp_path / "turned.mp4"
    path.write_bytes(data)
    with Decoder(replace(clip, path=path)) as decoder:
        shown = picture_to_rgb(decoder.seek(Fraction(1)))
    command = ["ffmpeg", "-v", "error", "-ss", "1", "-i", str(path), "-frames:v", "1"]
    form = ["-vf", "scale=out_color_matrix=bt709", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run([*command, *form], capture_output=True, check=True).stdout
    reference = np.frombuffer(raw, np.uint8).reshape(shown.shape)
    assert np.abs(shown.astype(int) - reference).mean() < 3


def test_a_cover_picture_is_not_the_film(clip, tmp_path, read):
    with Decoder(replace(clip, path=with_cover(clip.path, tmp_path / "covered.mp4"))) as decoder:
        for number in (0, 41, 3):
            assert read(decoder.seek(Fraction(number, 30))) == number


def test_nothing_stays_open_of_a_file_that_holds_no_picture(tmp_path):
    sound = tmp_path / "sound.mp4"
    tone = ["-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac"]
    subprocess.run(["ffmpeg", "-v", "error", *tone, str(sound)], check=True)
    bare = tmp_path / "bare.mkv"  # a film by its headers, without one picture
    write_clip(tmp_path / "film.mkv", 2)
    bare.write_bytes((tmp_path / "film.mkv").read_bytes()[:900])
    for path in (sound, bare):
        with pytest.raises(VideoOpenError, match=path.name):
            Decoder(info_of(path, 1, 320, 30))
        assert path not in open_files()


def test_an_hdr_film_is_known_as_one_and_said_to_be_tone_mapped(make_film):
    tags = "log-level=none:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc"
    coded = ("-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params", tags)
    film = open_film(make_film("hlg.mp4", np.full((2, 64, 128, 3), 90, np.uint8), *coded))
    assert "HDR, shown tone-mapped" in light_note(film)
    with Decoder(film) as decoder:
        assert decoder.current.hdr == film.colour
    sdr = open_film(make_film("sdr.mp4", np.full((2, 64, 128, 3), 90, np.uint8)))
    assert light_note(sdr) == ""
    with Decoder(sdr) as decoder:
        assert decoder.current.hdr is None
