"""A mask painted on the sphere: discs are round in angles, wherever they lie."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from clips import write_clip

from pipeline.film.mask_files import still_mask
from pipeline.film.playing import Playing
from viewer.camera import Camera
from viewer.composition import Compare, compose, direction_at, viewport_at
from viewer.layout import Eyes, Layout, View
from viewer.opengl import GraphicsError, headless_context
from viewer.painted_mask import HEIGHT, PaintedMask, moment
from viewer.picture import picture_from_rgb
from viewer.renderer import Look, Renderer
from vr360.errors import DisplayError, OutputError
from vr360.geometry import equirect_directions, lonlat_to_xyz, row_areas
from vr360.media.reader import read_frames

RADIUS = np.radians(10)
PLACES = {"front": (0, 0), "seam": (180, 20), "near a pole": (40, 84), "pole": (0, 90)}
WIDE = (300, 480)


@pytest.fixture(scope="module")
def numbered(tmp_path_factory):
    """Eight frames, 24000/1001 of them a second."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return write_clip(path, 8, height=128, rate=Fraction(24000, 1001))


def towards(yaw: float, pitch: float) -> np.ndarray:
    return lonlat_to_xyz(np.radians(float(yaw)), np.radians(float(pitch)))


def area(mask: PaintedMask) -> float:
    """Share of the sphere."""
    return float(row_areas(HEIGHT) @ (mask.codes / 255).mean(axis=1))


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_dab_is_a_disc_of_its_radius_wherever_it_lies(place: tuple[float, float]):
    mask, middle = PaintedMask(), towards(*place)
    mask.paint(middle, middle, RADIUS)
    assert area(mask) == pytest.approx((1 - np.cos(RADIUS)) / 2, rel=0.02)
    away = np.arccos(np.clip(equirect_directions(*mask.codes.shape) @ middle, -1, 1))
    pixel = np.pi / HEIGHT
    assert (mask.codes[away < RADIUS - pixel] == 255).all()
    assert (mask.codes[away > RADIUS + pixel] == 0).all()


def test_a_stroke_has_no_gaps_and_runs_over_the_seam():
    mask = PaintedMask()
    mask.paint(towards(150, 0), towards(-150, 0), RADIUS)
    way = 60 * np.arange(61) / 60 + 150
    rows, columns = HEIGHT // 2, (((way + 180) % 360) / 360 * 2 * HEIGHT).astype(int) % 1024
    assert (mask.codes[rows, columns] == 255).all()
    edge = mask.codes[:, columns[10:50]] > 127  # as wide as the brush all along
    assert np.abs(edge.sum(axis=0) - 2 * RADIUS / np.pi * HEIGHT).max() <= 3
    assert mask.codes[rows, 512] == 0


def test_a_stroke_nearly_around_half_the_sphere_has_no_gaps():
    mask = PaintedMask()
    mask.paint(towards(-87, 0), towards(87, 0), np.radians(3))
    columns = np.arange(HEIGHT - 240, HEIGHT + 240)
    assert (mask.codes[HEIGHT // 2, columns] == 255).all()


def test_strokes_are_taken_back_one_by_one_and_erased():
    mask, front = PaintedMask(), towards(0, 0)
    seen = []
    for end, erases in (((30, 0), False), ((0, 40), False), ((15, 0), True)):
        seen.append(mask.codes.copy())
        mask.begin_stroke()
        mask.paint(front, towards(*end), RADIUS, erases)
    assert mask.codes.sum() < np.maximum(seen[2], mask.codes).sum()
    assert mask.codes[HEIGHT // 2, HEIGHT] == 0, "erased"
    for before in reversed(seen):
        assert mask.undo()
        assert np.array_equal(mask.codes, before)
    assert not mask.undo()


@pytest.mark.parametrize("yaw", [0, 180], ids=["front", "seam"])
def test_a_polygon_has_great_circles_for_sides_and_the_area_of_its_angles(yaw: float):
    """Corners at 0 and 60 degrees on the equator and at the pole: 60 + 90 + 90 - 180 degrees."""
    corners = [towards(yaw - 30, 0), towards(yaw + 30, 0), towards(0, 90)]
    for around in (corners, corners[::-1]):
        mask = PaintedMask()
        mask.begin_stroke()
        mask.fill(around)
        assert area(mask) == pytest.approx(np.radians(60) / (4 * np.pi), rel=5e-3)
    mask.begin_stroke()
    mask.fill([towards(yaw - 30, 0), towards(yaw + 30, 0), towards(yaw, 80)], erases=True)
    assert area(mask) < 0.05
    assert mask.undo()
    assert area(mask) > 0.08


def test_the_sides_of_an_open_polygon_are_shown_and_not_painted():
    mask, corners = PaintedMask(), [towards(-40, 0), towards(40, 0), towards(0, 40)]
    shown = [np.count_nonzero(mask.picture(corners[:n]).planes[0][..., 3]) for n in range(4)]
    assert shown[0] == 0 < shown[1] < shown[2] < shown[3]
    assert mask.empty
    assert mask.saved


def test_what_was_cleared_is_brought_back():
    mask = PaintedMask()
    assert not mask.clear()
    assert not mask.undo(), "nothing was cleared"
    mask.paint(towards(0, 0), towards(9, 0), RADIUS)
    before = mask.codes.copy()
    assert mask.clear()
    assert mask.empty
    assert mask.undo()
    assert np.array_equal(mask.codes, before)


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), 24, 25, 30, 48, 50, 60, 120], ids=str)
def test_a_film_of_any_higher_rate_finds_the_frame_that_was_painted(numbered, rate):
    frames = list(read_frames(numbered))
    for frame in frames:
        said = Fraction(f"{float(moment(frame.pts, numbered.rate)):.3f}")
        tick = round(said * rate)  # as `Watched.tick`
        found = Playing(numbered)(float(tick / Fraction(rate)))
        assert np.array_equal(found, frame.rgb), frame.pts


