"""Up, by the picture alone: a street drawn here, turned."""

import numpy as np
import pytest

from pipeline.temporal.horizon import upwards
from vr360.geometry import equirect_directions, rotation
from vr360.projections import Equirect
from vr360.sampling import build_sampler


def street() -> np.ndarray:
    """(256, 512, 3): a room of brick walls, dark joints level and upright; no sky."""
    xyz = equirect_directions(256, 512)
    across = np.abs(xyz[..., [0, 2]]).argmax(-1)
    depth = np.take_along_axis(np.abs(xyz[..., [0, 2]]), across[..., None], -1)[..., 0]
    along = np.where(across == 0, xyz[..., 2], xyz[..., 0]) / np.maximum(depth, 1e-6) * 6
    up = xyz[..., 1] / np.maximum(depth, 1e-6) * 6
    joint = (np.abs(along - np.round(along)) < 0.08) | (np.abs(up - np.round(up)) < 0.08)
    grey = np.where(joint & (np.abs(up) < 20), 60, 200).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


@pytest.mark.parametrize(("pitch", "roll"), [(0, 0), (14, -11), (-25, 18)])
def test_walls_say_which_way_is_up(pitch: float, roll: float):
    turn = rotation(0.4, np.radians(pitch), np.radians(roll))
    whole = Equirect(256, 512)
    found = upwards(build_sampler(whole, whole, turn)(street()))
    assert np.degrees(np.arccos(np.clip(found @ turn[1], -1, 1))) < 0.7


def test_a_picture_without_edges_stays_as_it_is():
    assert upwards(np.full((64, 128, 3), 90, np.uint8)) == pytest.approx([0, 1, 0], abs=0.01)
