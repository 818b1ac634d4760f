from collections.abc import Callable

import cv2
import numpy as np
import py360convert
import pytest

from vr360.cubelayout import CubeLayout
from vr360.frame import Projection, Rgb
from vr360.geometry import equirect_directions, rotation, row_areas
from vr360.projections import (
    CubeMap,
    DualFisheye,
    Equirect,
    HalfEquirect,
    SphereMap,
)
from vr360.sampling import Interpolation, build_sampler
from vr360.views import Rectilinear

SPHERE = Equirect(256, 512)
GNOMONIC, EQUI_ANGULAR = Projection.CUBEMAP, Projection.EQUI_ANGULAR
MAPS: tuple[SphereMap, ...] = (
    Equirect(200, 360),
    CubeMap(128, GNOMONIC, CubeLayout.C3X2),
    CubeMap(128, EQUI_ANGULAR, CubeLayout.EAC),
    CubeMap(128, EQUI_ANGULAR, CubeLayout.CROSS),
    HalfEquirect(256, 256),
    Rectilinear(160, 240, 1.7),
    DualFisheye(256, 512),
)
TURN = rotation(0.5, -0.4, 0.3)


def psnr(one: Rgb, other: Rgb, peak: float = 1.0) -> float:
    return float(10 * np.log10(peak**2 / np.mean((one.astype(float) - other) ** 2)))


def truth(target: SphereMap, turn: np.ndarray, scene: Callable[..., np.ndarray]) -> Rgb:
    x, y = np.meshgrid(np.arange(target.width), np.arange(target.height))
    xyz, seen = target.directions(x, y)
    return np.where(seen[..., None], scene(xyz @ turn.T), 0)


@pytest.mark.parametrize("target", MAPS, ids=str)
def test_every_target_shows_the_scene_where_its_pixels_look(
    target: SphereMap, scene: Callable[..., np.ndarray], sphere: Rgb
):
    made = build_sampler(SPHERE, target, TURN)(sphere)
    assert np.abs(made - truth(target, TURN, scene)).max() < 0.01


@pytest.mark.parametrize("source", MAPS, ids=str)
def test_every_source_is_read_where_it_shows_the_scene(
    source: SphereMap, scene: Callable[..., np.ndarray]
):
    picture = truth(source, np.eye(3), scene).astype(np.float32)
    made = build_sampler(source, SPHERE, TURN)(picture)
    xyz = equirect_directions(256, 512) @ TURN.T
    _, _, seen = source.pixels(xyz)
    # Pixels on the rim of what is seen weigh the black beside it.
    inner = cv2.erode(seen.astype(np.uint8), np.ones((5, 5))).astype(bool)
    inner &= np.abs(xyz[..., 2]) > (0.05 if isinstance(source, DualFisheye) else -1)
    assert inner.sum() > 0.08 * seen.size
    assert np.abs(made - scene(xyz))[inner].max() < 0.012
    outside = cv2.dilate(seen.astype(np.uint8), np.ones((3, 3))) == 0
    assert (made[outside] == 0).all()


@pytest.mark.parametrize("interpolation", Interpolation)
@pytest.mark.parametrize("kind", ["uint8", "uint16"])
def test_the_identity_keeps_every_bit(kind: str, interpolation: Interpolation):
    picture = np.random.default_rng(2).integers(0, 256 if kind == "uint8" else 1024, (40, 80, 3))
    same = build_sampler(Equirect(40, 80), Equirect(40, 80), interpolation=interpolation)
    assert (same(picture.astype(kind)) == picture).all()


@pytest.mark.parametrize("layout", CubeLayout)
def test_changing_the_layout_of_faces_keeps_every_bit(layout: CubeLayout):
    picture = np.random.default_rng(3).integers(0, 1024, (64, 96, 3), np.uint16)
    there = build_sampler(CubeMap(32), CubeMap(32, layout=layout))
    back = build_sampler(CubeMap(32, layout=layout), CubeMap(32))
    assert (back(there(picture)) == picture).all()


def test_turning_by_whole_pixels_rolls_the_picture():
    picture = np.random.default_rng(4).integers(0, 256, (30, 60, 3), np.uint8)
    turned = build_sampler(Equirect(30, 60), Equirect(30, 60), rotation(np.radians(90)))(picture)
    assert (turned == np.roll(picture, -15, axis=1)).all()


