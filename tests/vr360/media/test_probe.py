"""What a source is, and how we know."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from vr360.errors import NotEquirectError, VideoOpenError
from vr360.frame import Projection, Stereo
from vr360.media.probe import probe
from vr360.media.recognise import looks_like_dual_fisheye
from vr360.media.stills import read_still, write_still
from vr360.spherical import Bounds, SphericalMetadata, inject

EQUIRECT, HALF, FISHEYE = Projection.EQUIRECT, Projection.HALF_EQUIRECT, Projection.DUAL_FISHEYE
MONO, TB, LR = Stereo.MONO, Stereo.TOP_BOTTOM, Stereo.LEFT_RIGHT


@pytest.fixture
def film_of(make_film, moving):
    """A film of a size: `film_of(height, width, name, *options)`."""

    def make(height: int, width: int, name: str = "film.mp4", *options: str) -> Path:
        return make_film(name, moving(2, height, width), "-c:v", "libx264", *options)

    return make


@pytest.mark.parametrize(
    ("height", "width", "name", "layout"),
    [
        (64, 128, "film.mp4", (EQUIRECT, MONO)),
        (128, 128, "film.mp4", (EQUIRECT, TB)),
        (64, 256, "film.mp4", (EQUIRECT, LR)),
        (322, 640, "film.mp4", (EQUIRECT, MONO)),
        (64, 128, "film_360.mp4", (EQUIRECT, MONO)),
        (128, 128, "film_360.mp4", (EQUIRECT, TB)),
        (64, 128, "film_180.mp4", (HALF, LR)),
        (72, 128, "film_LR_180.mp4", (HALF, LR)),
        (64, 128, "film_180x180_3dh_LR.mp4", (HALF, LR)),
        (64, 128, "film_TB_360.mp4", (EQUIRECT, TB)),
        (64, 128, "film_360_LR (1).mp4", (EQUIRECT, LR)),
        (72, 128, "film_360_TB.mp4", (EQUIRECT, TB)),
        (64, 128, "film_180_LR.mp4", (HALF, LR)),
    ],
)
def test_without_metadata_name_and_shape_decide(height, width, name, layout, film_of):
    info = probe(film_of(height, width, name))
    assert (info.projection, info.stereo) == layout
    assert "no metadata" in info.reason


def test_a_flat_film_is_no_sphere_whatever_its_name_says(film_of):
    with pytest.raises(NotEquirectError, match=r"holiday_360\.mp4: 128x72 .*--from equirect"):
        probe(film_of(72, 128, "holiday_360.mp4"))


@pytest.mark.parametrize("name", ["film_360_TB.mp4", "film_360_LR.mp4", "film_180_TB.mp4"])
def test_squeezed_eyes_are_taken_with_a_note(name, film_of):
    info = probe(film_of(72, 128, name))
    assert any("squeezed" in note for note in info.notes)
    again = probe(info.path, info.projection, info.stereo)
    assert again.notes[0] == info.notes[0]


def test_nearly_two_to_one_is_accepted_with_a_message(film_of):
    info = probe(film_of(322, 640))
    assert any("640x322 is 1.988:1" in note for note in info.notes)
    assert not any("1.988" in note for note in probe(film_of(64, 128, "whole.mp4")).notes)


@pytest.mark.parametrize(("height", "width"), [(72, 128), (96, 128), (128, 72), (64, 124)])
def test_other_shapes_are_refused_with_size_and_way_out(height, width, film_of):
    with pytest.raises(NotEquirectError, match=rf"{width}x{height}.*--from equirect"):
        probe(film_of(height, width))


def test_the_user_knows_better(film_of):
    film = film_of(72, 128)
    info = probe(film, projection=EQUIRECT)
    assert (info.projection, info.stereo, info.reason) == (
        EQUIRECT,
        MONO,
        "equirect, mono: as asked for",
    )
    assert probe(film, stereo=TB).stereo is TB
    assert probe(film_of(64, 128, "whole.mp4"), projection=FISHEYE).projection is FISHEYE
    assert probe(film_of(128, 128, "square.mp4"), projection=EQUIRECT).stereo is TB


def test_squeezed_eyes_are_known_by_the_shape_of_their_pixels(film_of):
    info = probe(film_of(72, 128, "film.mp4", "-vf", "setsar=9/16"))
    assert (info.projection, info.stereo) == (EQUIRECT, TB)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
@pytest.mark.parametrize("metadata", [SphericalMetadata(EQUIRECT, TB), SphericalMetadata(HALF, LR)])
def test_metadata_wins_over_shape_and_name(metadata, suffix, film_of):
    film = film_of(64, 128, f"film_360{suffix}")
    inject(film, metadata, any_shape=True)
    info = probe(film)
    assert (info.projection, info.stereo) == (metadata.projection, metadata.stereo)
    assert "metadata says so" in info.reason


def test_a_part_of_the_sphere_is_refused_by_name(film_of):
    film = film_of(64, 128)
    inject(film, SphericalMetadata(bounds=Bounds(left=0.1, right=0.1)), any_shape=True)
    with pytest.raises(NotEquirectError, match="only a part of the sphere"):
        probe(film)
    assert probe(film, projection=EQUIRECT).projection is EQUIRECT
    part = probe(film, parts=True)
    assert (part.bounds, part.is_part) == (Bounds(left=0.1, right=0.1), True)
    assert probe(film, stereo=MONO, parts=True).bounds == part.bounds
    assert not probe(film, projection=EQUIRECT, parts=True).is_part


def test_a_still_of_another_projection_is_refused_by_its_name(tmp_path):
    path = tmp_path / "cube.jpg"
    write_still(path, np.zeros((64, 128, 3), np.uint8), SphericalMetadata())
    path.write_bytes(path.read_bytes().replace(b'"equirectangular"', b'"cylindrical"    '))
    with pytest.raises(NotEquirectError, match=r"'cylindrical', which is not read; .*--from"):
        probe(path)
    assert probe(path, EQUIRECT).projection is EQUIRECT


def test_a_right_eye_that_is_left_out_is_said(tmp_path):
    path = tmp_path / "eye.vr.jpg"
    write_still(path, np.zeros((64, 128, 3), np.uint8), SphericalMetadata())
    eye = b'xmlns:GImage="http://ns.google.com/photos/1.0/image/" GImage:Data="AAAA" GPano:Use'
    data = path.read_bytes().replace(b"GPano:Use", eye)
    at = data.index(b"\xff\xe1") + 2  # the segment has become longer
    size = int.from_bytes(data[at : at + 2]) + len(eye) - len(b"GPano:Use")
    path.write_bytes(data[:at] + size.to_bytes(2) + data[at + 2 :])
    assert any("right eye" in note for note in probe(path).notes)


def test_the_pose_that_the_metadata_states_is_known(film_of):
    film = film_of(64, 128)
    inject(film, SphericalMetadata(yaw=12.5, pitch=-3.0, roll=170.0))
    assert probe(film).pose == (12.5, -3.0, 170.0)
    assert probe(film, projection=HALF).pose == (0.0, 0.0, 0.0)


def lenses(inside: np.ndarray, outside: int) -> np.ndarray:
    """(256, 512, 3): two circles that show `inside`, and `outside` around them."""
    x = (np.arange(256) + 0.5) / 128 - 1
    circle = np.tile(np.hypot(x, x[:, None]) < 0.98, 2)[..., None]
    return np.where(circle, inside, outside).astype(np.uint8)


def test_dual_fisheye_is_known_by_its_circles(tmp_path):
    scene = np.random.default_rng(0).integers(60, 220, (256, 512, 3))
    assert looks_like_dual_fisheye(lenses(scene, 3))
    write_still(tmp_path / "raw.png", lenses(scene, 3))
    info = probe(tmp_path / "raw.png")
    assert info.projection is FISHEYE
    assert "round" in info.reason


def test_dark_panoramas_are_no_fisheye():
    dark = np.full((256, 512, 3), 4, np.uint8)
    night = dark.copy()
    night[140:] = 90  # lit ground under a black sky
    band = dark.copy()
    band[96:160] = 200  # a lit horizon, black above and below
    spot = lenses(np.full((256, 512, 3), 120), 60)
    for picture in (dark, night, band, spot):
        assert not looks_like_dual_fisheye(picture)


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("clips/congo_stereo_tb.mp4", (EQUIRECT, TB)),
        ("clips/ricoh_walk_mono_640.mp4", (EQUIRECT, MONO)),
        ("clips/testroom_mono_1920.mp4", (EQUIRECT, MONO)),
        ("clips/gear360_dualfisheye_3840.mp4", (FISHEYE, MONO)),
        ("panoramas/andes_stereo_tb.jpg", (EQUIRECT, TB)),
        ("panoramas/coral_stereo_tb.jpg", (EQUIRECT, TB)),
        ("panoramas/petra.jpg", (EQUIRECT, MONO)),
        ("panoramas/taj-mahal.jpg", (EQUIRECT, MONO)),
        ("panoramas/chichen-itza.jpg", (EQUIRECT, MONO)),
        ("panoramas/machu-picchu.jpg", (EQUIRECT, MONO)),
        ("panoramas/christ-redeemer.jpg", (EQUIRECT, MONO)),
    ],
)
def test_real_footage_is_recognised(name, layout, shared_data):
    info = probe(shared_data / name)
    assert (info.projection, info.stereo) == layout


def test_the_facts_of_real_films(shared_data):
    congo = probe(shared_data / "clips/congo_stereo_tb.mp4")
    assert (congo.width, congo.height, congo.frames) == (1920, 1080, 300)
    assert congo.rate == Fraction(917425, 30618)
    assert [(a.codec, a.channels, a.sample_rate) for a in congo.audio] == [("aac", 2, 48000)]
    walk = probe(shared_data / "clips/ricoh_walk_mono_640.mp4")
    assert (walk.rate, walk.frames, walk.audio) == (30, 1202, ())
    gear = probe(shared_data / "clips/gear360_dualfisheye_3840.mp4")
    assert (gear.codec, gear.rate, gear.frames) == ("hevc", Fraction(30000, 1001), 15)


def test_a_cover_picture_is_not_the_film(film_of, tmp_path, run_ffmpeg):
    film = film_of(64, 128)
    write_still(tmp_path / "cover.png", np.zeros((50, 50, 3), np.uint8))
    covered = tmp_path / "covered.mp4"
    streams = ("-map", "1", "-map", "0", "-c", "copy", "-disposition:v:0", "attached_pic")
    run_ffmpeg("-i", film, "-i", tmp_path / "cover.png", *streams, covered)
    assert (probe(covered).width, probe(covered).height) == (128, 64)


def test_stills_are_one_frame_without_a_rate(tmp_path):
    rgb = np.random.default_rng(0).integers(0, 256, (32, 64, 3)).astype(np.uint8)
    for name in ("a.png", "a.jpg", "a.jpeg"):
        write_still(tmp_path / name, rgb)
        info = probe(tmp_path / name)
        assert (info.rate, info.frames, info.is_still, info.bit_depth) == (0, 1, True, 8)


def test_sixteen_bit_pictures_become_ten_bit_codes(tmp_path):
    deep = np.array([[0, 32768, 65535, 64]] * 2, np.uint16)[..., None].repeat(3, axis=-1)
    cv2.imwrite(str(tmp_path / "deep.png"), deep)
    info = probe(tmp_path / "deep.png")
    assert info.bit_depth == 10
    from vr360.media.reader import read_frames

    (frame,) = read_frames(info)
    assert frame.rgb[0, :, 0].tolist() == [0, 512, 1023, 1]


def test_a_folder_of_frames_is_a_film_in_natural_order(tmp_path):
    from vr360.media.reader import read_frames

    for n in (1, 2, 9, 10, 11, 100):
        write_still(tmp_path / f"frame{n}.png", np.full((32, 64, 3), n, np.uint8))
    (tmp_path / "notes.txt").write_text("not a frame")
    info = probe(tmp_path)
    assert (info.frames, info.rate, info.is_still) == (6, 24, False)
    assert any("24 frames a second" in note for note in info.notes)
    frames = list(read_frames(info))
    assert [int(f.rgb[0, 0, 0]) for f in frames] == [1, 2, 9, 10, 11, 100]
    assert [f.pts for f in frames] == [Fraction(n, 24) for n in range(6)]
    given = probe(tmp_path, rate=Fraction(30000, 1001))
    assert given.rate == Fraction(30000, 1001)
    assert not any("frame rate" in note for note in given.notes)


def test_hidden_files_are_no_frames_and_a_hole_is_named(tmp_path):
    for n in (1, 2, 4, 5):
        write_still(tmp_path / f"{n:04d}.png", np.full((32, 64, 3), n, np.uint8))
    (tmp_path / "._0001.png").write_bytes(b"macOS keeps attributes here")
    info = probe(tmp_path, rate=Fraction(24))
    assert info.frames == 4
    assert any("missing between 0002.png and 0004.png" in note for note in info.notes)


def test_frames_numbered_in_steps_have_no_hole(tmp_path):
    for n in (0, 10, 20):
        write_still(tmp_path / f"take2_{n}.png", np.full((32, 64, 3), n, np.uint8))
    assert probe(tmp_path, rate=Fraction(24)).notes == ()


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_colours_that_hide_where_a_picture_is_transparent_stay_hidden(depth, tmp_path):
    rgba = np.full((32, 64, 4), np.iinfo(depth).max, depth)
    rgba[:, :32, 3] = 0
    cv2.imwrite(str(tmp_path / "pano.png"), rgba)
    info, rgb = probe(tmp_path / "pano.png"), read_still(tmp_path / "pano.png")
    assert not rgb[:, :32].any()
    assert rgb[:, 32:].min() == (255 if depth is np.uint8 else 1023)
    assert "where it is transparent, black is taken" in info.notes
    cv2.imwrite(str(tmp_path / "opaque.png"), rgba[:, 32:].repeat(2, 1))
    assert probe(tmp_path / "opaque.png").notes == ()


def test_a_bare_stream_is_to_be_wrapped_first(make_film, moving, run_ffmpeg, tmp_path):
    film = make_film("film.mp4", moving(6), "-c:v", "libx264")
    run_ffmpeg("-i", film, "-c", "copy", "-f", "h264", tmp_path / "raw.h264")
    with pytest.raises(VideoOpenError, match="wrap it first"):
        probe(tmp_path / "raw.h264")
