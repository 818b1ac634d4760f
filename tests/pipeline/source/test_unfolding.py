import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.source.unfolding import open_unfolding
from pipeline.stylize import StylizeJob, stylize
from tests.conftest import face_directions
from tests.pipeline.conftest import soft_noise
from vr360.cubelayout import CubeLayout, pack_faces
from vr360.errors import InputError
from vr360.frame import Projection, Stereo, VideoInfo
from vr360.geometry import equirect_directions
from vr360.media.probe import probe
from vr360.media.stills import read_still, write_still
from vr360.spherical import SphericalMetadata, inspect
from vr360.window import Bounds

VR180 = VideoInfo(
    Path("a.mp4"),
    64,
    128,
    Fraction(30),
    Fraction(1),
    30,
    Projection.HALF_EQUIRECT,
    Stereo.LEFT_RIGHT,
    "",
)


def test_a_half_sphere_unfolds_without_an_edge_and_folds_back_to_itself():
    eye = soft_noise(64, 64, 0)
    sphere = open_unfolding(VR180)
    whole = sphere.unfold(eye)
    assert whole.shape == (64, 128, 3)
    assert np.array_equal(sphere.fold(whole), eye)
    for here, beyond in ((31, 32), (95, 96)):  # where front and back meet
        assert np.array_equal(whole[:, here], whole[:, beyond])
    # The far seam lies in the middle of the mirror image: an ordinary step of the picture.
    assert np.array_equal(whole[:, [127, 0]], eye[:, [32, 31]])


def test_a_chosen_size_is_that_of_the_folded_result():
    sphere = open_unfolding(VR180, (32, 64))
    whole = sphere.unfold(soft_noise(64, 64, 0))
    assert (sphere.height, sphere.width) == (32, 32)
    assert sphere.fold(whole).shape == (32, 32, 3)


def test_spheres_are_painted_at_a_width_of_their_own():
    sphere = open_unfolding(VR180, paint_width=256)
    whole = sphere.unfold(soft_noise(64, 64, 0))
    assert whole.shape == (128, sphere.around, 3) == (128, 256, 3)
    assert sphere.fold(whole).shape == (sphere.height, sphere.width, 3) == (64, 64, 3)
    with pytest.raises(InputError, match="--paint-width 20000: 64 to 16384 pixels around"):
        open_unfolding(VR180, paint_width=20000)


def test_a_preview_painted_at_the_films_width_is_the_film_reduced(tmp_path: Path, tiny_style: Path):
    cv2.imwrite(str(tmp_path / "in.png"), soft_noise(128, 256, 2))

    def painted(name: str, **options) -> np.ndarray:
        out = tmp_path / name
        stylize(StylizeJob(tmp_path / "in.png", out, tiny_style, device="cpu", **options))
        return cv2.imread(str(out))

    film = painted("film.png")
    preview = painted("preview.png", size=(64, 128), paint_width=256)
    assert np.array_equal(preview, cv2.resize(film, (128, 64), interpolation=cv2.INTER_AREA))
    assert not np.array_equal(preview, painted("small.png", size=(64, 128)))


@pytest.mark.parametrize("stereo", [Stereo.MONO, Stereo.LEFT_RIGHT, Stereo.TOP_BOTTOM])
def test_vr180_stays_vr180(tmp_path: Path, tiny_style: Path, stereo: Stereo):
    eye = soft_noise(64, 64, 1)
    both = {Stereo.MONO: [eye], Stereo.LEFT_RIGHT: [eye, eye], Stereo.TOP_BOTTOM: [eye, eye]}
    axis = 0 if stereo is Stereo.TOP_BOTTOM else 1
    cv2.imwrite(str(tmp_path / "in.png"), np.concatenate(both[stereo], axis=axis))
    job = StylizeJob(
        tmp_path / "in.png",
        tmp_path / "out.png",
        str(tiny_style),
        source_projection=Projection.HALF_EQUIRECT,
        stereo=stereo,
    )
    stylize(job)
    out = probe(job.output)
    assert (out.projection, out.stereo) == (Projection.HALF_EQUIRECT, stereo)
    metadata = inspect(job.output).metadata
    assert metadata is not None
    assert (metadata.bounds.left, metadata.bounds.right) == (0.25, 0.25)
    again = replace(job, output=tmp_path / "again.png", strength=0.0, median=0)
    stylize(again)
    assert np.array_equal(cv2.imread(str(again.output)), cv2.imread(str(job.input)))


@pytest.mark.parametrize(
    "bounds", [Bounds(0.25, 0.25, 0.25, 0.25), Bounds(0.1, 0.15), Bounds(0.2, 0.2, 0.1, 0.4)]
)
def test_a_part_of_the_sphere_is_painted_and_returned_as_that_part(
    tmp_path: Path, tiny_style: Path, bounds: Bounds
):
    """What lies outside is never seen: a strip of the horizon, half of it, a cut-off nadir."""
    said = SphericalMetadata(bounds=bounds, yaw=90.0, pitch=5.0)
    rgb = soft_noise(48, 96, 1)
    write_still(tmp_path / "in.png", rgb, said)
    job = StylizeJob(tmp_path / "in.png", tmp_path / "out.png", tiny_style, device="cpu")
    stylize(job)
    assert not np.array_equal(read_still(job.output), rgb)
    kept = inspect(job.output).metadata
    assert kept is not None
    assert not kept.differences(said, 1 / 48)
    stylize(replace(job, output=tmp_path / "again.png", strength=0.0))
    assert np.array_equal(read_still(tmp_path / "again.png"), rgb)


