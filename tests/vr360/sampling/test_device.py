import numpy as np
import pytest
import torch

from vr360.cubelayout import CubeLayout
from vr360.frame import Projection, Rgb
from vr360.geometry import rotation
from vr360.projections import CubeMap, DualFisheye, Equirect, HalfEquirect, SphereMap
from vr360.sampling import Interpolation, build_sampler
from vr360.sampling.device import DeviceSampler
from vr360.views import Rectilinear

SPHERE = Equirect(256, 512)
PAIRS: tuple[tuple[SphereMap, SphereMap], ...] = (
    (SPHERE, CubeMap(128, Projection.CUBEMAP)),
    (SPHERE, CubeMap(40)),
    (SPHERE, SPHERE),
    (CubeMap(96, layout=CubeLayout.EAC), Equirect(192, 384)),
    (CubeMap(96, layout=CubeLayout.CBMP), Equirect(192, 384)),
    (CubeMap(96, Projection.CUBEMAP), HalfEquirect(64, 64)),
    (DualFisheye(128, 256), SPHERE),
    (Rectilinear(100, 120), CubeMap(64)),
)


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=str)
def test_host_and_device_show_the_same(source: SphereMap, target: SphereMap, sphere: Rgb):
    turn = rotation(0.4, 0.9, -0.2)
    picture = build_sampler(SPHERE, source)(sphere)
    host = build_sampler(source, target, turn)
    tensor = torch.from_numpy(picture).permute(2, 0, 1)[None]
    made = DeviceSampler(host)(tensor)[0].permute(1, 2, 0).numpy()
    difference = np.abs(made - host(picture))
    # Positions on the host are rounded to 1/32 of a pixel.
    assert np.percentile(difference, 99) < 0.002
    assert difference.mean() < 3e-4


def test_cube_edges_are_exact_on_the_device(sphere: Rgb):
    there = DeviceSampler(build_sampler(SPHERE, CubeMap(128)))
    back = DeviceSampler(build_sampler(CubeMap(128), SPHERE))
    tensor = torch.from_numpy(sphere).permute(2, 0, 1)[None]
    assert (back(there(tensor)) - tensor).abs().max() < 0.01


def test_what_torch_has_not_is_refused():
    lanczos = build_sampler(Equirect(8, 16), CubeMap(4), interpolation=Interpolation.LANCZOS)
    with pytest.raises(ValueError, match="lanczos"):
        DeviceSampler(lanczos)
    cubic = DeviceSampler(build_sampler(Equirect(8, 16), CubeMap(4)))
    with pytest.raises(ValueError, match="built for pictures of 8x16"):
        cubic(torch.zeros(1, 3, 16, 8))
