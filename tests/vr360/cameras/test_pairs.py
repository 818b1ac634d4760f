"""Spheres on two video tracks: GoPro's strips of three faces, Insta360's lenses."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.convert import ConvertJob, convert
from pipeline.stitch import StitchJob, stitch
from sample_clips.clip import COMMITTED
from tests.pipeline.conftest import soft_noise
from tests.vr360.cameras.writing import strips_of
from viewer.film import on_one_track, open_film
from vr360.cameras.pairs import Pair, PairKind, pair_of, without_overlap
from vr360.choices import CubeLayout, Interpolation
from vr360.errors import NotEquirectError, VideoOpenError
from vr360.fisheye.film import Footage
from vr360.frame import Projection, Stereo
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.projections import CubeMap, DualFisheye, Equirect
from vr360.sampling import build_sampler
from vr360.spherical import inspect

H, OVERLAP = 128, 8


@pytest.mark.parametrize(
    ("size", "overlap"),
    [((1344, 4096), 32), ((1920, 5888), 64), ((1920, 5952), 96), ((336, 1024), 8)],
)
def test_the_sizes_of_gopros_are_known(size: tuple[int, int], overlap: int):
    pair = pair_of(*size)
    assert pair == Pair(PairKind.STRIPS, *size)
    assert pair.overlap == overlap


@pytest.mark.parametrize("size", [(540, 960), (512, 1024), (300, 1201), (100, 420)])
def test_other_shapes_are_no_pair(size: tuple[int, int]):
    assert pair_of(*size) is None


def test_a_max_squeezes_its_halves_and_they_come_back_in_place():
    """1344 becomes 168 here: halves of 88 pixels, 4 beyond the cut, are stored as 86."""
    size, reach = 168, 4
    face = soft_noise(size, 3 * size, 5)
    half = size // 2 + reach

    def squeezed(part: np.ndarray) -> np.ndarray:
        return cv2.resize(part, (half - reach // 2, size), interpolation=cv2.INTER_AREA)

    def cut(part: np.ndarray) -> list[np.ndarray]:
        return [squeezed(part[:, :half]), squeezed(part[:, -half:])]

    left, middle, right = np.split(face, 3, axis=1)
    strip = np.concatenate([*cut(left), middle, *cut(right)], axis=1)
    assert strip.shape == (size, 512, 3)
    off = np.abs(without_overlap(strip).astype(int) - face)
    assert off.mean() < 1
    assert off[:, size // 2 - 8 : size // 2 + 8].max() < 8  # nothing is doubled at the cut


@pytest.mark.parametrize("overlap", [0, 2, 8, 32])
def test_what_both_halves_show_alike_is_what_was_there(overlap: int):
    faces = soft_noise(2 * H, 3 * H, 3)
    for strip, row in zip(strips_of(faces, overlap), np.split(faces, 2), strict=True):
        assert strip.shape == (H, 3 * H + 2 * overlap, 3)
        assert np.array_equal(without_overlap(strip), row)


def test_no_line_shows_where_the_lenses_differ():
    """One lens is brighter by 40: the blend takes the step in steps of a pixel's share."""
    strip = np.full((H, 3 * H + 2 * 32, 3), 100, np.uint8)
    strip[:, : (H + 32) // 2] = 140
    steps = np.abs(np.diff(without_overlap(strip)[0, :, 0].astype(int)))
    assert steps.max() <= 2
    assert steps.sum() == 40


def test_a_gopro_film_comes_out_as_the_sphere_that_was_filmed(
    two_tracks: Callable[..., Path], tmp_path: Path
):
    """The sample scene, seen as six faces, cut into strips, and made a sphere again."""
    truth = next(read_frames(probe(COMMITTED))).rgb
    height, width = truth.shape[:2]
    cube = CubeMap(height // 2, Projection.EQUI_ANGULAR, layout=CubeLayout.EAC)
    faces = build_sampler(Equirect(height, width), cube, interpolation=Interpolation.LANCZOS)(truth)
    first, second = strips_of(faces, OVERLAP)
    film = two_tracks("GS010001.360", first[None], second[None])
    info = probe(film)
    assert (info.projection, info.stereo) == (Projection.EQUI_ANGULAR, Stereo.MONO)
    assert (info.height, info.width, info.frames) == (height, height * 3 // 2, 1)
    assert any("three faces each, blended over 8 pixels" in note for note in info.notes)
    report = convert(ConvertJob(film, tmp_path / "sphere.mkv"))
    assert (report.height, report.width, report.rewritten.frames) == (height, width, 1)
    made = next(read_frames(probe(tmp_path / "sphere.mkv"))).rgb
    error = made.astype(float) - truth
    assert 10 * np.log10(255**2 / (error**2).mean()) > 38
    assert len(probe(tmp_path / "sphere.mkv").audio) == 1


def test_stitch_and_a_start_take_gopro_films(two_tracks: Callable[..., Path], tmp_path: Path):
    grey = np.arange(5)[:, None, None, None] * 20 + np.zeros((H, 3 * H + 16, 3), np.uint8)
    film = two_tracks("GS010001.360", grey.astype(np.uint8), grey.astype(np.uint8) + 100)
    frames = list(read_frames(probe(film), Fraction(2, 25)))
    assert [f.pts * 25 for f in frames] == [2, 3, 4]
    for n, frame in zip((2, 3, 4), frames, strict=True):
        assert abs(int(frame.rgb[5, 5, 0]) - 20 * n) <= 1  # the same moment of both tracks
        assert abs(int(frame.rgb[-5, 5, 0]) - 20 * n - 100) <= 1
    report = stitch(StitchJob(film, tmp_path / "sphere.mkv", Footage(start=Fraction(2, 25))))
    assert (report.frames, report.camera_source) == (3, "stitched in the camera")
    assert inspect(tmp_path / "sphere.mkv").metadata is not None
    with pytest.raises(VideoOpenError, match="a page takes one: vr360 convert"):
        on_one_track(open_film(film))


def test_two_lenses_on_two_tracks_are_a_dual_fisheye_film(
    two_tracks: Callable[..., Path], tmp_path: Path
):
    scene = soft_noise(256, 512, 5) // 2 + 90
    lenses = build_sampler(Equirect(256, 512), DualFisheye(128, 256))(scene)
    first, second = np.split(np.stack([lenses] * 5), 2, axis=2)
    for name in ("VID_00.insv", "clip.mp4"):
        info = probe(two_tracks(name, first, second))
        assert info.projection is Projection.DUAL_FISHEYE
        assert (info.height, info.width) == (128, 256)
    footage = Footage("ideal-190")
    stitch(StitchJob(tmp_path / "VID_00.insv", tmp_path / "sphere.mkv", footage, size=(128, 256)))
    made = next(read_frames(probe(tmp_path / "sphere.mkv"))).rgb.astype(float)
    expected = cv2.resize(scene, (256, 128), interpolation=cv2.INTER_AREA)
    assert np.abs(made - expected).mean() < 3


def test_two_angles_of_a_flat_film_are_no_pair(two_tracks: Callable[..., Path]):
    frames = np.stack([soft_noise(128, 256, 1)] * 5)
    info = probe(two_tracks("angles.mp4", frames, frames))
    assert info.pair is None
    assert (info.height, info.width) == (128, 256)


def test_a_second_track_of_an_unknown_kind_makes_no_pair(two_tracks: Callable[..., Path]):
    strips = strips_of(np.zeros((2 * H, 3 * H, 3), np.uint8), OVERLAP)
    film = two_tracks("GS010001.360", *(np.stack([strip] * 2) for strip in strips))
    data = film.read_bytes()
    at = data.rindex(b"avc1")
    film.write_bytes(data[:at] + b"none" + data[at + 4 :])
    with pytest.raises(NotEquirectError):
        probe(film)