@pytest.mark.parametrize(
    "angles", [(0.3, 0, 0), (0, 0.7, 0), (0, 0, 1.0), (2.0, -1.0, 0.5), (0, np.pi / 2, 0)]
)
def test_a_turn_and_its_inverse_give_the_picture_back(angles: tuple[float, ...], sphere: Rgb):
    turn = rotation(*angles)
    there, back = (build_sampler(SPHERE, SPHERE, t) for t in (turn, turn.T))
    eight_bit = np.round(sphere * 255).astype(np.uint8)
    assert psnr(back(there(eight_bit)), eight_bit, 255) > 50


def test_sixteen_and_ten_bit_pictures_agree_with_floats(sphere: Rgb):
    sampler = build_sampler(SPHERE, CubeMap(128), TURN)
    exact = sampler(sphere)
    for peak in (1023, 65535):
        codes = np.round(sphere * peak).astype(np.uint16)
        # Two roundings of half a code each, the first widened by the kernel's lobes.
        assert np.abs(sampler(codes, peak) / peak - exact).max() < 1.6 / peak + 1e-6


def test_overshoot_of_ten_bit_pictures_stays_within_ten_bits():
    steps = np.zeros((64, 128, 3), np.uint16)
    steps[:, 64:] = 1023
    made = build_sampler(Equirect(64, 128), Equirect(200, 400))(steps)
    assert made.max() == 1023


def test_any_number_of_channels_is_sampled_alike(sphere: Rgb):
    sampler = build_sampler(SPHERE, CubeMap(64))
    many = sampler(np.concatenate([sphere, sphere], axis=2))
    assert many[..., 3:] == pytest.approx(sampler(sphere), abs=1e-6)
    assert many[..., 0] == pytest.approx(sampler(sphere[..., 0]), abs=1e-6)


def test_the_seam_and_the_poles_are_nowhere_special(sphere: Rgb, scene: Callable[..., np.ndarray]):
    made = build_sampler(SPHERE, Rectilinear(64, 64, 0.2), rotation(np.pi))(sphere)
    assert np.abs(made - truth(Rectilinear(64, 64, 0.2), rotation(np.pi), scene)).max() < 0.004
    up = rotation(0, np.pi / 2)
    above = build_sampler(SPHERE, Rectilinear(64, 64, 0.2), up)(sphere)
    assert np.abs(above - truth(Rectilinear(64, 64, 0.2), up, scene)).max() < 0.01


@pytest.mark.parametrize("projection", [GNOMONIC, EQUI_ANGULAR])
def test_edges_and_corners_of_the_cube_are_nowhere_special(
    projection: Projection, scene: Callable[..., np.ndarray]
):
    cube = CubeMap(128, projection)
    picture = truth(cube, np.eye(3), scene).astype(np.float32)
    corner = rotation(np.pi / 4, np.arctan(np.sqrt(0.5)))
    for turn in (corner, rotation(np.pi / 4), rotation(0, np.pi / 4)):
        view = Rectilinear(64, 64, 0.4)
        error = np.abs(build_sampler(cube, view, turn)(picture) - truth(view, turn, scene))
        assert error.max() < 0.003


def test_a_coarser_target_averages_by_area():
    noise = np.random.default_rng(5).random((512, 1024, 1)).astype(np.float32)
    small = build_sampler(Equirect(512, 1024), Equirect(64, 128))(noise)
    boxes = noise.reshape(64, 8, 128, 8).mean(axis=(1, 3))
    middle = slice(16, 48)
    # 64 pixels to one: looking up a single place would leave eight times the spread.
    assert small[middle].std() == pytest.approx(boxes[middle].std(), rel=0.15)


def test_a_grating_finer_than_the_target_becomes_grey_and_not_moire():
    grating = np.zeros((512, 1024, 1), np.float32)
    grating[:, ::2] = 1
    faces = build_sampler(Equirect(512, 1024), CubeMap(40))(grating)
    assert np.abs(faces - 0.5).max() < 0.15  # nearest pixels alone would give 0.5
    assert faces.std() < 0.04


