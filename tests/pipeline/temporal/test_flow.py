from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.temporal.flow import FAST, FINE, SphereFlow, planar_flow, sphere_flow
from sample_clips import Flow, Scene
from vr360.geometry import (
    equirect_directions,
    lonlat_to_pixel,
    lonlat_to_xyz,
    pixel_to_lonlat,
    rotation,
    row_areas,
    xyz_to_lonlat,
)

HEIGHT, WIDTH = 256, 512
MEDIUM = cv2.DISOPTICAL_FLOW_PRESET_MEDIUM


@dataclass(frozen=True)
class Pair:
    now: np.ndarray
    before: np.ndarray
    truth: Flow
    camera: np.ndarray

    @property
    def seen(self) -> np.ndarray:
        return ~(self.truth.occluded | self.truth.water)


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    """Walk, pan, shake and movers, at two places of the sample scene's path."""
    scene = Scene()
    return [
        Pair(
            scene.render(n, HEIGHT, WIDTH).rgb,
            scene.render(n - 1, HEIGHT, WIDTH).rgb,
            scene.flow(n, HEIGHT, WIDTH),
            scene.pose(n - 1).rotation.T @ scene.pose(n).rotation,
        )
        for n in (40, 200)
    ]


def angles(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return 2 * np.arcsin(np.clip(np.linalg.norm(a - b, axis=-1) / 2, 0, 1))


def mean_error(pair: Pair, direction: np.ndarray, where: np.ndarray | bool = True) -> float:
    """Area-weighted, radians."""
    weight = row_areas(HEIGHT)[:, None] * (pair.seen & where)
    return float((angles(direction, pair.truth.direction) * weight).sum() / weight.sum())


def planar_dis(now: np.ndarray, before: np.ndarray) -> np.ndarray:
    """DIS on the plain equirect picture, as directions."""
    pictures = (cv2.cvtColor(p, cv2.COLOR_RGB2GRAY) for p in (now, before))
    flow = cv2.DISOpticalFlow.create(MEDIUM).calc(*pictures, None)
    y, x = np.indices((HEIGHT, WIDTH))
    return lonlat_to_xyz(*pixel_to_lonlat(x + flow[..., 0], y + flow[..., 1], HEIGHT, WIDTH))


@pytest.fixture(scope="module")
def flows(pairs: list[Pair]) -> list[SphereFlow]:
    return [sphere_flow(pair.now, pair.before, FINE) for pair in pairs]


def test_the_error_is_less_than_half_of_planar_dis(pairs: list[Pair], flows: list[SphereFlow]):
    ours = np.mean([mean_error(p, f.direction) for p, f in zip(pairs, flows, strict=True)])
    planar = np.mean([mean_error(p, planar_dis(p.now, p.before)) for p in pairs])
    assert ours < 0.5 * planar


def test_seam_and_poles_are_no_worse_than_the_equator(pairs: list[Pair], flows: list[SphereFlow]):
    latitude = np.degrees(pixel_to_lonlat(0, np.arange(HEIGHT), HEIGHT, WIDTH)[1])[:, None]
    from_seam = np.minimum(np.arange(WIDTH), np.arange(WIDTH)[::-1])
    places = abs(latitude) < 30, abs(latitude) > 60, from_seam < WIDTH / 36
    errors = [
        [mean_error(p, f.direction, place) for place in places]
        for p, f in zip(pairs, flows, strict=True)
    ]
    equator, poles, seam = np.mean(errors, axis=0)
    assert poles < 1.1 * equator
    assert seam < 1.1 * equator


def test_the_turning_of_the_camera_is_found(pairs: list[Pair], flows: list[SphereFlow]):
    for pair, flow in zip(pairs, flows, strict=True):
        left = np.trace(flow.camera.rotation.T @ pair.camera)
        assert np.degrees(np.arccos(min(1, (left - 1) / 2))) < 0.03


def noise(height: int = HEIGHT, seed: int = 0, soft: float = 2.0) -> np.ndarray:
    picture = np.random.default_rng(seed).normal(size=(height, 2 * height, 3))
    picture = cv2.GaussianBlur(np.tile(picture, (1, 3, 1)), (0, 0), soft)
    picture = picture[:, 2 * height : 4 * height]
    return np.clip(128 + 50 * picture / picture.std(), 0, 255).astype(np.uint8)


def turned(picture: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """What a camera sees after turning by `turn`: direction d shows what lay in `turn` d."""
    height, width = picture.shape[:2]
    directions = equirect_directions(height, width) @ turn.T
    x, y = lonlat_to_pixel(*xyz_to_lonlat(directions), height, width)
    wide = np.concatenate([picture[:, -4:], picture, picture[:, :4]], axis=1)
    wide = np.concatenate([wide[:1]] * 4 + [wide] + [wide[-1:]] * 4)
    return cv2.remap(wide, np.float32(x + 4), np.float32(y + 4), cv2.INTER_LINEAR)


def test_convention_direction_is_where_the_point_was():
    before = noise()
    turn = rotation(yaw=0.03, pitch=0.02, roll=-0.01)
    flow = sphere_flow(turned(before, turn), before, FINE)
    expected = equirect_directions(HEIGHT, WIDTH) @ turn.T
    level = abs(pixel_to_lonlat(0, np.arange(HEIGHT), HEIGHT, WIDTH)[1]) < 1.3
    assert np.degrees(angles(flow.direction, expected)[level]).max() < 0.1
    assert flow.direction.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(flow.direction, axis=2), 1, atol=1e-6)
    np.testing.assert_allclose(flow.camera.rotation, turn, atol=1e-3)


def test_turning_the_sphere_turns_the_field(pairs: list[Pair]):
    pair, half = pairs[0], WIDTH // 2
    straight = sphere_flow(pair.now, pair.before, FAST).direction
    rolled = sphere_flow(np.roll(pair.now, half, 1), np.roll(pair.before, half, 1), FAST).direction
    back = np.roll(rolled, -half, 1) * np.float32([-1, 1, -1])  # half a turn about the axis
    assert np.degrees(angles(back, straight).mean()) < 0.01


def test_what_stands_still_has_no_motion_at_all():
    picture = noise()
    flow = sphere_flow(picture, picture, FAST)
    moved = flow.direction - equirect_directions(HEIGHT, WIDTH)
    assert abs(moved).max() < 1e-6
    assert flow.confidence.min() > 0.99


def test_a_thing_moves_by_itself_and_hides_what_lay_behind_it():
    ground, thing = noise(seed=1), noise(seed=2)
    now, before = ground.copy(), ground.copy()
    before[100:140, 200:240] = thing[100:140, 200:240]
    now[100:140, 208:248] = thing[100:140, 200:240]
    flow = sphere_flow(now, before, FINE)
    x, _ = lonlat_to_pixel(*xyz_to_lonlat(flow.direction), HEIGHT, WIDTH)
    shift = x - np.arange(WIDTH)
    assert np.median(shift[108:132, 216:240]) == pytest.approx(-8, abs=0.2)
    assert abs(shift[:80]).max() < 0.1
    hidden = flow.confidence[104:136, 202:206]
    assert np.median(hidden) < 0.3
    assert np.median(flow.confidence) > 0.99


def test_ten_bits_move_as_eight_do(pairs: list[Pair]):
    pair = pairs[0]
    eight = sphere_flow(pair.now, pair.before, FAST)
    ten = sphere_flow(pair.now.astype(np.uint16) * 4, pair.before.astype(np.uint16) * 4, FAST)
    np.testing.assert_array_equal(ten.direction, eight.direction)


@pytest.mark.parametrize("size", [(270, 960), (33, 66), (64, 128), (161, 320)])
def test_any_size_has_a_field_of_its_own_size(pairs: list[Pair], size: tuple[int, int]):
    now, before = (cv2.resize(p, size[::-1]) for p in (pairs[0].now, pairs[0].before))
    flow = sphere_flow(now, before, FAST)
    assert flow.direction.shape == (*size, 3)
    assert flow.confidence.shape == size
    truth = cv2.resize(pairs[0].truth.direction, size[::-1])
    assert np.degrees(np.median(angles(flow.direction, truth))) < 0.3


def test_black_pictures_do_not_move():
    black = np.zeros((64, 128, 3), np.uint8)
    flow = sphere_flow(black, black, FAST)
    np.testing.assert_allclose(flow.direction, equirect_directions(64, 128), atol=1e-6)


def test_a_change_of_size_is_a_mistake():
    with pytest.raises(ValueError, match="two sizes"):
        sphere_flow(np.zeros((64, 128, 3), np.uint8), np.zeros((32, 64, 3), np.uint8))


def test_on_a_plane_it_is_no_worse_than_dis_itself(shared_data: Path):
    folder = shared_data / "flow"
    now, then = (cv2.imread(str(folder / f"rubberwhale{n}.png"), 0) for n in (1, 2))
    truth = np.fromfile(folder / "rubberwhale_gt.flo", np.float32)[3:].reshape(*now.shape, 2)
    known = (abs(truth) < 1e6).all(axis=2)

    def endpoint_error(flow: np.ndarray) -> float:
        return float(np.linalg.norm(flow - truth, axis=2)[known].mean())

    dis = endpoint_error(cv2.DISOpticalFlow.create(MEDIUM).calc(now, then, None))
    assert dis == pytest.approx(0.22, abs=0.01)
    assert endpoint_error(planar_flow(now, then, MEDIUM)) <= dis
    assert endpoint_error(planar_flow(now, then, FINE.preset, FINE.finest)) < 0.6 * dis
