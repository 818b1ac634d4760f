import numpy as np
import pytest

from pipeline.film.script import Change, Transition
from pipeline.film.sweeping import Sweep
from vr360.geometry import lonlat_to_pixel, row_areas

HEIGHT, WIDTH = 64, 128
FEATHER = np.radians(20)


def sweep(kind, yaw_deg=0.0, pitch_deg=0.0):
    yaw, pitch = np.radians([yaw_deg, pitch_deg])
    return Sweep(HEIGHT, WIDTH, Transition(kind, yaw=yaw, pitch=pitch, feather=FEATHER))


@pytest.mark.parametrize("kind", [Change.WIPE, Change.IRIS])
@pytest.mark.parametrize(("yaw", "pitch"), [(0, 0), (180, 40), (90, 90)])
def test_a_sweep_begins_with_nothing_ends_with_all_and_never_steps(kind, yaw, pitch):
    found = sweep(kind, yaw, pitch)
    assert found(0.0).max() == 0
    assert found(1.0).min() == 1
    for share in (0.2, 0.5, 0.8):
        shown = found(share)
        steepest = 1.5 / FEATHER * (2 * np.pi / WIDTH) * 1.1
        assert abs(shown[:, 0] - shown[:, -1]).max() <= steepest
        assert abs(shown[0] - np.roll(shown[0], WIDTH // 2)).max() <= steepest
        area = shown.mean(axis=1) @ row_areas(HEIGHT)
        wanted = share if kind is Change.WIPE else (1 - np.cos(share * np.pi)) / 2
        assert area == pytest.approx(wanted, abs=0.06)


def test_an_iris_opens_about_its_direction_and_a_wipe_along_the_meridians():
    x, y = (int(v) for v in lonlat_to_pixel(np.radians(90), np.radians(40), HEIGHT, WIDTH))
    assert sweep(Change.IRIS, 90, 40)(0.3)[y, x] == 1
    assert sweep(Change.IRIS, -90, -40)(0.3)[y, x] == 0
    shown = sweep(Change.WIPE, 90)(0.5)[HEIGHT // 2]
    assert shown[WIDTH // 2 + 20 : -12].min() == 1
    assert shown[12 : WIDTH // 2 - 20].max() == 0


@pytest.mark.parametrize("kind", [Change.WIPE, Change.IRIS])
def test_sweeps_turn_with_the_film(kind):
    turned, still = sweep(kind, 90, 30)(0.4), sweep(kind, 0, 30)(0.4)
    assert np.allclose(turned, np.roll(still, WIDTH // 4, axis=1), atol=1e-6)