def test_noise_does_not_crowd_at_the_pole_of_a_turned_picture():
    noise = np.random.default_rng(6).random((256, 512, 1)).astype(np.float32)
    turned = build_sampler(SPHERE, SPHERE, rotation(0, np.pi / 2))(noise)
    # The former pole lies on the horizon, where pixels are square: columns of it are averaged.
    pole = turned[118:138, 246:266]
    assert pole.std() < 0.6 * turned[118:138, 118:138].std()


def test_the_mean_of_the_sphere_survives_a_turn(sphere: Rgb):
    turned = build_sampler(SPHERE, SPHERE, TURN)(sphere)
    weights = row_areas(256)[:, None] / 512
    before, after = ((p * weights[..., None]).sum(axis=(0, 1)) for p in (sphere, turned))
    assert after == pytest.approx(before, abs=1e-3)


def test_a_view_agrees_with_py360convert(sphere: Rgb):
    theirs = py360convert.e2p(sphere, (80, 80), 40, 20, out_hw=(120, 120), mode="bicubic")
    view = Rectilinear(120, 120, np.radians(80))
    ours = build_sampler(SPHERE, view, rotation(np.radians(40), np.radians(20)))(sphere)
    assert np.abs(ours - theirs).mean() < 0.01
    assert np.abs(ours - theirs).max() < 0.06  # they place corners, not centres, on the rim


@pytest.mark.parametrize(
    ("target", "options"),
    [
        (CubeMap(128, GNOMONIC, CubeLayout.C3X2), "c3x2"),
        (CubeMap(128, GNOMONIC, CubeLayout.C6X1), "c6x1"),
        (CubeMap(256, EQUI_ANGULAR, CubeLayout.EAC), "eac"),
        (HalfEquirect(256, 256), "hequirect"),
        (DualFisheye(256, 512, np.radians(180)), "dfisheye:h_fov=180:v_fov=180"),
        (Rectilinear(150, 200, np.radians(90)), "flat:h_fov=90:v_fov=73.7398"),
        (Rectilinear(150, 200, np.radians(90)), "flat:h_fov=90:v_fov=73.7398:yaw=40:pitch=25"),
        (SPHERE, "e:yaw=40:pitch=25"),
        (SPHERE, "e:roll=30"),
    ],
    ids=str,
)
def test_v360_sees_the_same(
    target: SphereMap, options: str, sphere: Rgb, run_ffmpeg: Callable[..., bytes]
):
    eight_bit = np.round(sphere * 255).astype(np.uint8)
    values = dict(part.split("=") for part in options.split(":") if "=" in part)
    turn = rotation(*(np.radians(float(values.get(k, 0))) for k in ("yaw", "pitch", "roll")))
    raw = ("-f", "rawvideo", "-pix_fmt", "gbrp")
    size = f"w={target.width}:h={target.height}:interp=cubic"
    made = run_ffmpeg(
        *raw, "-s", "512x256", "-i", "-", "-vf", f"v360=e:{options}:{size}", *raw, "-",
        data=eight_bit[..., [1, 2, 0]].transpose(2, 0, 1).tobytes(),
    )  # fmt: skip
    planes = np.frombuffer(made, np.uint8).reshape(3, target.height, target.width)
    theirs = planes.transpose(1, 2, 0)[..., [2, 0, 1]] / 255
    if isinstance(target, DualFisheye):
        theirs = np.roll(theirs, target.height, axis=1)  # their front lens lies in the right half
    ours = build_sampler(SPHERE, target, turn)(sphere)
    seen = ours.any(axis=-1) & theirs.any(axis=-1)
    assert seen.mean() > 0.75
    # Their pixel centres differ from ours by up to a pixel, of which the scene makes 0.02.
    assert np.abs(ours - theirs)[seen].mean() < 0.02
    assert np.percentile(np.abs(ours - theirs)[seen], 99) < 0.06


def test_other_sizes_and_types_are_refused():
    sampler = build_sampler(Equirect(8, 16), CubeMap(4))
    with pytest.raises(ValueError, match="built for pictures of 8x16"):
        sampler(np.zeros((16, 8, 3), np.uint8))
    with pytest.raises(ValueError, match="float64"):
        sampler(np.zeros((8, 16, 3)))