def test_a_film_takes_what_was_saved(tmp_path: Path):
    mask = PaintedMask()
    mask.paint(towards(0, 0), towards(70, 30), RADIUS)
    assert not mask.saved
    mask.save(tmp_path / "mask.png")
    assert mask.saved
    np.testing.assert_allclose(still_mask(tmp_path / "mask.png"), mask.codes / 255, atol=1e-3)
    assert (tmp_path / "mask.png").stat().st_size < 30_000
    with pytest.raises(OutputError, match="cannot be written"):
        mask.save(tmp_path / "nowhere" / "mask.png")


def test_beside_the_flat_picture_of_a_wide_window_there_is_nothing():
    size = (200, 800)  # the picture lies in columns 200 to 600
    inside, beside = (
        [direction_at((x, 100), size, Camera(), View.FLAT) for x in places]
        for places in ((202, 598), (198, 602, 20))
    )
    assert inside[0] @ inside[1] == pytest.approx(1, abs=1e-2), "both ends look ahead"
    assert beside == [None] * 3


@pytest.mark.parametrize("eyes", [Eyes.LEFT, Eyes.BOTH, Eyes.ANAGLYPH])
@pytest.mark.parametrize("compare", Compare)
def test_a_point_lies_in_the_view_that_is_drawn_there(compare: Compare, eyes: Eyes):
    """Four views side by side at most: the middle of each looks ahead."""
    passes = compose(WIDE, ["film", "painted"], compare, 0.3, eyes)
    for x in (1, 100, 200, 300, 479):
        left, bottom, width, height = viewport_at((x, 20), WIDE[0], passes)
        assert left <= x < left + width
        assert (bottom, height) == (0, WIDE[0])
    halves = (compare is Compare.SIDE_BY_SIDE) + (eyes is Eyes.BOTH)
    assert len({viewport_at((x, 20), WIDE[0], passes) for x in range(480)}) == 2**halves
    assert viewport_at((480, 20), WIDE[0], passes) is None


@pytest.mark.parametrize("view", View)
@pytest.mark.parametrize("point", [(150, 150), (90, 210), (400, 100)])
def test_the_brush_paints_under_the_pointer(view: View, point: tuple[int, int]):
    camera, mask = Camera(yaw=2.6, pitch=0.4, fov=1.9), PaintedMask()
    seen = direction_at(point, WIDE, camera, view)
    if seen is None:
        pytest.skip("nothing lies there")
    mask.paint(seen, seen, np.radians(4))
    try:
        with headless_context():
            renderer = Renderer()
            shown = picture_from_rgb(np.repeat(mask.codes[..., None], 3, axis=2))
            renderer.upload("film", shown, Layout())
            passes = compose(WIDE, ["film"], Compare.A, 0.5, Eyes.LEFT)
            rgb = renderer.image(passes, Look(camera, view, None, 0), WIDE)
            renderer.close()
    except (DisplayError, GraphicsError) as error:
        pytest.skip(str(error))
    spot = (rgb[..., 0] > 127).astype(np.uint8)
    _, labels, _, _ = cv2.connectedComponentsWithStats(spot)
    there = labels == labels[point[1], point[0]]
    assert spot[point[1], point[0]] == 1
    rows, columns = np.nonzero(there)
    assert abs(rows.mean() - point[1]) < 4 + 0.1 * np.ptp(rows)
    assert abs(columns.mean() - point[0]) < 4 + 0.1 * np.ptp(columns)
