"""How the seam of real panoramas comes out, beside the naive net; `make bench` prints the table."""

from functools import partial
from pathlib import Path

import cv2
import pytest
import torch

from pipeline.backends import TorchBackend
from pipeline.nets.surface import SPHERE, ZEROS
from pipeline.quality.style import yaw_equivariance_max
from pipeline.styles import load_look
from tests.pipeline.test_real_footage import MONO, seam_over_middle

pytestmark = pytest.mark.bench


def test_the_seam_of_real_panoramas_at_full_size(shared_data: Path):
    net, look = load_look("starry_night")
    paint = partial(TorchBackend(net), look=look)
    print("\nstep at ±180° over the step at that place when it lies in the middle of the picture")
    print(f"{'':20}{'vr360':>10}{'zero padding':>14}{'yaw equivariance, max':>24}")
    for name in MONO:
        bgr = cv2.imread(str(shared_data / "panoramas" / f"{name}.jpg"))
        rgb = torch.from_numpy(bgr[..., ::-1].copy()).permute(2, 0, 1)[None].float() / 255
        ours, naive = (seam_over_middle(rgb, paint, surface) for surface in (SPHERE, ZEROS))
        worst = yaw_equivariance_max(paint, rgb, 3 * net.geometry.stride)
        print(f"{name:20}{ours:10.4f}{naive:14.4f}{worst:24.1e}")
        assert ours == pytest.approx(1, abs=0.02)
        assert worst < 1e-4
