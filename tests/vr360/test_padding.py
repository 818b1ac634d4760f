import numpy as np
import pytest
import torch

from vr360.geometry import equirect_directions, lonlat_to_xyz, pixel_to_lonlat
from vr360.padding import sphere_pad_rgb
from vr360.sampling.padding import sphere_pad


def test_convention_over_a_pole_rows_mirror_and_shift_by_half_a_turn():
    rgb = torch.arange(8.0).view(1, 1, 2, 4)
    assert sphere_pad(rgb, 1)[0, 0].tolist() == [
        [1, 2, 3, 0, 1, 2],
        [3, 0, 1, 2, 3, 0],
        [7, 4, 5, 6, 7, 4],
        [5, 6, 7, 4, 5, 6],
    ]


def test_padding_continues_the_sphere_itself():
    height, width, pad = 12, 24, 5
    directions = torch.from_numpy(equirect_directions(height, width)).permute(2, 0, 1)[None]
    padded = sphere_pad(directions, pad)[0].permute(1, 2, 0).numpy()
    x, y = np.arange(-pad, width + pad), np.arange(-pad, height + pad)[:, None]
    assert padded == pytest.approx(lonlat_to_xyz(*pixel_to_lonlat(x, y, height, width)), abs=1e-12)


def test_host_and_device_pad_alike():
    rgb = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    device = sphere_pad(torch.from_numpy(rgb).permute(2, 0, 1)[None], 3)
    assert np.array_equal(device[0].permute(1, 2, 0).numpy(), sphere_pad_rgb(rgb, 3))


def test_no_padding_changes_nothing():
    rgb = torch.rand(1, 3, 4, 8)
    assert sphere_pad(rgb, 0) is rgb


@pytest.mark.parametrize(("shape", "pad"), [((4, 7), 1), ((4, 8), 5), ((4, 8), -1)])
def test_what_has_no_half_turn_or_not_enough_rows_is_refused(shape: tuple[int, int], pad: int):
    with pytest.raises(ValueError, match=r"width|pad"):
        sphere_pad(torch.zeros(1, 1, *shape), pad)