def test_a_part_is_painted_as_wide_as_its_place_in_the_sphere():
    part = replace(VR180, projection=Projection.EQUIRECT, stereo=Stereo.MONO)
    part = replace(part, bounds=Bounds(0.25, 0.25, 0.25, 0.25))
    sphere = open_unfolding(part)
    assert (sphere.height, sphere.width, sphere.around) == (64, 128, 256)


@pytest.mark.parametrize(
    ("stereo", "size"), [(Stereo.TOP_BOTTOM, (64, 128)), (Stereo.LEFT_RIGHT, (64, 128))]
)
def test_squeezed_eyes_are_painted_in_their_true_shape_and_returned_in_theirs(
    stereo: Stereo, size: tuple[int, int], tmp_path: Path, tiny_style: Path
):
    squeezed = replace(VR180, projection=Projection.EQUIRECT, stereo=stereo)
    sphere = open_unfolding(replace(squeezed, height=size[0], width=size[1]))
    eye = soft_noise(sphere.height, sphere.width, 4)
    whole = sphere.unfold(eye)
    assert whole.shape == (64, 128, 3)
    assert sphere.fold(whole).shape == eye.shape
    write_still(tmp_path / "in.png", soft_noise(*size, 5), SphericalMetadata(stereo=stereo))
    job = StylizeJob(tmp_path / "in.png", tmp_path / "out.png", tiny_style, device="cpu")
    stylize(job)
    out = probe(job.output)
    assert (out.height, out.width, out.stereo) == (*size, stereo)
    stylize(replace(job, output=tmp_path / "same.png", strength=0.0))
    assert np.array_equal(read_still(tmp_path / "same.png"), read_still(job.input))


def test_strokes_on_squeezed_eyes_are_as_long_across_as_down():
    """A round dot stays round where it is painted, however the eye was squeezed."""
    dots = equirect_directions(256, 512) @ [0.0, 0.0, -1.0] > np.cos(0.3)
    full = np.repeat(dots[..., None].astype(np.uint8) * 255, 3, axis=2)
    info = replace(VR180, projection=Projection.EQUIRECT, stereo=Stereo.TOP_BOTTOM)
    sphere = open_unfolding(replace(info, height=256, width=512))
    whole = sphere.unfold(cv2.resize(full, (512, 128), interpolation=cv2.INTER_AREA))
    across, down = (np.ptp(np.flatnonzero(whole[..., 0].max(axis) > 127)) for axis in (0, 1))
    assert abs(int(across) - int(down)) <= 2


def test_a_cube_map_is_unfolded_as_its_metadata_means():
    faces = (face_directions(32, Projection.CUBEMAP) * 100 + 128).round().astype(np.uint8)
    plain = replace(VR180, width=96, height=64, projection=Projection.CUBEMAP, stereo=Stereo.MONO)
    expected = open_unfolding(plain).unfold(pack_faces(faces, CubeLayout.C3X2))
    tagged = open_unfolding(replace(plain, declared=True))
    assert np.array_equal(tagged.unfold(pack_faces(faces, CubeLayout.CBMP)), expected)


@pytest.mark.parametrize("projection", [Projection.CUBEMAP, Projection.EQUI_ANGULAR])
def test_cubes_come_out_as_equirect_spheres(
    tmp_path: Path, tiny_style: Path, run_ffmpeg: Callable[..., bytes], projection: Projection
):
    sphere, cube = tmp_path / "sphere.png", tmp_path / "cube.png"
    waves = np.sin(equirect_directions(128, 256) @ np.diag([3.0, 2.0, 4.0]))
    cv2.imwrite(str(sphere), ((waves + 1) * 127.5).round().astype(np.uint8))
    # v360 keeps two pixels of rim free inside equi-angular faces: large faces, little rim.
    layout = "c3x2" if projection is Projection.CUBEMAP else "eac"
    run_ffmpeg("-i", sphere, "-vf", f"v360=e:{layout}:w=1536:h=1024:interp=cubic", cube)
    job = StylizeJob(
        cube,
        tmp_path / "out.png",
        str(tiny_style),
        source_projection=projection,
        strength=0.0,
        median=0,
        size=(128, 256),
    )
    stylize(job)
    error = cv2.imread(str(job.output)).astype(float) - cv2.imread(str(sphere))
    assert np.abs(error).mean() < 2
    metadata = inspect(job.output).metadata
    assert metadata is not None
    assert metadata.projection is Projection.EQUIRECT


def test_faces_that_are_no_cube_are_refused_with_the_name_of_the_file():
    info = replace(VR180, projection=Projection.CUBEMAP, stereo=Stereo.MONO)
    with pytest.raises(InputError, match=r"a\.mp4: 128x64 is no c3x2 .*vr360 convert"):
        open_unfolding(info)


def test_what_one_lens_saw_nothing_of_is_found_in_little_memory():
    lens = replace(VR180, projection=Projection.EQUIRECT, stereo=Stereo.MONO, lens_fov=3.0)
    tracemalloc.start()
    sphere = open_unfolding(lens, (1024, 2048))
    top = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    shown = sphere.fold(np.full((1024, 2048, 3), 200, np.uint8))[..., 0] == 200
    ahead = -equirect_directions(1024, 2048)[..., 2]
    assert np.array_equal(shown, ahead >= np.cos(1.5))
    assert top < 100 << 20  # directions of the whole sphere at once take 200; the sampler has 66
